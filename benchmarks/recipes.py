"""Published recipes of trainings, as they are written, under today's Keras.

The word window: 250 words, three before the one to predict, vectors of 5 numbers with a penalty,
Adam at 0.001, one-hot labels, batches of 32, ten epochs of plain `fit`. Its published losses are
3.6846 after the first and 3.2130 after the tenth, as here.

Categories: one `Embedding` and one of biases for each field, batch normalisation, a dot product for
every pair, ReLU; mean absolute error, RMSprop at 0.001, batches of 32, ten epochs of plain `fit`.
It is given columns of numbers.
"""

import time
from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.datasets import SEED

__all__ = ["CONTEXT", "DIM", "L2", "WORDS", "WORD_DIM", "Run", "categories", "word_window"]

WORDS, CONTEXT, WORD_DIM, DIM, L2 = 250, 3, 5, 10, 1e-4
BATCH = 32


class Run(NamedTuple):
    """What a training came to.

    Attributes
    ----------
    losses : list of float
        After each epoch.
    seconds : list of float
        Each epoch, the first with what it took to build and compile.
    processor : float
        Seconds of processor time, which other processes do not stretch.
    parameters : int
        Numbers of the model.
    """

    losses: list[float]
    seconds: list[float]
    processor: float
    parameters: int


class Clock:
    """Counts from when it is made."""

    def __init__(self) -> None:
        self.begun, self.processor = time.perf_counter(), time.process_time()

    def spent(self) -> tuple[float, float]:
        """Return seconds of time, and of processor time."""
        return time.perf_counter() - self.begun, time.process_time() - self.processor


def word_window(rows: npt.NDArray[Any], epochs: int) -> Run:
    """Learn from windows of word numbers, the last of which is to be predicted."""
    import keras
    from keras import layers

    clock = Clock()
    keras.utils.set_random_seed(SEED)
    labels = keras.utils.to_categorical(rows[:, -1], WORDS)
    inputs = keras.Input((CONTEXT,))
    vectors = layers.Embedding(WORDS, WORD_DIM, embeddings_regularizer=keras.regularizers.L2(L2))
    outputs = layers.Dense(WORDS, activation="softmax")(layers.Flatten()(vectors(inputs)))
    model = keras.Model(inputs, outputs)
    model.compile("adam", "categorical_crossentropy")
    return _fitted(clock, model, rows[:, :-1], labels, epochs)


def categories(columns: Sequence[npt.NDArray[Any]], target: npt.NDArray[Any], epochs: int) -> Run:
    """Learn from columns of numbers of categories what number goes with them."""
    import keras
    from keras import layers

    clock = Clock()
    keras.utils.set_random_seed(SEED)
    inputs, vectors, terms = [], [], []
    for column in columns:
        size = int(column.max()) + 1
        number = keras.Input((1,), dtype="int32")
        vector = layers.Embedding(size, DIM, embeddings_regularizer=keras.regularizers.L2(L2))
        bias = layers.Embedding(size, 1, embeddings_initializer="zeros")
        inputs.append(number)
        vectors.append(layers.BatchNormalization()(vector(number)))
        terms.append(layers.Flatten()(bias(number)))
    for one, other in combinations(vectors, 2):
        terms.append(layers.Flatten()(layers.Dot(axes=2)([one, other])))
    model = keras.Model(inputs, layers.ReLU()(layers.Add()(terms)))
    model.compile(optimizer="rmsprop", loss="mean_absolute_error")
    return _fitted(clock, model, list(columns), target, epochs)


def _fitted(clock: Clock, model: Any, inputs: Any, targets: Any, epochs: int) -> Run:
    import keras

    ends = [clock.begun]
    note = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter())
    )
    fitted = model.fit(
        inputs, targets, epochs=epochs, batch_size=BATCH, verbose=0, callbacks=[note]
    )
    _, processor = clock.spent()
    return Run(fitted.history["loss"], np.diff(ends).tolist(), processor, model.count_params())
