"""Word vectors by predicting the next word: ours beside the recipe as written, to its final loss.

The recipe: 250 words, three before the one to predict, 5 dimensions, one-hot labels, batches of 32,
plain `fit`. Its published loss after ten epochs is 3.2130.
"""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.stopwatch import Stopwatch

keras = pytest.importorskip("keras", exc_type=ImportError)

from vecstore.trainers import WordWindow  # noqa: E402 (needs Keras)

DATA = Path(__file__).parents[1].parent / "shared/data/hinton-nnlm-4grams/nnlm_4grams.npz"
WORDS, PUBLISHED, EPOCHS = 250, 3.2130, 10
GROUP = "ten epochs of the word-window recipe"


@pytest.fixture(scope="module")
def windows(full_size: bool) -> np.ndarray:
    if not full_size:
        return np.random.default_rng(0).integers(0, WORDS, size=(2048, 4))
    if not DATA.exists():
        pytest.skip(f"there is no {DATA.name} in ../shared/data")
    with np.load(DATA) as arrays:
        return arrays["train"]


def as_written() -> "keras.Model":
    inputs = keras.Input((3,))
    vectors = keras.layers.Embedding(WORDS, 5, embeddings_regularizer=keras.regularizers.L2(1e-4))(
        inputs
    )
    outputs = keras.layers.Dense(WORDS, activation="softmax")(keras.layers.Flatten()(vectors))
    model = keras.Model(inputs, outputs)
    model.compile("adam", "categorical_crossentropy")
    return model


def bench_word_window(timed: Stopwatch, windows: np.ndarray, full_size: bool) -> None:
    def train() -> WordWindow:
        return WordWindow().fit(windows, epochs=EPOCHS, progress=False)

    trainer = timed(train, group=GROUP, name="vecstore", once=True, windows=EPOCHS * len(windows))
    assert trainer.model.count_params() in (5250, 16 * WORDS + 5 * len(trainer.vocabulary or ()))
    if full_size:
        assert trainer.history["loss"][-1] <= PUBLISHED


def bench_as_written(timed: Stopwatch, windows: np.ndarray, full_size: bool) -> None:
    """One epoch, of which all take as long; ``windows_per_second`` compares."""
    labels = keras.utils.to_categorical(windows[:, 3], WORDS)
    model = as_written()
    history = timed(
        lambda: model.fit(windows[:, :3], labels, batch_size=32, verbose=0),
        group=GROUP,
        name="the recipe, one epoch of ten",
        once=True,
        windows=len(windows),
    )
    assert model.count_params() == 5250
    if full_size:
        assert history.history["loss"][-1] == pytest.approx(3.68, abs=0.15)  # published: 3.6846
