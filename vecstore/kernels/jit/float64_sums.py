"""Float64 sums, compiled, in the order that `kernels.float64` fixes: the bits of the reference.

The compiler may vectorise a loop over sixteen partial sums, but without `fastmath` not one over a
single sum. The partial sums are kept in `lanes`, scratch that each thread makes once.
"""

import numpy as np

from vecstore.kernels.contract import Float32s, Float64s, Int64s
from vecstore.kernels.jit.compiling import compiled
from vecstore.kernels.jit.float_filter import DOT, EUCLIDEAN

__all__ = [
    "cosine",
    "distance",
    "dot",
    "dots",
    "new_lanes",
    "sq_distance",
    "sq_distances",
    "weighted_sums",
]


@compiled
def new_lanes() -> Float64s:
    """Return scratch for the partial sums."""
    return np.empty(16)


@compiled
def _folded(lanes: Float64s) -> float:
    half = 8
    while half > 0:
        for i in range(half):
            lanes[i] += lanes[i + half]
        half //= 2
    return float(lanes[0])


@compiled
def dot(x: Float32s, at: int, y: Float32s, to: int, dim: int, lanes: Float64s) -> float:
    """Return the sum of ``x[at + j] * y[to + j]``, j < dim."""
    lanes[:] = 0.0
    whole = dim - dim % 16
    for j in range(0, whole, 16):
        for i in range(16):
            lanes[i] += np.float64(x[at + j + i]) * np.float64(y[to + j + i])
    for j in range(whole, dim):
        lanes[j - whole] += np.float64(x[at + j]) * np.float64(y[to + j])
    return _folded(lanes)


@compiled
def sq_distance(x: Float32s, at: int, y: Float32s, to: int, dim: int, lanes: Float64s) -> float:
    """Return the sum of ``(x[at + j] - y[to + j])**2``, j < dim."""
    lanes[:] = 0.0
    whole = dim - dim % 16
    for j in range(0, whole, 16):
        for i in range(16):
            difference = np.float64(x[at + j + i]) - np.float64(y[to + j + i])
            lanes[i] += difference * difference
    for j in range(whole, dim):
        difference = np.float64(x[at + j]) - np.float64(y[to + j])
        lanes[j - whole] += difference * difference
    return _folded(lanes)


@compiled
def cosine(product: float, sq_norm_a: float, sq_norm_b: float) -> float:
    """Return the cosine of a and b from a.b, |a|**2 and |b|**2; 0 if either is zero."""
    lengths = np.sqrt(sq_norm_a * sq_norm_b)
    return product / lengths if lengths != 0.0 else 0.0


@compiled
def distance(
    metric: int,
    queries: Float32s,
    to: int,
    sq_norm: float,
    x: Float32s,
    at: int,
    dim: int,
    lanes: Float64s,
) -> float:
    """Return the distance of the query that begins at ``queries[to]`` to the row at ``x[at]``."""
    if metric == EUCLIDEAN:
        return float(np.sqrt(sq_distance(queries, to, x, at, dim, lanes)))
    together = dot(queries, to, x, at, dim, lanes)
    if metric == DOT:
        return 0.0 - together
    away = 1.0 - cosine(together, sq_norm, dot(x, at, x, at, dim, lanes))
    return 0.0 if away < 0.0 else away  # NaN stays NaN


@compiled
def dots(x: Float32s, step: int, y: Float32s, stride: int, dim: int, out: Float64s) -> None:
    """Set ``out[i]`` to the product of row i of x and row i of y; a step of 0 repeats row 0."""
    lanes = new_lanes()
    for i in range(len(out)):
        out[i] = dot(x, i * step, y, i * stride, dim, lanes)


@compiled
def sq_distances(query: Float32s, y: Float32s, stride: int, dim: int, out: Float64s) -> None:
    """Set ``out[i]`` to the squared distance of the query to row i of y."""
    lanes = new_lanes()
    for i in range(len(out)):
        out[i] = sq_distance(query, 0, y, i * stride, dim, lanes)


@compiled
def weighted_sums(x: Float32s, weights: Float64s, offsets: Int64s, out: Float64s) -> None:
    """Add ``weights[j] * x[j]`` to ``out[i]``, for j from ``offsets[i]`` to ``offsets[i + 1]``."""
    dim = out.shape[1]
    for i in range(len(out)):
        for j in range(offsets[i], offsets[i + 1]):
            for d in range(dim):
                out[i, d] += weights[j] * np.float64(x[j * dim + d])
