"""The float64 arithmetic of the specification: one order of summation, one formula per distance.

Every float64 sum over the dimension is taken in one order, here and where a fast engine scores a
survivor. So engines agree to the last bit, and a tie is a tie everywhere::

    lane[i] = t[i] + t[i + 16] + t[i + 32] + ...       for i in 0..15, left to right, from 0.0
    lane[i] += lane[i + 8], then lane[i + 4], lane[i + 2], lane[i + 1];  sum = lane[0]

The terms are q*x, x*x (both exact in float64, so a fused multiply-add changes nothing) and
(q - x)**2 (two roundings: do not fuse). The distances are then

* cosine: ``max(0, 1 - cos)``, ``cos = (q.x) / sqrt((q.q) * (x.x))``, or 0 if either is zero;
* euclidean: ``sqrt(sum((q - x)**2))``;
* dot: ``0 - (q.x)``.

So the distance of a vector to itself is exactly 0 under cosine and euclidean. float64 holds float32
and float16 values with room to spare: their squares neither overflow nor vanish.
"""

from collections.abc import Iterator

import numpy as np

from vecstore.kernels.contract import Float64s, Vectors

__all__ = [
    "chunks",
    "cosines",
    "distances_to",
    "dots",
    "lane_sums",
    "norms",
    "quotients",
    "reciprocals",
    "sq_distances",
]

_LANES = 16
# float64 values in one temporary array: 16 MiB, however many rows there are.
_CHUNK_VALUES = 1 << 21


def lane_sums(terms: Float64s) -> Float64s:
    """Sum over the last axis, in the order of the module docstring."""
    lanes = np.zeros((*terms.shape[:-1], _LANES))
    for start in range(0, terms.shape[-1], _LANES):
        part = terms[..., start : start + _LANES]
        lanes[..., : part.shape[-1]] += part
    while lanes.shape[-1] > 1:
        half = lanes.shape[-1] // 2
        lanes = lanes[..., :half] + lanes[..., half:]
    sums: Float64s = lanes[..., 0]
    return sums


def dots(query: Float64s, rows: Float64s) -> Float64s:
    """Return q.x for each row x; a query matrix is taken row by row."""
    return lane_sums(query * rows)


def sq_distances(query: Float64s, rows: Float64s) -> Float64s:
    """Return ``sum((q - x)**2)`` for each row x."""
    return lane_sums((query - rows) ** 2)


def norms(rows: Float64s) -> Float64s:
    """Return the length of each row."""
    return np.sqrt(dots(rows, rows))


def reciprocals(lengths: Float64s) -> Float64s:
    """Return 1 / length, and 0 for a length of zero."""
    return quotients(np.ones_like(lengths), lengths)


def quotients(products: Float64s, lengths: Float64s) -> Float64s:
    """Return product / length, and 0 for a length of zero."""
    return np.divide(products, lengths, out=np.zeros_like(lengths), where=lengths != 0.0)


def cosines(query: Float64s, rows: Float64s) -> Float64s:
    """Return cos(q, x) for each row x, 0 where a vector is zero."""
    return quotients(dots(query, rows), np.sqrt(dots(query, query[None]) * dots(rows, rows)))


def distances_to(query: Float64s, rows: Float64s, metric: str) -> Float64s:
    """Return the distance of the query to each row by the formula of the metric."""
    if metric == "cosine":
        return np.maximum(1.0 - cosines(query, rows), 0.0)
    if metric == "euclidean":
        return np.sqrt(sq_distances(query, rows))
    return 0.0 - dots(query, rows)


def chunks(vectors: Vectors) -> Iterator[Float64s]:
    """Yield the rows as float64, a bounded number at a time."""
    step = max(1, _CHUNK_VALUES // max(1, vectors.shape[1]))
    for start in range(0, len(vectors), step):
        yield vectors[start : start + step].astype(np.float64)
