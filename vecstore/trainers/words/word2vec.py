"""Word vectors from telling near words from random ones: word2vec."""

import warnings
from typing import Any, Self

import keras
import numpy as np

from vecstore.arrays import check_count
from vecstore.trainers.corpus.corpus import Corpus
from vecstore.trainers.corpus.rows import even_steps
from vecstore.trainers.corpus.sampled_text import SampledText, noise_per_segment
from vecstore.trainers.corpus.segments import WIDTH
from vecstore.trainers.corpus.tokens import Source
from vecstore.trainers.parameters import check_number
from vecstore.trainers.trainer import Embeddings, check_schedule
from vecstore.trainers.words.negative_sampling import NegativeSampling
from vecstore.trainers.words.word_trainer import WordTrainer, corpus_of

__all__ = ["Word2Vec"]

MODES = ("skipgram", "cbow")

# The most steps in one call of the compiled program.
_STEPS = 64


class Word2Vec(WordTrainer):
    """Learns vectors by which a word predicts its neighbours in the text.

    Parameters
    ----------
    mode : str, default "skipgram"
        ``"skipgram"``: a word predicts each of its neighbours. ``"cbow"``: their mean predicts it.
    dim : int, default 100
        The dimension of the vectors.
    window : int, default 5
        The largest distance of a neighbour, in words; the actual one is drawn anew for each word.
    negative : int, default 5
        Random words to tell each neighbour from.
    subsample : float, default 1e-3
        Words with a larger share of the text than this are thinned out; 0 keeps all.
    learning_rate : float, default 0.025
        The initial learning rate of each `fit`; it falls to a hundredth.
    seed : int, default 0
        Seeds everything random.

    Attributes
    ----------
    vocabulary : Vocabulary or None
        The words; None before `fit`.

    Raises
    ------
    ValueError
        If `mode` is unknown, or a number is out of range.

    Notes
    -----
    The gradient is that of word2vec's own code, summed over a step instead of applied pair by pair,
    with random words that all pairs of a step share. Rare words get poor vectors: learn from a
    corpus with a `min_count`.

    References
    ----------
    .. [1] Mikolov, Chen, Corrado and Dean, 2013, "Efficient estimation of word representations in
       vector space", arXiv:1301.3781.

    Examples
    --------
    >>> corpus = Corpus(["the cat sat on the mat", "the dog sat on the rug"] * 50)
    >>> trainer = Word2Vec(mode="cbow", dim=8).fit(corpus, epochs=2)
    >>> keys, vectors = trainer.embeddings()
    >>> keys[0], vectors.shape
    ('the', (7, 8))
    """

    compiles_in_fit = True

    def __init__(
        self,
        *,
        mode: str = "skipgram",
        dim: int = 100,
        window: int = 5,
        negative: int = 5,
        subsample: float = 1e-3,
        learning_rate: float = 0.025,
        seed: int = 0,
    ) -> None:
        if mode not in MODES:
            raise ValueError(f'`mode` must be "skipgram" or "cbow"; got {mode!r}.')
        super().__init__(
            mode=mode,
            dim=check_count(dim, "dim"),
            window=check_count(window, "window"),
            negative=check_count(negative, "negative"),
            subsample=check_number(subsample, "subsample", least=0, most=1),
            learning_rate=check_number(learning_rate, "learning_rate", above=0),
            seed=seed,
        )

    def fit(
        self,
        data: Corpus | Source,
        *,
        epochs: int = 5,
        batch_size: int = 512,
        validation: Any = None,
        progress: bool = True,
    ) -> Self:
        """Learn from text.

        Parameters
        ----------
        data : Corpus, or source of a Corpus
            The text. In a second call only the words of the first are known.
        epochs : int, default 5
            Epochs to add; a second call continues where the first stopped.
        batch_size : int, default 512
            Words per step, at most, in multiples of 32. Larger steps are hardly faster.
        validation : Corpus, source of a Corpus, or None
            More text, whose loss is computed after each epoch.
        progress : bool, default True
            Whether to draw a progress bar if there is a terminal.

        Returns
        -------
        Word2Vec
            Itself.

        Raises
        ------
        TypeError
            If `validation` is a number.
        ValueError
            If the text holds no two neighbouring known words, or a number above is out of range; if
            a corpus has another vocabulary than the trainer.

        Notes
        -----
        In `history`, ``loss`` is the loss per pair, averaged over the epoch while the model still
        learns. A pair is a word with a neighbour (skipgram) or with the mean of its neighbours
        (cbow), and with `negative` random words.
        """
        check_schedule(epochs, batch_size)
        if isinstance(validation, int | float):
            raise TypeError("`validation` must be text: no share is held out; got a number.")
        corpus = corpus_of(data, self.vocabulary)
        held_out = None
        if validation is not None:
            held_out = corpus_of(validation, corpus.vocabulary, "validation")
        if corpus.count_windows(2) == 0:
            raise ValueError("`data` must hold two known words in a row; got no such pair.")
        if self._model is None:
            self.vocabulary = corpus.vocabulary
            with self._seeded():
                self._model = self._build()
        text = SampledText(corpus, self.parameters)
        rows, steps, all_steps = even_steps(text.rows, max(1, batch_size // WIDTH), _STEPS)
        self._prepare(rows, text)
        together, rounds = rows * steps, all_steps // steps
        rng = np.random.default_rng([self.parameters["seed"], len(self._epochs)])
        with warnings.catch_warnings():
            # Keras sees nothing trainable, because the layer changes its tables itself.
            warnings.filterwarnings("ignore", "The model does not have any trainable weights")
            self._train(
                text.batches(together, rounds * epochs, rng),
                epochs=epochs,
                batch_size=None,
                validation=held_out and SampledText(held_out, self.parameters).whole(rows),
                validation_batch_size=together,
                progress=progress,
                steps_per_epoch=rounds,
                shuffle=False,
            )
        return self

    def embeddings(self) -> Embeddings:
        """Return the vectors of the words.

        Returns
        -------
        keys : list of n str
            The words, the most frequent first.
        vectors : ndarray of float32, shape (n, dim)
            In the order of `keys`.

        Examples
        --------
        >>> keys, vectors = Word2Vec(dim=8).fit(["no yes", "yes no"], epochs=1).embeddings()
        >>> keys, vectors.shape
        (['no', 'yes'], (2, 8))
        """
        return list(self._words()), np.asarray(self._layer().words.embeddings)

    def _layer(self) -> NegativeSampling:
        layer: NegativeSampling = self.model.get_layer("word2vec")
        return layer

    def _prepare(self, rows: int, text: SampledText) -> None:
        """Compile the model for steps of `rows` segments of this text."""
        layer = self._layer()
        layer.rows = rows
        for steps, chosen in zip(layer.steps, text.steps(rows * WIDTH), strict=True):
            steps.assign(chosen)
        self.model.compile(optimizer=None, jit_compile=True)  # "auto": no, on a CPU

    def _build(self) -> keras.Model:
        chosen = self.parameters
        inputs = {
            "segments": keras.Input(
                (3 * WIDTH + 2 * chosen["window"],), dtype="int32", name="segments"
            ),
            "noise": keras.Input((noise_per_segment(chosen),), dtype="int32", name="noise"),
            "rate": keras.Input((1,), name="rate"),
        }
        layer = NegativeSampling(
            words=len(self._words()),
            dim=chosen["dim"],
            window=chosen["window"],
            negative=chosen["negative"],
            cbow=chosen["mode"] == "cbow",
            rows=1,
            name="word2vec",
        )
        return keras.Model(inputs, layer(inputs), name="word2vec")
