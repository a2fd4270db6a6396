"""From Keras to a store and back; a public package.

`read_embedding` reads the vectors of a model, in memory or in a file, and `embedding_dataset` names
their dataset in the file, to search them there. `StoreEmbeddings` commits them to a store during
training. `embedding_layer` turns a store into a layer. Files are read without Keras; only layers
and models in memory need it. Nothing is loaded at import.

In reading order:

- `choice`: which matrix of a model is meant;
- `files`: the layers, weights and configuration in a file;
- `values`, `matrices`: the numbers of a matrix, dequantised and with LoRA;
- `graph`, `vocabularies`, `row_keys`: the vocabulary that gives the rows their keys;
- `table`: a Keras file as a table of vectors;
- `live`: matrices of models in memory;
- `layer`: a store as a layer;
- `callback`: `StoreEmbeddings`, which needs Keras at import.
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
        The name of a layer with a matrix, or the path of the layer or its weight, which is unique.
        None takes the only `Embedding` of the model.

    Returns
    -------
    ndarray of float32, shape (n, dim)
        The output of the layer for the ids 0 to n - 1: LoRA is added, quantised weights become
        floats. For a layer that is not an embedding, its kernel: a row for every input.

    Raises
    ------
    ValueError
        If there is no matrix of that name, or more than one.
    IngestError
        If no layer is named and there is not exactly one `Embedding`; if the file is not from
        Keras, is damaged, or has quantised weights without the configuration that explains them.
    FileNotFoundError
        If there is no such file.
    TypeError
        If `model_or_path` is neither a path, a model nor a layer.
    ImportError
        If it is a model and Keras is not installed.

    Notes
    -----
    Files are read without Keras, and nothing in them is executed. A ``.keras`` file is unpacked to
    a temporary one; `embedding_dataset` avoids reading the matrix at all.

    Weights without a configuration, as in ``.weights.h5``, do not tell the class of their layer. An
    `Embedding` is then recognised by its place, or by a name that Keras gave it.

    Examples
    --------
    >>> import h5py
    >>> with h5py.File("model.weights.h5", "w") as file:
    ...     file["layers/embedding/vars/0"] = np.eye(2, dtype=np.float32)
    >>> read_embedding("model.weights.h5")
    array([[1., 0.],
           [0., 1.]], dtype=float32)
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
        The value to pass as ``dataset``.

    Raises
    ------
    IngestError
        If the file itself is not HDF5, or the weights are not stored as a matrix of float32 or
        float16 that equals the output of the layer.
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
