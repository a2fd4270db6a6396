"""Word vectors from predicting the next word."""

from collections.abc import Sequence
from typing import Any, Self

import keras
import numpy as np
import numpy.typing as npt

from vecstore.arrays import check_count
from vecstore.trainers.corpus import Corpus
from vecstore.trainers.parameters import check_number
from vecstore.trainers.rows import Rows
from vecstore.trainers.tokens import Source
from vecstore.trainers.trainer import Embeddings, check_schedule
from vecstore.trainers.vocabulary import Vocabulary
from vecstore.trainers.word_trainer import WordTrainer, corpus_of

__all__ = ["WordWindow"]

# Batches that run without coming back to Python in between.
_STEPS_PER_EXECUTION = 8


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
            A row of an array is a window: numbers of words, the last to be predicted.
        epochs : int, default 10
            Times to go through the data.
        batch_size : int, default 2048
            Windows in a step. What is left of an epoch goes into the next.
        validation : float, data or None
            The share of the last windows to hold out, or more data of the same kinds.
        progress : bool, default True
            Whether to draw a bar, where there is a terminal.
        vocabulary : sequence of str, Vocabulary or None
            What the numbers of an array stand for; None calls the words "0", "1" and so on.

        Returns
        -------
        WordWindow
            Itself.

        Raises
        ------
        ValueError
            If there is no window, one has the wrong shape or unknown numbers, or a number above is
            out of range.

        Notes
        -----
        ``loss`` in `history` is that of the training data: the cross-entropy in nats, averaged over
        the epoch while the model still learns, plus the penalty `l2`; ``val_loss`` is the same of
        the validation data after the epoch.
        """
        check_schedule(epochs, batch_size, validation)
        known = self.vocabulary if vocabulary is None else _as_vocabulary(vocabulary)
        rows, words = self._rows(data, known)
        if isinstance(validation, float):
            rows, held_out = rows.split(validation)
        elif validation is not None:
            held_out = np.concatenate([*self._rows(validation, words)[0].blocks()])
        if rows.count == 0:
            raise ValueError(
                "`data` must hold a sentence as long as a window, "
                f"{self.parameters['context'] + 1} known words; got none."
            )
        if self._model is None:
            self.vocabulary = words
            with self._seeded():
                self._model = self._build(len(words))
        batch_size = min(batch_size, rows.count)
        rng = np.random.default_rng([self.parameters["seed"], len(self._epochs)])
        self._train(
            (_inputs_and_label(batch) for batch in rows.batches(batch_size, rng)),
            epochs=epochs,
            batch_size=None,
            validation=None if validation is None else _inputs_and_label(held_out),
            validation_batch_size=batch_size,
            progress=progress,
            steps_per_epoch=rows.count // batch_size,
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

    def _rows(self, data: Any, known: Vocabulary | None) -> tuple[Rows, Vocabulary]:
        """Return windows, and the words that they are made of."""
        width = self.parameters["context"] + 1
        if not isinstance(data, np.ndarray):
            corpus = corpus_of(data, known)
            return Rows(corpus.count_windows(width), lambda: corpus.windows(width)), (
                corpus.vocabulary
            )
        _check_windows(data, width)
        words = known or Vocabulary(str(number) for number in range(int(data.max()) + 1))
        if data.max() >= len(words):
            raise ValueError(
                f"`data` must hold numbers below {len(words)}, one per word; got {data.max()}."
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
        model = keras.Model(inputs, outputs, name="word_window")
        model.compile(
            keras.optimizers.Adam(chosen["learning_rate"]),
            "sparse_categorical_crossentropy",
            jit_compile=True,  # "auto" means no for TensorFlow on a CPU
            steps_per_execution=_STEPS_PER_EXECUTION,
        )
        return model


def _as_vocabulary(words: Sequence[str] | Vocabulary) -> Vocabulary:
    return words if isinstance(words, Vocabulary) else Vocabulary(words)


def _inputs_and_label(rows: npt.NDArray[np.int32]) -> tuple[Any, Any]:
    return rows[:, :-1], rows[:, -1]


def _check_windows(windows: npt.NDArray[Any], width: int) -> None:
    if not np.issubdtype(windows.dtype, np.integer):
        raise TypeError(f"`data` must hold numbers of words, integers; got {windows.dtype}.")
    if windows.ndim != 2 or windows.shape[1] != width:
        raise ValueError(
            f"`data` must have shape (n, {width}), the context and the next word; got "
            f"{windows.shape}."
        )
    if len(windows) == 0:
        raise ValueError("`data` must hold at least one window; got none.")
    if windows.min() < 0:
        raise ValueError(f"`data` must hold numbers from 0 up, one per word; got {windows.min()}.")
