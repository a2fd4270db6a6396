"""Files that hold a matrix, and keys beside it or no keys at all."""

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.errors import IngestError
from vecstore.ingest.label_lines import labels_in
from vecstore.ingest.source import Source
from vecstore.ingest.table import MAX_DIM, Chunk, Options, Table

__all__ = [
    "as_keys",
    "check_matrix",
    "companion_paths",
    "keys_beside",
    "matrix_table",
    "read_keys",
]


def matrix_table(
    name: str,
    source: Source,
    shape: tuple[int, int],
    parts: Callable[[], Iterator[npt.NDArray[Any]]],
    keys: npt.NDArray[Any] | None,
) -> Table:
    """Return the table of a matrix.

    Parameters
    ----------
    name : str
        Of the format.
    source : Source
        The file.
    shape : tuple of int
        Rows and columns.
    parts : callable
        Starts going through the rows, some at a time.
    keys : ndarray of object (str) or int64, or None
        None: row numbers.

    Returns
    -------
    Table
        Its chunks are the parts.

    Raises
    ------
    IngestError
        If there are not as many keys as rows.
    """
    n, dim = shape
    if keys is not None and len(keys) != n:
        raise IngestError(f"{source.path} holds {n} vectors, but there are {len(keys)} keys.")

    def chunks() -> Generator[Chunk, None, None]:
        row = 0
        for vectors in parts():
            places = np.arange(row, row + len(vectors))
            row += len(vectors)
            yield Chunk(places if keys is None else keys[places], vectors, places, [])

    is_text = keys is not None and keys.dtype == object
    kind = "str" if is_text else "int"
    return Table(name, dim, kind, n, chunks, numbered=keys is None)  # type: ignore[arg-type]


def check_matrix(shape: tuple[int, ...], dtype: np.dtype[Any], what: str) -> tuple[int, int]:
    """Return the shape of a matrix of numbers.

    Parameters
    ----------
    shape : tuple of int
        What was found.
    dtype : numpy.dtype
        What was found.
    what : str
        Names the array in the error.

    Returns
    -------
    tuple of int
        Rows and columns.

    Raises
    ------
    IngestError
        If it is no matrix of numbers.
    """
    if len(shape) != 2 or not 1 <= shape[1] <= MAX_DIM or dtype.kind not in "fiu":
        raise IngestError(
            f"{what} cannot be read as vectors: it must be a matrix of numbers; "
            f"got {dtype} of shape {shape}."
        )
    return shape[0], shape[1]


def companion_paths(path: Path) -> tuple[Path, Path]:
    """Return where the keys of a matrix lie: one a line as text, or as an array of integers.

    Examples
    --------
    >>> text, array = companion_paths(Path("words.npy"))
    >>> text.name, array.name
    ('words.npy.keys.txt', 'words.npy.keys.npy')
    """
    return path.with_name(f"{path.name}.keys.txt"), path.with_name(f"{path.name}.keys.npy")


def keys_beside(source: Source, options: Options) -> npt.NDArray[Any] | None:
    """Return the keys in the file that the caller names, or in the one beside a matrix.

    Parameters
    ----------
    source : Source
        The matrix.
    options : Options
        ``keys`` may name the file of keys, compressed or not.

    Returns
    -------
    ndarray of object (str) or int64, or None
        None if there is no such file.

    Raises
    ------
    IngestError
        If the file of keys cannot be read.
    """
    if options.keys is not None:
        return read_keys(Path(options.keys), options.encoding)
    return next(
        (
            read_keys(path, options.encoding)
            for path in companion_paths(source.path)
            if path.exists()
        ),
        None,
    )


def read_keys(path: Path, encoding: str | None = None) -> npt.NDArray[Any]:
    """Return the keys in a file: one a line as text, or a NumPy array."""
    source = Source(path, encoding=encoding)
    if source.head.startswith(b"\x93NUMPY"):
        try:
            return as_keys(np.load(source.file(), allow_pickle=False), str(path))
        except ValueError as error:
            raise IngestError(f"{path} cannot be read as keys: {error}.") from error
    return np.array(labels_in(source, "keys"), dtype=object)


def as_keys(array: npt.NDArray[Any], what: str) -> npt.NDArray[Any]:
    """Return an array of keys as object (str) or int64.

    Parameters
    ----------
    array : ndarray of str, bytes, object or integers, shape (n,)
        Bytes are UTF-8.
    what : str
        Names the array in errors.

    Returns
    -------
    ndarray of object (str) or int64, shape (n,)
        The keys.

    Raises
    ------
    IngestError
        If it is something else.
    """
    if array.ndim == 1 and array.dtype.kind in "iu":
        if array.dtype == np.uint64 and array.size and array.max() > np.iinfo(np.int64).max:
            raise IngestError(f"{what} cannot be read as keys: {array.max()} exceeds 64 bits.")
        return array.astype(np.int64)
    if array.ndim == 1 and array.dtype.kind in "USOT":
        try:
            found = [one.decode() if isinstance(one, bytes) else one for one in array.tolist()]
            "".join(found).encode()  # a str, but not one that UTF-8 can write?
            return np.array(found, dtype=object)
        except (TypeError, UnicodeError) as error:
            raise IngestError(f"{what} cannot be read as keys: {error}.") from error
    raise IngestError(
        f"{what} cannot be read as keys: it must be a row of strings or integers; "
        f"got {array.dtype} of shape {array.shape}."
    )
