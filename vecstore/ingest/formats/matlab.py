"""MATLAB files up to version 7, which SciPy reads; version 7.3 is refused with advice."""

import warnings
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.errors import IngestError
from vecstore.extras import need
from vecstore.ingest.formats.guess import ArrayInfo, guess_arrays, is_key_name, left_out
from vecstore.ingest.formats.matrix import as_keys, check_matrix, matrix_table
from vecstore.ingest.source import Source
from vecstore.ingest.table import Options, Table, row_slices

__all__ = ["looks_like_matlab", "open_matlab"]

_MAGIC = b"MATLAB 5.0 MAT-file"
_HDF5_MAGIC = b"MATLAB 7.3 MAT-file"
_TYPES = {"double": "f8", "single": "f4", "logical": "?"}
_TYPES |= {
    f"{sign}int{bits}": f"{sign or 'i'}{bits // 8}"
    for sign in ("", "u")
    for bits in (8, 16, 32, 64)
}
# Vectors never deflate to less than 1/500. A large array that does was made to fill the memory.
_DENSEST = 500
_LARGE = 1 << 30


def looks_like_matlab(head: bytes) -> bool:
    """Return whether a file begins like a MAT-file."""
    return head.startswith((_MAGIC, _HDF5_MAGIC))


def open_matlab(source: Source, options: Options) -> Table:
    """Open a matrix; its keys are a cell array of strings, a matrix of characters, or numbers."""
    if source.head.startswith(_HDF5_MAGIC):
        raise IngestError(
            f"{source.path} is a MAT-file of version 7.3, whose arrays are laid out otherwise. "
            f"Save it with save('name.mat', '-v7'), or with -v6."
        )
    need("scipy", "A MAT-file")
    from scipy.io import loadmat, whosmat
    from scipy.io.matlab import MatReadError

    damage = (
        ArithmeticError,
        AttributeError,
        EOFError,
        LookupError,
        MatReadError,
        MemoryError,
        NotImplementedError,
        OSError,
        TypeError,
        UserWarning,
        ValueError,
        zlib.error,
    )
    path = source.file()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # SciPy warns of a byte order that it cannot read
            listed = {name: (shape, kind) for name, shape, kind in whosmat(path)}
        infos = {name: _info(name, *about) for name, about in listed.items()}
        vectors, keys = guess_arrays(infos, source.path, options)
        what = f'matrix "{vectors}" of {source.path}'
        shape = check_matrix(*infos[vectors], what)
        promised = sum(
            int(np.prod(listed[name][0], dtype=object)) for name in (vectors, keys) if name
        )
        if 8 * promised > max(_LARGE, _DENSEST * source.size):
            raise IngestError(f"{what} is too large for a file of {source.size:,} bytes.")
        found = loadmat(path, variable_names=[name for name in (vectors, keys) if name])
        matrix = np.asarray(found[vectors])
    except damage as error:
        if isinstance(error, IngestError):
            raise
        raise IngestError(f"{source.path} is a MAT-file that cannot be read: {error}.") from error
    labels = None
    if keys is not None:
        labels = as_keys(_labels(found[keys]), f'matrix "{keys}" of {source.path}')

    def parts() -> Iterator[npt.NDArray[Any]]:
        return (matrix[part] for part in row_slices(*shape))

    notes = left_out(infos, vectors, keys)
    return matrix_table("matlab", source, shape, parts, labels, f'matrix "{keys}"', notes)


def _info(name: str, shape: tuple[int, ...], kind: str) -> ArrayInfo:
    """Describe a matrix; a matrix of characters and a cell array are rows of strings."""
    if kind == "char":
        return ArrayInfo(shape[:1], np.dtype(object))
    dtype = np.dtype(object if kind == "cell" else _TYPES.get(kind, "V1"))
    is_flat = len(shape) == 2 and 1 in shape
    if is_flat and (kind == "cell" or is_key_name(name)):
        return ArrayInfo((max(shape) if 0 not in shape else 0,), dtype)
    return ArrayInfo(tuple(shape), dtype)


def _labels(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if array.dtype.kind == "U" and array.ndim == 1:
        return np.array([text.rstrip(" ") for text in array.tolist()], dtype=object)
    if array.dtype != object:
        return array.reshape(-1)
    # Other values than text stay as they are, and are refused as keys.
    cells = [_text(cell) for cell in array.reshape(-1)]
    labels = np.empty(len(cells), dtype=object)
    labels[:] = cells
    return labels


def _text(cell: Any) -> Any:
    if isinstance(cell, np.ndarray) and cell.dtype.kind == "U" and cell.size < 2:
        return str(cell.reshape(-1)[0]) if cell.size else ""
    return repr(cell) if isinstance(cell, str) else cell
