"""Files of Keras as tables: one matrix of a model, its keys in a file beside."""

from functools import partial
from pathlib import Path

from vecstore.ingest.keras_choice import choose
from vecstore.ingest.keras_files import stored_layers
from vecstore.ingest.keras_matrices import Matrix, matrices
from vecstore.ingest.matrix import matrix_table, read_keys
from vecstore.ingest.source import Source
from vecstore.ingest.table import Options, Table

__all__ = ["find_matrix", "open_keras"]


def open_keras(source: Source, options: Options) -> Table:
    """Open an embedding; the option ``dataset`` names the layer, ``keys`` a file of keys."""
    matrix = find_matrix(source, options.dataset)
    keys = read_keys(Path(options.keys), options.encoding) if options.keys else None
    return matrix_table("keras", source, matrix.shape, partial(Matrix.rows, matrix), keys)


def find_matrix(source: Source, layer: str | None) -> Matrix:
    """Return the matrix of a layer, or of the only embedding.

    Parameters
    ----------
    source : Source
        The file.
    layer : str or None
        A name; see `vecstore.ingest.keras.read_embedding`.

    Returns
    -------
    Matrix
        Readable until the source is closed.

    Raises
    ------
    ValueError, IngestError
        If there is no telling which is meant, or the file is damaged.
    """
    return choose(matrices(stored_layers(source)), layer, source.path).weight
