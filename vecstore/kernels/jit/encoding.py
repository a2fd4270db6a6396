"""Rows in 8 bits, compiled: as `reference.encoding` specifies, with the bits of the native engine.

Sixteen rows share a scale. Errors and lengths are rounded up; ``csrc/certified-scan.md`` says why,
and proves what follows from them.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Block, Codes
from vecstore.kernels.contract import Float32s, Float64s, Vectors
from vecstore.kernels.jit.arrays import line, widened
from vecstore.kernels.jit.compiling import compiled
from vecstore.kernels.jit.float64_sums import dot, new_lanes
from vecstore.kernels.jit.plan import Piece, spans
from vecstore.kernels.threads import in_threads, thread_count

__all__ = ["CODE_BLOCK", "HUGE", "LARGEST", "ROUNDED", "encode"]

# Rows that share a scale.
CODE_BLOCK = 16
# The largest magnitude of a code.
LARGEST = 127.0
# Bound on what float64 may have rounded off a residual, relative to the lengths in it.
ROUNDED = 2.0**-44
# A vector longer than this has no usable codes. A scale outside these bounds is replaced by 1.
HUGE = 2.0**60
_LEAST_SCALE, _GREATEST_SCALE = 2.0**-100, 2.0**100


class _Task(NamedTuple):
    """What all rows of one call share, and where their codes go."""

    is_unit: bool
    center: Float32s
    center_length: float
    center_is_whole: bool
    codes: npt.NDArray[np.uint8]
    bounds: Float32s
    errors: Float32s
    norms: Float32s


def encode(vectors: Vectors, metric: str, center: Float32s, *, threads: int | None = None) -> Codes:
    """As `contract.Engine.encode`."""
    n, dim = vectors.shape
    codes = Codes(
        np.empty((n, -(-dim // 4) * 4), np.uint8),
        np.empty((-(-n // CODE_BLOCK), 3), np.float32),
        np.empty(n, np.float32),
        np.empty(n, np.float32),
        center,
    )
    wide = center.astype(np.float64)
    task = _Task(
        metric == "cosine",
        line(center),
        float(np.sqrt(wide @ wide)),
        bool((np.rint(wide) == wide).all()),
        *codes[:4],
    )

    def work(span: list[Piece]) -> None:
        for block, start, stop in span:
            for first, last, values, stride in widened(block.vectors, start, stop):
                _encode_rows(values, stride, first, last, task)

    workers = thread_count(threads)
    in_threads(work, spans([Block(vectors, None, 0, None)], workers), workers)
    return codes


@compiled
def _above(value: float) -> np.float32:
    """Return the float32 next above the nearest one."""
    return np.float32(np.nextafter(np.float32(value), np.float32(np.inf)))


@compiled
def _nearest(x: float) -> float:
    """Return the nearest whole number, for magnitudes below 2**51; vectorises, unlike np.rint."""
    return (x + 1.5 * 2.0**52) - 1.5 * 2.0**52


@compiled
def _encode_rows(values: Float32s, stride: int, first: int, last: int, task: _Task) -> None:
    """Encode rows ``first <= row < last``; `first` begins a block and lies at ``values[0]``."""
    lanes, y = new_lanes(), np.empty((16, len(task.center)))
    for start in range(first, last, 16):
        stop = min(start + 16, last)
        largest, is_whole = 0.0, task.center_is_whole
        for row in range(start, stop):
            at = (row - first) * stride
            is_whole &= _prepare(values, at, task, lanes, y[row - start])
            for element in y[row - start]:
                # Not max(): a NaN makes its own row unusable, not the block.
                if abs(element) > largest:
                    largest = abs(element)
        # Small whole numbers (pixels, SIFT) are their own codes, without any error.
        is_exact = is_whole and largest <= 127.0
        scale = 1.0 if is_exact else np.float64(_above(largest / 127.0))
        if not (scale >= _LEAST_SCALE and scale <= _GREATEST_SCALE):
            scale = 1.0
        error, length = np.float32(0.0), np.float32(0.0)
        for row in range(start, stop):
            _encode_row(y[row - start], scale, is_exact, row, task)
            own = np.float64(task.errors[row])
            longest = _above(np.float64(task.norms[row]) * (1.0 + 2.0**-24) + own)
            error, length = max(error, task.errors[row]), max(length, longest)
        bounds = task.bounds[start // 16]
        bounds[0], bounds[1], bounds[2] = scale, error, length


@compiled
def _prepare(values: Float32s, at: int, task: _Task, lanes: Float64s, y: Float64s) -> bool:
    """Set y to the prepared row less the center; return whether the row is of whole numbers."""
    scale = 1.0
    if task.is_unit:
        length = np.sqrt(dot(values, at, values, at, len(y), lanes))
        scale = 1.0 / length if length != 0.0 else 0.0
    fractions = 0
    for j in range(len(y)):
        element = np.float64(values[at + j]) * scale
        fractions += _nearest(element) != element
        y[j] = element - np.float64(task.center[j])
    return fractions == 0


@compiled
def _encode_row(y: Float64s, scale: float, is_exact: bool, row: int, task: _Task) -> None:
    codes, dim = task.codes[row], len(y)
    inverse = 1.0 / scale
    squares, residuals, misfits = 0.0, 0.0, 0
    for j in range(dim):
        code = _nearest(y[j] * inverse)
        rest = y[j] - scale * code
        fits = abs(code) <= 127.0
        misfits += not fits
        codes[j] = np.uint8(np.int32(code if fits else 0.0) + 128)
        squares += y[j] * y[j]
        residuals += rest * rest
    codes[dim:] = 128
    length = np.sqrt(squares)
    if misfits > 0:
        codes[:] = 128
    if misfits > 0 or not (length <= HUGE):
        task.errors[row] = task.norms[row] = np.inf
        return
    error = np.sqrt(residuals) + (length + task.center_length) * ROUNDED
    task.errors[row] = np.float32(0.0) if is_exact else _above(error)
    task.norms[row] = np.float32(length)
