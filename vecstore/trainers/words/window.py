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

# The most batches that run without coming back to Python in between.
_TOGETHER = 8


class WordWindow(WordTrainer):
    """Predict the next word from those before it, and keep the vectors that this takes.

    The words before share one `Embedding`; its outputs, concatenated, go through one dense layer
    with a softmax over the vocabulary.

    Parameters
    ----------
    context : int, default 3
        How many words are seen.
    dim : int, default 5
        Of the vectors.
    l2 : float, default 1e-4
        Weight of the squared values of the embedding in the loss.
    learning_rate : float, default 0.03
        Of Adam, for batches of 2,048; smaller ones need less, batches of 32 take 0.001.
    seed : int, default 0
        Of everything random.

    Attributes
    ----------
    vocabulary : Vocabulary or None
        The words; None before `fit`.

    Notes
    -----
    Labels are numbers, never rows of zeros with a one. Batches are large and all of one size, so
    that XLA compiles one program which then does most of the work. With v words there are
    ``v * dim + (context * dim + 1) * v`` parameters, and an epoch takes time in proportion to v and
    to the number of windows.

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
        """Learn from text, or from windows that somebody else made.

        Parameters
        ----------
        data : Corpus, what `Corpus` reads, or ndarray of int of shape (n, context + 1)
            A row of an array of numbers is a window: numbers of words, the last to be predicted. 0
            is a word like the others there.
        epochs : int, default 10
            Times to go through the data.
        batch_size : int, default 2048
            Windows in a step, at most: steps are made equally large. What is left of an epoch,
            less than one window a step, goes into the next.
        validation : float, data or None
            The share of the windows to hold out, or more data of the same kinds. It is the end of
            the text: windows drawn from all over it would be known but for a word.
        progress : bool, default True
            Whether to draw a bar, where there is a terminal.
        vocabulary : sequence of str, Vocabulary or None
            What the numbers of an array stand for, or all words that are known in a text. None
            calls the words of an array "0", "1" and so on, and takes those of a text. A second
            call can only name the same.

        Returns
        -------
        WordWindow
            Itself.

        Raises
        ------
        ValueError
            If there is no window, one has the wrong shape or unknown numbers, or a number above is
            out of range; if a second call has other words.

        Notes
        -----
        ``loss`` in `history` is that of the training data: the cross-entropy in nats, averaged over
        the epoch while the model still learns, plus the penalty `l2`; ``val_loss`` is the same of
        the validation data after the epoch.
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
        """
        return list(self._words()), np.asarray(self.model.get_layer("words").embeddings)

    def _known(self, given: Sequence[str] | Vocabulary | None) -> Vocabulary | None:
        """Return the words that there are to be, if that is settled."""
        if given is None:
            return self.vocabulary
        known = given if isinstance(given, Vocabulary) else Vocabulary(given)
        if self.vocabulary not in (None, known):
            raise ValueError(
                f"`vocabulary` must be that of the first fit, {self.vocabulary}; got {known}."
            )
        return known

    def _rows(self, data: Any, known: Vocabulary | None, name: str) -> tuple[Rows, Vocabulary]:
        """Return windows, at least one, and the words that they are made of."""
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
        """Prepare the model for so many steps in one go; the optimizer stays what it has become."""
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
