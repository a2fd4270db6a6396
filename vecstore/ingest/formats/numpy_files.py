"""NumPy's files: ``.npy`` with a matrix, ``.npz`` with a matrix and its keys."""

from collections.abc import Callable, Iterator
from functools import partial
from tokenize import TokenError
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.errors import IngestError
from vecstore.ingest.formats.guess import ArrayInfo, guess_arrays, left_out
from vecstore.ingest.formats.matrix import as_keys, check_matrix, keys_beside, matrix_table
from vecstore.ingest.source import Source
from vecstore.ingest.table import Options, Table, row_slices
from vecstore.ingest.unpacking import open_zip_member, zip_members, zip_sizes

__all__ = ["open_npy", "open_npz"]

Open = Callable[[], BinaryIO]

# A header is Python source, and NumPy passes on what the parser raises for a damaged one.
_BAD_HEADERS = (
    KeyError,
    MemoryError,
    OverflowError,
    RecursionError,
    SyntaxError,
    TokenError,
    TypeError,
    ValueError,
)
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
# The most bytes of keys decoded at a time, and of one key in the file.
_KEY_BYTES = 1 << 24
# An array of more than 1 GB must not be compressed to less than 1/500: that would be zeros, made to
# fill the memory.
_LARGE = 1 << 30
_DENSEST = 500


class _Array(NamedTuple):
    """An array as its header describes it, and how to open its bytes."""

    info: ArrayInfo
    by_columns: bool  # columns rather than rows are contiguous
    open: Open
    what: str  # names it in errors


def open_npy(source: Source, options: Options) -> Table:
    """Open a matrix; its keys are in a file beside it, or are row numbers."""
    what = str(source.path)
    with source.open() as stream:
        info, by_columns = _read_header(stream, what)
    array = _Array(info, by_columns, source.open, what)
    if info.dtype.names is not None:
        return _open_records(array, source, options)
    shape = check_matrix(*info, what)
    if by_columns or source.compression is None:
        with source.file().open("rb") as file:
            _read_header(file, what)
            _check_size(array, source.size - file.tell())
    keys, keys_from = keys_beside(source, options)
    return matrix_table("npy", source, shape, partial(_parts, array), keys, keys_from)


def open_npz(source: Source, options: Options) -> Table:
    """Open an archive of arrays, one of which is the matrix."""
    archive = source.file()
    sizes = zip_sizes(archive)
    arrays = {}
    for member in zip_members(archive):
        name = member.removesuffix(".npy")
        what = f'array "{name}" of {source.path}'
        opened = partial(open_zip_member, archive, member)
        with opened() as stream:
            arrays[name] = _Array(*_read_header(stream, what), opened, what)
    infos = {name: array.info for name, array in arrays.items()}
    vectors, keys = guess_arrays(infos, source.path, options)
    shape = check_matrix(*infos[vectors], arrays[vectors].what)
    for name in filter(None, (vectors, keys)):
        _check_size(arrays[name], *sizes[f"{name}.npy"])
    found = None if keys is None else _read_keys(arrays[keys])
    parts = partial(_parts, arrays[vectors])
    notes = left_out(infos, vectors, keys)
    return matrix_table("npz", source, shape, parts, found, f'array "{keys}"', notes)


def _open_records(array: _Array, source: Source, options: Options) -> Table:
    """Open an array with named fields: one holds the vectors, another may hold the keys."""
    (n, *more), dtype = array.info
    if more or array.by_columns or dtype.hasobject:
        raise IngestError(
            f"{array.what} cannot be read as vectors: with named fields it must have one axis and "
            f"no Python objects; got {dtype} of shape {array.info.shape}."
        )
    fields = {name: dtype[name] for name in dtype.names or ()}
    infos = {name: ArrayInfo((n, *of.shape), of.base) for name, of in fields.items()}
    vectors, keys = guess_arrays(infos, source.path, options)
    shape = check_matrix(*infos[vectors], f'field "{vectors}" of {array.what}')

    def parts(field: str = vectors) -> Iterator[npt.NDArray[Any]]:
        step = shape[1] + dtype.itemsize // dtype[vectors].base.itemsize
        with array.open() as stream:
            _read_header(stream, array.what)
            for part in row_slices(n, step):
                yield _read(stream, dtype, (part.stop - part.start,), array.what)[field]

    found = None
    if keys is not None:
        what = f'field "{keys}" of {array.what}'
        pieces = [as_keys(part, what) for part in parts(keys)]
        found = np.concatenate(pieces) if pieces else np.empty(0, object)
    notes = left_out(infos, vectors, keys)
    return matrix_table("npy", source, shape, parts, found, f'field "{keys}"', notes)


def _check_size(array: _Array, size: int, packed: int | None = None) -> None:
    """Refuse an array whose header claims too much, before memory is allocated for it."""
    (shape, dtype), what = array.info, array.what
    promised = int(np.prod([1, *shape], dtype=object)) * dtype.itemsize
    if promised > size:
        raise IngestError(f"{what} is truncated: {promised - size} bytes are missing.")
    if packed is not None and promised > max(_LARGE, _DENSEST * packed):
        raise IngestError(
            f"{what} is {promised:,} bytes out of {packed:,}: no vectors are so much alike. If it "
            f"is no mistake, unpack the archive and pass its .npy files."
        )


def _read_keys(array: _Array) -> npt.NDArray[Any]:
    (shape, dtype), what = array.info, array.what
    n = shape[0]
    if dtype.kind == "O":
        raise IngestError(
            f"{what} cannot be read as keys: it holds Python objects, pickled, which can run code. "
            f'Save it with .astype(str), or pass keys="row numbers".'
        )
    if dtype.itemsize > _KEY_BYTES:
        raise IngestError(f"{what} cannot be read as keys: one may have {dtype.itemsize} bytes.")
    step = max(1, _KEY_BYTES // max(1, dtype.itemsize))
    pieces = []
    with array.open() as stream:
        _read_header(stream, what)
        for first in range(0, n, step):
            rows = (min(step, n - first), *shape[1:])
            pieces.append(as_keys(_read(stream, dtype, rows, what), what))
    empty = np.empty((0, *shape[1:]), dtype)
    return np.concatenate(pieces) if pieces else as_keys(empty, what)


def _read_header(stream: BinaryIO, what: str) -> tuple[ArrayInfo, bool]:
    """Return shape and dtype of an array, and whether its columns are contiguous."""
    try:
        version = np.lib.format.read_magic(stream)
        shape, by_columns, dtype = _HEADERS[version](stream)
    except _BAD_HEADERS as error:
        raise IngestError(f"{what} is not a NumPy array that can be read: {error}.") from error
    return ArrayInfo(shape, dtype), by_columns


def _parts(array: _Array) -> Iterator[npt.NDArray[Any]]:
    (n, dim), dtype = array.info
    with array.open() as stream:
        _read_header(stream, array.what)
        if array.by_columns:
            # Its rows are scattered, so it is read as a whole.
            whole = _read(stream, dtype, (dim, n), array.what).T
            yield from (whole[part] for part in row_slices(n, dim))
            return
        for part in row_slices(n, dim):
            yield _read(stream, dtype, (part.stop - part.start, dim), array.what)


def _read(
    stream: BinaryIO, dtype: np.dtype[Any], shape: tuple[int, ...], what: str
) -> npt.NDArray[Any]:
    size = int(np.prod(shape)) * dtype.itemsize
    data = stream.read(size)
    if len(data) < size:
        raise IngestError(f"{what} is truncated: {size - len(data)} bytes are missing.")
    return np.frombuffer(data, dtype).reshape(shape)
