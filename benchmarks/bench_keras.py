"""Embeddings out of files of Keras and out of its training, beside what Keras does itself."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vecstore
from benchmarks.stopwatch import Stopwatch
from vecstore.ingest.keras import embedding_dataset, read_embedding

keras = pytest.importorskip("keras")

from vecstore.ingest.keras import StoreEmbeddings  # noqa: E402

pytestmark = pytest.mark.keras

ROWS, SMOKE_ROWS, DIM = 100_000, 500, 100


@pytest.fixture(scope="module")
def model(full_size: bool) -> Any:
    """An embedding, and enough behind it to be a model."""
    ids = keras.Input((3,), dtype="int32")
    layer = keras.layers.Embedding(ROWS if full_size else SMOKE_ROWS, DIM, name="words")
    hidden = keras.layers.GlobalAveragePooling1D()(layer(ids))
    model = keras.Model(ids, keras.layers.Dense(50)(hidden))
    layer.set_weights([np.random.default_rng(0).standard_normal(layer.weights[0].shape)])
    model.compile("sgd", "mse")
    return model


@pytest.fixture(scope="module")
def matrix(model: Any) -> np.ndarray:
    return np.asarray(model.get_layer("words").get_weights()[0])


@pytest.fixture(scope="module")
def archive(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "model.keras"
    model.save(path)
    return path


@pytest.fixture(scope="module")
def weights(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "model.weights.h5"
    model.save_weights(path)
    return path


def reading(matrix: np.ndarray) -> str:
    return f"an embedding of {matrix.shape[0]:,} x {DIM} from model.keras"


def bench_read(timed: Stopwatch, archive: Path, matrix: np.ndarray) -> None:
    found = timed(
        lambda: read_embedding(archive), group=reading(matrix), name="vecstore read_embedding"
    )
    np.testing.assert_array_equal(found, matrix)


def bench_read_keras(timed: Stopwatch, archive: Path, matrix: np.ndarray) -> None:
    found = timed(
        lambda: keras.models.load_model(archive).get_layer("words").get_weights()[0],
        group=reading(matrix),
        name="keras load_model",
    )
    np.testing.assert_array_equal(found, matrix)


def bench_search_in_place(timed: Stopwatch, weights: Path, matrix: np.ndarray) -> None:
    """From the path of the weights to the nearest rows of one."""

    def nearest() -> list[int]:
        dataset = embedding_dataset(weights)
        with vecstore.open(weights, dataset=dataset, metric="euclidean") as store:
            return store.similar(7, k=10).keys.tolist()

    found = timed(nearest, group="neighbours out of model.weights.h5", name="vecstore in place")
    distances = np.linalg.norm(matrix.astype(np.float64) - matrix[7], axis=1)
    assert found == np.argsort(distances, kind="stable")[1:11].tolist()


def bench_commit(timed: Stopwatch, model: Any, matrix: np.ndarray, tmp_path: Path) -> None:
    """What an epoch costs more, its vectors durable and open to readers."""
    keys = [f"word{row}" for row in range(len(matrix))]
    with vecstore.create(tmp_path / "words.vecs", dim=DIM) as store:
        callback = StoreEmbeddings(store, "words", keys)
        callback.set_model(model)
        callback.on_train_begin()
        timed(
            lambda: callback.on_epoch_end(0, {}),
            group=f"keep {len(matrix):,} x {DIM} after an epoch",
            name="vecstore StoreEmbeddings",
        )
        np.testing.assert_array_equal(store[keys], matrix)


def bench_commit_keras(timed: Stopwatch, model: Any, matrix: np.ndarray, tmp_path: Path) -> None:
    path = str(tmp_path / "model.keras")
    callback = keras.callbacks.ModelCheckpoint(path)
    callback.set_model(model)

    def save() -> None:
        callback.on_epoch_end(0, {})
        with Path(path).open("rb") as file:  # what a store does as well
            os.fsync(file.fileno())

    timed(save, group=f"keep {len(matrix):,} x {DIM} after an epoch", name="keras ModelCheckpoint")
    np.testing.assert_array_equal(read_embedding(path), matrix)
