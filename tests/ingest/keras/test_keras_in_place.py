"""Embeddings that are searched in the file that Keras wrote, and those that cannot be."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import vecstore
from tests.ingest.keras_models import model_with, output_of, quantise, saved, words
from vecstore.errors import IngestError
from vecstore.ingest.keras import embedding_dataset


@pytest.fixture(scope="module")
def keras() -> Any:
    return pytest.importorskip("keras")


@pytest.mark.keras
def test_weights_are_searched_where_they_lie(keras: Any, tmp_path: Path) -> None:
    layer = words(keras)
    path = saved(model_with(keras, layer), tmp_path, "m.weights.h5")
    before = path.read_bytes()
    with vecstore.open(path, dataset=embedding_dataset(path)) as store:
        vectors = output_of(layer).astype(np.float64)
        unit = vectors / np.linalg.norm(vectors, axis=1)[:, None]
        nearest = np.argsort(-(unit @ unit[7]), kind="stable")[1:4]
        assert store.similar(7, k=3).keys.tolist() == nearest.tolist()
    assert path.read_bytes() == before


@pytest.mark.keras
def test_what_cannot_be_searched_in_place_is_refused(keras: Any, tmp_path: Path) -> None:
    model = model_with(keras, words(keras))
    with pytest.raises(IngestError, match="is not in an HDF5 file of its own and cannot"):
        embedding_dataset(saved(model, tmp_path, "m.keras"))
    quantise(model, "int8")
    with pytest.raises(IngestError, match=r'is quantised and cannot .* "vecstore import" makes'):
        embedding_dataset(saved(model, tmp_path, "m.weights.h5"))


@pytest.mark.keras
@pytest.mark.parametrize(
    ("dtype", "reason"),
    [
        ("bfloat16", "is stored as bfloat16 and cannot"),
        ("float64", "is stored as float64 and cannot"),
        ("float16", None),
    ],
)
def test_only_numbers_that_a_store_has_are_searched_in_place(
    keras: Any, tmp_path: Path, dtype: str, reason: str | None
) -> None:
    path = saved(model_with(keras, words(keras, dtype=dtype)), tmp_path, "m.weights.h5")
    if reason is None:
        with vecstore.open(path, dataset=embedding_dataset(path)) as store:
            assert store.dtype == dtype
        return
    with pytest.raises(IngestError, match=reason):
        embedding_dataset(path, "words")


def test_a_kernel_with_places_is_not_searched_in_place(tmp_path: Path) -> None:
    """What sees one point at a time is a matrix, but lies in the file with four axes."""
    with h5py.File(tmp_path / "m.weights.h5", "w") as file:
        file["layers/conv2d/vars/0"] = np.eye(3, dtype=np.float32).reshape(1, 1, 3, 3)
    with pytest.raises(IngestError, match="has 4 axes and cannot be searched in place"):
        embedding_dataset(tmp_path / "m.weights.h5", "layers/conv2d")
