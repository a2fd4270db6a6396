"""The form in which arrays reach compiled code.

It is one-dimensional, contiguous and read-only, and rows are float32, whether they came mapped or
not, read-only or not, padded or not. So each function is compiled for one set of types, and its
loops vectorise.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import as_strided

from vecstore.kernels.contract import Float32s, Vectors

__all__ = ["flat", "line", "widened"]

# float16 values widened at a time: 1 MiB of float32, which fits a second-level cache.
_WIDENED_VALUES = 1 << 18
# Tiles begin where words of a mask begin, and so where blocks of codes do.
_WORD = 64


def line(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return a vector as compiled code takes it."""
    return flat(array[None])[0]


def widened(
    vectors: Vectors, start: int = 0, stop: int | None = None
) -> Iterator[tuple[int, int, Float32s, int]]:
    """Yield rows ``start <= row < stop`` as float32 tiles: ``(first, last, values, stride)``.

    Row r begins at ``values[(r - first) * stride]``. float32 rows are one tile, not copied.
    """
    stop = len(vectors) if stop is None else stop
    in_place = vectors.dtype == np.float32
    words = _WIDENED_VALUES // (_WORD * max(1, vectors.shape[1]))
    step = stop - start if in_place else max(1, words) * _WORD
    for first in range(start, stop, max(1, step)):
        last = min(first + step, stop)
        yield first, last, *flat(vectors[first:last].astype(np.float32, copy=False))


def flat(rows: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], int]:
    """Return the memory of C-order rows as one read-only line, and the stride of a row in it."""
    n, dim = rows.shape
    size = rows.itemsize
    if n < 2 or rows.strides[0] < dim * size or rows.strides[0] % size or rows.strides[1] != size:
        rows, stride = np.ascontiguousarray(rows), dim
    else:
        stride = rows.strides[0] // size
    length = (n - 1) * stride + dim if n else 0
    return as_strided(np.asarray(rows), (length,), (size,), writeable=False), stride
