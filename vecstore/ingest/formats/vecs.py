"""Matrices as bare bytes: TEXMEX's ``.fvecs`` family, and the ``.fbin`` family of big-ann.

========== ==================================================================================
fvecs      for every row its length as int32, then its float32 values
ivecs      the same with int32 values
bvecs      the same with uint8 values
fbin       the numbers of rows and columns as uint32, then all rows as float32
u8bin      the same with uint8 values
i8bin      the same with int8 values
========== ==================================================================================

All are little-endian. Keys are row numbers, or lie in a file beside the matrix.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.errors import IngestError
from vecstore.ingest.formats.matrix import keys_beside, matrix_table
from vecstore.ingest.source import Source
from vecstore.ingest.table import MAX_DIM, Options, Table, row_slices

__all__ = ["BIN_TYPES", "VECS_TYPES", "open_bin", "open_vecs", "shape_of_bin", "shape_of_vecs"]

#: The dtype of the values in each format.
VECS_TYPES = {"fvecs": "<f4", "ivecs": "<i4", "bvecs": "<u1"}
BIN_TYPES = {"fbin": "<f4", "u8bin": "<u1", "i8bin": "<i1"}


def shape_of_vecs(head: bytes, size: int, itemsize: int) -> tuple[int, int] | None:
    """Return rows and dimensions of a file of the fvecs family; None if it is not one."""
    # The size must be a whole number of rows, and all rows in the head must have the same length.
    dim = int.from_bytes(head[:4], "little")
    width = 4 + dim * itemsize
    if not 1 <= dim <= MAX_DIM or size % width or len(head) < 4:
        return None
    if any(head[at : at + 4] != head[:4] for at in range(0, len(head) - 3, width)):
        return None
    return size // width, dim


def shape_of_bin(head: bytes, size: int, itemsize: int) -> tuple[int, int] | None:
    """Return rows and dimensions of a file of the fbin family; None unless they fit its size."""
    n, dim = (int.from_bytes(head[at : at + 4], "little") for at in (0, 4))
    return (n, dim) if 1 <= dim <= MAX_DIM and size == 8 + n * dim * itemsize else None


def open_vecs(name: str, source: Source, options: Options) -> Table:
    """Open a file of the fvecs family."""
    dtype = np.dtype(VECS_TYPES[name])
    shape = shape_of_vecs(source.head, source.size, dtype.itemsize)
    if shape is None:
        raise IngestError(
            f"{source.path} is not a whole {name} file: its size of {source.size} bytes and the "
            f"lengths of its rows do not agree."
        )
    row = np.dtype([("dim", "<i4"), ("vector", dtype, (shape[1],))])
    parts = partial(_vecs_parts, source, row, shape)
    return matrix_table(name, source, shape, parts, *keys_beside(source, options))


def open_bin(name: str, source: Source, options: Options) -> Table:
    """Open a file of the fbin family."""
    dtype = np.dtype(BIN_TYPES[name])
    shape = shape_of_bin(source.head, source.size, dtype.itemsize)
    if shape is None:
        raise IngestError(
            f"{source.path} is not a whole {name} file: its size of {source.size} bytes is not "
            f"what its first eight bytes say."
        )

    def parts() -> Iterator[npt.NDArray[Any]]:
        mapped = _map(source.file(), dtype, 8, shape)
        return (mapped[part] for part in row_slices(*shape))

    return matrix_table(name, source, shape, parts, *keys_beside(source, options))


def _vecs_parts(
    source: Source, row: np.dtype[Any], shape: tuple[int, int]
) -> Iterator[npt.NDArray[Any]]:
    mapped = _map(source.file(), row, 0, shape[:1])
    for part in row_slices(*shape):
        ragged = np.flatnonzero(mapped["dim"][part] != shape[1])
        if ragged.size:
            raise IngestError(
                f"{source.path}, row {part.start + ragged[0]}: its length is not "
                f"{shape[1]}, as that of the first row is. All rows must have one length."
            )
        yield mapped["vector"][part]


def _map(path: Path, dtype: np.dtype[Any], offset: int, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    # An empty array cannot be mapped.
    if 0 in shape:
        return np.empty(shape, dtype)
    return np.asarray(np.memmap(path, dtype, "r", offset, shape))
