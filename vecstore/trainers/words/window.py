"""Word vectors from predicting the next word."""

from collections.abc import Sequence
from typing import Any, Self

import keras
import numpy as np
import numpy.typing as npt

from vecstore.arrays import check_count
from vecstore.trainers.corpus.corpus import Corpus
from vecstore.trainers.corpus.rows import Rows, even_steps
from vecstore.trainers.corpus.tokens import Source
from vecstore.trainers.corpus.vocabulary import Vocabulary
from vecstore.trainers.parameters import check_number
from vecstore.trainers.trainer import Embeddings, check_schedule
from vecstore.trainers.words.word_trainer import WordTrainer, corpus_of

__all__ = ["WordWindow"]

# The most batches that run without returning to Python.
_TOGETHER = 8


class WordWindow(WordTrainer):
    """Learns word vectors by predicting the next word from those before it.

    The words before share one `Embedding`; its outputs are concatenated and go through one dense
    layer with a softmax over the vocabulary.

    Parameters
    ----------
    context : int, default 3
        How many words the prediction sees.
    dim : int, default 5
        The dimension of the vectors.
    l2 : float, default 1e-4
        The weight in the loss of the squared values of the embedding.
    learning_rate : float, default 0.03
        The learning rate of Adam, for batches of 2,048; smaller batches need less, 0.001 for 32.
    seed : int, default 0
        Seeds everything random.

    Attributes
    ----------
    vocabulary : Vocabulary or None
        The words; None before `fit`.

    Raises
    ------
    ValueError
        If a number is out of range.

    Notes
    -----
    Labels are word numbers, not one-hot rows. Batches are large and of equal size, so that XLA
    compiles one program that does most of the work. With v words there are ``v * dim + (context *
    dim + 1) * v`` parameters, and an epoch takes time in proportion to v and to the number of
    windows.

    References
    ----------
    .. [1] Bengio, Ducharme, Vincent and Jauvin, 2003, "A neural probabilistic language model",
       Journal of Machine Learning Research 3.

    Examples
    --------
    >>> trainer = WordWindow(context=2, dim=4)
    >>> _ = trainer.fit(["the cat sat", "the dog sat", "the cat ran"], epochs=2)
    >>> trainer.vocabulary
    <Vocabulary of 5: the, cat, sat, dog, ...>
    >>> trainer.model.count_params()
    65
    """

    def __init__(
        self,
        *,
        context: int = 3,
        dim: int = 5,
        l2: float = 1e-4,
        learning_rate: float = 0.03,
        seed: int = 0,
    ) -> None:
        super().__init__(
            context=check_count(context, "context"),
            dim=check_count(dim, "dim"),
            l2=check_number(l2, "l2", least=0),
            learning_rate=check_number(learning_rate, "learning_rate", above=0),
            seed=seed,
        )

    def fit(
        self,
        data: Corpus | Source | npt.NDArray[np.integer],
        *,
        epochs: int = 10,
        batch_size: int = 2048,
        validation: Any = None,
        progress: bool = True,
        vocabulary: Sequence[str] | Vocabulary | None = None,
    ) -> Self:
        """Learn from text, or from ready-made windows.

        Parameters
        ----------
        data : Corpus, source of a Corpus, or ndarray of int, shape (n, context + 1)
            Text, or windows. A row of an array is a window of word numbers, the last one to be
            predicted; 0 is an ordinary word there.
        epochs : int, default 10
            Epochs to add; a second call continues where the first stopped.
        batch_size : int, default 2048
            Windows per step, at most: steps are made equally large. The remainder of an epoch, less
            than one window per step, goes into the next.
        validation : float, data or None
            The share of the windows to hold out, or more data of the same kinds. The share is taken
            from the end of the text: a window from elsewhere shares all but one word with its
            neighbour.
        progress : bool, default True
            Whether to draw a progress bar if there is a terminal.
        vocabulary : sequence of str, Vocabulary or None
            The words that the numbers of an array stand for, or the known words of a text. None
            names the words of an array "0", "1" and so on, and takes those of a text. A second call
            can only name the same words.

        Returns
        -------
        WordWindow
            Itself.

        Raises
        ------
        TypeError
            If an array holds neither integers nor sentences.
        ValueError
            If there is no window, one has the wrong shape or unknown numbers, or a number above is
            out of range; if a second call has other words.

        Notes
        -----
        In `history`, ``loss`` is the cross-entropy of the training data in nats, averaged over the
        epoch while the model still learns, plus the penalty `l2`. ``val_loss`` is the same for the
        validation data, after the epoch.
        """
        check_schedule(epochs, batch_size, validation)
        rows, words = self._rows(data, self._known(vocabulary), "data")
        if isinstance(validation, float):
            rows, held_out = rows.split(validation)
        elif validation is not None:
            others, _ = self._rows(validation, words, "validation")
            held_out = np.concatenate([*others.blocks()])
        if self._model is None:
            self.vocabulary = words
            with self._seeded():
                self._model = self._build(len(words))
        size, together, steps = even_steps(rows.count, batch_size, _TOGETHER)
        self._compile(together)
        rng = np.random.default_rng([self.parameters["seed"], len(self._epochs)])
        self._train(
            (_inputs_and_label(batch) for batch in rows.batches(size, rng)),
            epochs=epochs,
            batch_size=None,
            validation=None if validation is None else _inputs_and_label(held_out),
            validation_batch_size=size,
            progress=progress,
            steps_per_epoch=steps,
            shuffle=False,
        )
        return self

    def embeddings(self) -> Embeddings:
        """Return the vectors of the words.

        Returns
        -------
        keys : list of n str
            The words.
        vectors : ndarray of float32, shape (n, dim)
            In the order of `keys`.

        Examples
        --------
        >>> keys, vectors = WordWindow(context=1, dim=2).fit(["no no yes"], epochs=1).embeddings()
        >>> keys, vectors.shape
        (['no', 'yes'], (2, 2))
        """
        return list(self._words()), np.asarray(self.model.get_layer("words").embeddings)

    def _known(self, given: Sequence[str] | Vocabulary | None) -> Vocabulary | None:
        """Return the vocabulary if it is already settled, else None."""
        if given is None:
            return self.vocabulary
        known = given if isinstance(given, Vocabulary) else Vocabulary(given)
        if self.vocabulary not in (None, known):
            raise ValueError(
                f"`vocabulary` must be that of the first fit, {self.vocabulary}; got {known}."
            )
        return known

    def _rows(self, data: Any, known: Vocabulary | None, name: str) -> tuple[Rows, Vocabulary]:
        """Return the windows, at least one, and the vocabulary of their words."""
        width = self.parameters["context"] + 1
        if not isinstance(data, np.ndarray) or data.dtype.kind in "OU":  # sentences in an array
            corpus = corpus_of(data, known, name)
            rows = Rows(corpus.count_windows(width), lambda: corpus.windows(width))
            if rows.count == 0:
                raise ValueError(
                    f"`{name}` must hold a sentence as long as a window, {width} known words; "
                    "got none."
                )
            return rows, corpus.vocabulary
        _check_windows(data, width, name)
        words = known or Vocabulary(str(number) for number in range(int(data.max()) + 1))
        if data.max() >= len(words):
            raise ValueError(
                f"`{name}` must hold numbers below {len(words)}, one per word; got {data.max()}."
            )
        return Rows.of_array(data), words

    def _build(self, words: int) -> keras.Model:
        chosen = self.parameters
        inputs = keras.Input((chosen["context"],), dtype="int32")
        vectors = keras.layers.Embedding(
            words,
            chosen["dim"],
            embeddings_regularizer=keras.regularizers.L2(chosen["l2"]),
            name="words",
        )(inputs)
        together = keras.layers.Flatten()(vectors)
        outputs = keras.layers.Dense(words, activation="softmax", name="next")(together)
        return keras.Model(inputs, outputs, name="word_window")

    def _compile(self, together: int) -> None:
        """Compile the model for `together` steps per call; an old optimizer keeps its state."""
        fresh = keras.optimizers.Adam(self.parameters["learning_rate"])
        self.model.compile(
            getattr(self.model, "optimizer", fresh),
            "sparse_categorical_crossentropy",
            jit_compile=True,  # "auto" means no for TensorFlow on a CPU
            steps_per_execution=together,
        )


def _inputs_and_label(rows: npt.NDArray[np.int32]) -> tuple[Any, Any]:
    return rows[:, :-1], rows[:, -1]


def _check_windows(windows: npt.NDArray[Any], width: int, name: str) -> None:
    if not np.issubdtype(windows.dtype, np.integer):
        raise TypeError(f"`{name}` must hold numbers of words, integers; got {windows.dtype}.")
    if windows.ndim != 2 or windows.shape[1] != width:
        raise ValueError(
            f"`{name}` must have shape (n, {width}), the context and the next word; got "
            f"{windows.shape}."
        )
    if len(windows) == 0:
        raise ValueError(f"`{name}` must hold at least one window; got none.")
    if windows.min() < 0:
        raise ValueError(
            f"`{name}` must hold numbers from 0 up, one per word; got {windows.min()}."
        )
