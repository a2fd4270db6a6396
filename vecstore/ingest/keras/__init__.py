"""The way from Keras to a store and back.

`read_embedding` takes the vectors out of a model or of a file of one, and `embedding_dataset` says
where they lie in the file, to be searched there. `StoreEmbeddings` puts them into a store while
they are learned. `embedding_layer` makes a layer of a store again.

Files are read without Keras; what takes or makes layers needs it. Nothing is loaded at import.
"""

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vecstore.errors import IngestError
from vecstore.ingest.keras.choice import choose
from vecstore.ingest.keras.layer import KeyedEmbedding, embedding_layer
from vecstore.ingest.keras.live import live_matrices, live_values, load_keras
from vecstore.ingest.keras.table import find_matrix
from vecstore.ingest.source import Source

if TYPE_CHECKING:
    from vecstore.ingest.keras.callback import StoreEmbeddings

__all__ = [
    "KeyedEmbedding",
    "StoreEmbeddings",
    "embedding_dataset",
    "embedding_layer",
    "read_embedding",
]


def read_embedding(model_or_path: Any, layer: str | None = None) -> npt.NDArray[np.float32]:
    """Return the matrix of an embedding: a row for every id.

    Parameters
    ----------
    model_or_path : path-like, keras.Model or keras.Layer
        A file (``.keras``, ``.weights.h5``, the ``.weights.json`` of shards, ``.h5`` of older
        versions), a model, or a layer.
    layer : str or None
        The name of a layer with a matrix, or the path of the layer or the weight, which is
        unique. None takes the only `Embedding` that there is.

    Returns
    -------
    ndarray of float32, shape (n, dim)
        What the layer gives for the ids 0 to n - 1: LoRA is added, quantised weights are floats.
        Of a layer that is no embedding, its kernel: a row for every input.

    Raises
    ------
    ValueError
        If there is no matrix of that name, or more than one.
    IngestError
        If there is not exactly one `Embedding`, and none was named; if the file is none of Keras,
        is damaged, or has quantised weights and nothing that says how.
    FileNotFoundError
        If there is no file.
    TypeError
        If `model_or_path` is nothing of the kind.
    ImportError
        If it is a model and Keras is not installed.

    Notes
    -----
    Files are read without Keras, and without running anything that is in them. A ``.keras`` file is
    unpacked to a temporary one; see `embedding_dataset` for reading none of it.

    Weights without a configuration, as in ``.weights.h5``, do not tell the class of their layer. An
    `Embedding` is known there by its place, or by a name that Keras has given it.
    """
    if not isinstance(model_or_path, str | PathLike):
        return _read_live(model_or_path, layer)
    source = Source(model_or_path)
    try:
        matrix = find_matrix(source, layer)
        vectors = np.empty(matrix.shape, np.float32)
        row = 0
        for part in matrix.rows():
            vectors[row : row + len(part)] = part
            row += len(part)
        return vectors
    finally:
        source.close()


def embedding_dataset(path: str | PathLike[str], layer: str | None = None) -> str:
    """Return the name of the dataset of an embedding, for `vecstore.open` to search in place.

    Parameters
    ----------
    path : path-like
        A ``.weights.h5``, or an ``.h5`` of older versions.
    layer : str or None
        As for `read_embedding`.

    Returns
    -------
    str
        What to pass as ``dataset``.

    Raises
    ------
    IngestError
        If the file is not HDF5 itself, or the weights are not stored as a matrix of float32 or
        float16 that the layer gives as it is.
    ValueError, FileNotFoundError
        As for `read_embedding`.

    Examples
    --------
    >>> import h5py, vecstore
    >>> with h5py.File("model.weights.h5", "w") as file:
    ...     file["layers/embedding/vars/0"] = np.eye(3, dtype=np.float32)
    >>> embedding_dataset("model.weights.h5")
    'layers/embedding/vars/0'
    >>> store = vecstore.open("model.weights.h5", dataset="layers/embedding/vars/0")
    >>> len(store), store.dim
    (3, 3)
    """
    source = Source(path)
    try:
        matrix = find_matrix(source, layer)
    finally:
        source.close()
    inside = "is not in an HDF5 file of its own" if matrix.stored.file != Path(path) else None
    if what := matrix.peculiarity or inside:
        raise IngestError(
            f'Layer "{matrix.layer.name}" of {path} {what} and cannot be searched in place; '
            f'"vecstore import" makes a store of it.'
        )
    return matrix.stored.dataset


def _read_live(model: Any, layer: str | None) -> npt.NDArray[np.float32]:
    if not isinstance(model, load_keras().Layer):
        raise TypeError(
            f"`model_or_path` must be a path, a Keras model or a layer; got {type(model).__name__}."
        )
    what = f'{type(model).__name__} "{model.name}"'
    return live_values(choose(live_matrices(model), layer, what).weight)


def __getattr__(name: str) -> Any:
    if name != "StoreEmbeddings":  # a class that Keras must be loaded for
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    load_keras()
    from vecstore.ingest.keras.callback import StoreEmbeddings

    return StoreEmbeddings
