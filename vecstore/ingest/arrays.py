"""NumPy's files: ``.npy`` with a matrix, ``.npz`` with a matrix and its keys."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tokenize import TokenError
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from vecstore.errors import IngestError
from vecstore.ingest.guess import ArrayInfo, guess_arrays
from vecstore.ingest.matrix import as_keys, check_matrix, keys_beside, matrix_table
from vecstore.ingest.source import Source
from vecstore.ingest.table import Options, Table, row_slices
from vecstore.ingest.unpacking import open_zip_member, zip_members

__all__ = ["open_npy", "open_npz"]

Open = Callable[[], BinaryIO]

# A header is Python source, and NumPy lets through what its parser says of a damaged one.
_BAD_HEADERS = (KeyError, SyntaxError, TokenError, TypeError, ValueError)
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def open_npy(source: Source, options: Options) -> Table:
    """Open a matrix; its keys are in a file beside, or are row numbers."""
    what = str(source.path)
    with source.open() as stream:
        info, _ = _read_header(stream, what)
    shape = check_matrix(*info, what)
    parts = partial(_parts, source.open, what)
    return matrix_table("npy", source, shape, parts, keys_beside(source, options))


def open_npz(source: Source, options: Options) -> Table:
    """Open an archive of arrays, one of which is the matrix."""
    archive = source.file()
    arrays = {name.removesuffix(".npy"): _info(archive, name) for name in zip_members(archive)}
    vectors, keys = guess_arrays(arrays, source.path, options)
    what = f'array "{vectors}" of {source.path}'
    shape = check_matrix(*arrays[vectors], what)
    parts = partial(_parts, partial(open_zip_member, archive, f"{vectors}.npy"), what)
    found = None if keys is None else _read_keys(archive, keys)
    return matrix_table("npz", source, shape, parts, found)


def _info(archive: Path, member: str) -> ArrayInfo:
    with open_zip_member(archive, member) as stream:
        return _read_header(stream, f"{member} of {archive}")[0]


def _read_keys(archive: Path, name: str) -> npt.NDArray[Any]:
    what = f'array "{name}" of {archive}'
    with open_zip_member(archive, f"{name}.npy") as stream:
        try:
            return as_keys(np.lib.format.read_array(stream, allow_pickle=False), what)
        except ValueError as error:
            raise IngestError(f"{what} cannot be read as keys: {error}.") from error


def _read_header(stream: BinaryIO, what: str) -> tuple[ArrayInfo, bool]:
    """Return what an array is like, and whether its columns rather than its rows are adjacent."""
    try:
        version = np.lib.format.read_magic(stream)
        shape, by_columns, dtype = _HEADERS[version](stream)
    except _BAD_HEADERS as error:
        raise IngestError(f"{what} is not a NumPy array that can be read: {error}.") from error
    return ArrayInfo(shape, dtype), by_columns


def _parts(open_array: Open, what: str) -> Iterator[npt.NDArray[Any]]:
    with open_array() as stream:
        (shape, dtype), by_columns = _read_header(stream, what)
        n, dim = shape
        if by_columns:
            # Rows of it lie scattered, so it is read as a whole.
            whole = _read(stream, dtype, (dim, n), what).T
            yield from (whole[part] for part in row_slices(n, dim))
            return
        for part in row_slices(n, dim):
            yield _read(stream, dtype, (part.stop - part.start, dim), what)


def _read(
    stream: BinaryIO, dtype: np.dtype[Any], shape: tuple[int, int], what: str
) -> npt.NDArray[Any]:
    size = shape[0] * shape[1] * dtype.itemsize
    data = stream.read(size)
    if len(data) < size:
        raise IngestError(f"{what} is truncated: {size - len(data)} bytes are missing.")
    return np.frombuffer(data, dtype).reshape(shape)
