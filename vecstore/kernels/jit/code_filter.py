"""The work on each sixteen rows of codes, compiled: their bars, products and comparisons.

``csrc/certified-scan.md`` has the mathematics and the proof, with the names used here. Bounds are
float64 throughout, so only float64 rounding is left: `ROUNDED` of every term pays for it, four
times that for a whole block, and `rounding` for that of the distances themselves.

Functions are passed the arrays that they need, not tuples with more in them. A call may count
references for each array of a tuple, which took longer than the products of one query.
"""

import numpy as np
import numpy.typing as npt

from vecstore.kernels.contract import Float32s, Float64s
from vecstore.kernels.jit.code_queries import CodeQueries
from vecstore.kernels.jit.compiling import compiled
from vecstore.kernels.jit.encoding import ROUNDED
from vecstore.kernels.jit.float_filter import EUCLIDEAN

__all__ = ["allowed_rows", "norm_room", "reaching", "set_bars", "set_dots", "set_halves"]

#: Words of a mask.
Words = npt.NDArray[np.uint64]
#: Codes of rows.
Codes = npt.NDArray[np.uint8]
#: Codes of queries, two-dimensional, padded with zeros.
Panel = npt.NDArray[np.int16]
#: Sums of products.
Dots = npt.NDArray[np.int32]


@compiled
def allowed_rows(mask: Words, first: int, last: int) -> int:
    """Return the rows that may be answers, as bits; `first` is a multiple of sixteen."""
    every = (1 << (last - first)) - 1
    if len(mask) == 0:
        return every
    return every & int(np.int64(mask[first >> 6] >> np.uint64(first & 63)))


@compiled
def norm_room(y: float) -> float:
    """Return how far half the square of a norm may be off, as norms are rounded to float32."""
    # The norm may be subnormal. Off by d = y * 2**-24 + 2**-150, it makes half its square off by at
    # most d * (y + d).
    return (y + 2.0**-149) * (y * 2.0**-23 + 2.0**-149)


@compiled
def set_bars(
    bounds: Float32s, queries: CodeQueries, floors: Float64s, units: Float64s, bars: Float64s
) -> None:
    """Set the bar of the block for each query: ``units[q] * (a.b) - half square >= bars[q]``."""
    scale, e, y = np.float64(bounds[0]), np.float64(bounds[1]), np.float64(bounds[2])
    norm_rounded = norm_room(y) if queries.metric == EUCLIDEAN else 0.0
    steps, bases, lengths = queries.steps, queries.bases, queries.lengths
    errors, rounding = queries.errors, queries.rounding
    for q in range(len(bars)):
        units[q] = steps[q] * scale
        room = lengths[q] * e + errors[q] * y + norm_rounded + rounding[q]
        rounded = 4.0 * ROUNDED * (abs(floors[q]) + abs(bases[q]) + lengths[q] * y)
        bars[q] = floors[q] - bases[q] - room - rounded


@compiled
def set_dots(rows: Codes, allowed: int, codes: Panel, shifts: Dots, own: Codes, dots: Dots) -> None:
    """Set ``dots[i, q]`` to the exact a.b of every row i with bit i of `allowed` set."""
    stride = len(rows) // len(dots)
    # Copy all rows before reading one: a processor waits if it reads what it has just written.
    for i in range(len(dots)):
        given, padded = rows[i * stride : (i + 1) * stride], own[i]
        for j in range(stride):
            padded[j] = given[j]  # and then zeros, as in the queries
    for i in range(len(dots)):
        if (allowed >> i) & 1 == 0:
            continue
        row = own[i]
        for q in range(len(shifts)):
            asked = codes[q]
            total = np.int32(0)
            for j in range(len(row)):
                total += np.int32(row[j]) * np.int32(asked[j])
            dots[i, q] = shifts[q] + total


@compiled
def set_halves(norms: Float32s, halves: Float64s) -> None:
    """Set half the square of every norm."""
    for i in range(len(norms)):
        y = np.float64(norms[i])
        halves[i] = 0.5 * y * y


@compiled
def reaching(dots: Dots, halves: Float64s, units: Float64s, bars: Float64s) -> int:
    """Return the rows, as bits, that reach the bar of a query; NaN reaches every bar."""
    found, n = 0, len(bars)
    for i in range(len(dots)):
        dropped = 0
        for q in range(n):
            dropped += dots[i, q] * units[q] - halves[i] < bars[q]
        if dropped < n:
            found |= 1 << i
    return found
