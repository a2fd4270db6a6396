"""The scan, compiled: filter every row, score what passes in float64, keep the k best."""

from typing import NamedTuple

import numpy as np

from vecstore.kernels.contract import Float32s, Float64s
from vecstore.kernels.jit_compile import compiled
from vecstore.kernels.jit_filter import (
    COSINE,
    DOT,
    EUCLIDEAN,
    LANES,
    gamma,
    limit,
    products,
    rounded_up,
    sq_differences,
)
from vecstore.kernels.jit_state import Best, Rows, is_allowed, offer
from vecstore.kernels.jit_sums import cosine, dot, new_lanes, sq_distance

__all__ = ["Queries", "prepared", "scan"]

# Below this many queries, float64 sums of each are as fast as the packed float32 ones.
_FEW = 6


class Queries(NamedTuple):
    """A group of queries made ready for the filter.

    ``packed[j * width + q]`` is element j of query q: as it is under euclidean, negated under dot,
    negated and of unit length under cosine; a width of 0 says that nothing is packed. ``slacks[q]``
    times the length of a row bounds the error of their product.
    """

    metric: int
    dim: int
    values: Float32s
    sq_norms: Float64s
    longest: float
    width: int
    packed: Float32s
    slacks: Float32s
    limits: Float32s


def prepared(
    queries: Float32s, sq_norms: Float64s, metric: int, *, always_packed: bool = False
) -> Queries:
    """Return the queries as a group; a few of them are better not packed."""
    n, dim = queries.shape
    width = -(-n // LANES) * LANES if n >= _FEW or always_packed else 0
    lengths = np.sqrt(sq_norms)
    packed = np.zeros((dim, width), dtype=np.float32)
    if width and metric == COSINE:
        packed[:, :n] = -(queries / np.where(lengths > 0.0, lengths, 1.0)[:, None]).T
    elif width:
        packed[:, :n] = queries.T if metric == EUCLIDEAN else -queries.T
    slacks = np.zeros(max(n, width), dtype=np.float32)
    slacks[:n] = [rounded_up(gamma(dim + 8) * length) for length in lengths]
    # Nothing is kept yet, so every row passes; the lanes of no query let nothing pass.
    limits = np.full(max(n, width), -np.inf, dtype=np.float32)
    limits[:n] = np.inf
    longest = float(lengths.max(initial=0.0))
    values, flat_packed = queries.ravel(), packed.ravel()
    return Queries(metric, dim, values, sq_norms, longest, width, flat_packed, slacks, limits)


@compiled
def _is_unfiltered(rows: Rows, row: int, queries: Queries, sq_norm: float) -> bool:
    """Return whether float32 is too narrow for the row, so that it is scored in float64 anyway."""
    if queries.metric == COSINE:
        inverse = rows.inverse_norms[row]
        return not (inverse >= 2.0**-126 and inverse <= 2.0**126)
    if queries.metric == DOT and queries.width > 0:
        return not (np.sqrt(sq_norm) * queries.longest <= 2.0**126)
    return False


@compiled
def _values_of_few(rows: Rows, row: int, queries: Queries, lanes: Float64s, out: Float32s) -> None:
    """Set ``out`` to the filter values of one row: float64 sums, rounded once."""
    dim, at = queries.dim, (row - rows.at) * rows.stride
    for q in range(len(queries.sq_norms)):
        if queries.metric == EUCLIDEAN:
            out[q] = sq_distance(queries.values, q * dim, rows.values, at, dim, lanes)
            continue
        product = dot(queries.values, q * dim, rows.values, at, dim, lanes)
        if queries.metric == COSINE:
            length = np.sqrt(queries.sq_norms[q])
            product *= rows.inverse_norms[row] / length if length > 0.0 else 0.0
        out[q] = -product


@compiled
def _values_of_packed(
    rows: Rows, row: int, queries: Queries, sq_norm: float, out: Float32s
) -> None:
    """Set ``out`` to the filter values of one row: float32 sums, and their slack."""
    dim, width, at = queries.dim, queries.width, (row - rows.at) * rows.stride
    if queries.metric == EUCLIDEAN:
        sq_differences(rows.values, at, queries.packed, width, dim, out)
        return
    products(rows.values, at, queries.packed, width, dim, out)
    if queries.metric == COSINE:
        tiny, inverse = np.float32(dim * 2.0**-148), rows.inverse_norms[row]
        for q in range(width):
            out[q] = (out[q] - tiny) * inverse
    else:
        length = rounded_up(np.sqrt(sq_norm))
        for q in range(width):
            out[q] -= queries.slacks[q] * length


@compiled
def _any_passes(values: Float32s, limits: Float32s) -> bool:
    dropped = 0
    for q in range(len(values)):
        dropped += values[q] > limits[q]
    return dropped < len(values)


@compiled
def _distance(rows: Rows, row: int, queries: Queries, q: int, lanes: Float64s) -> float:
    """Return the float64 distance, by the formulas of `float64`."""
    dim, at = queries.dim, (row - rows.at) * rows.stride
    if queries.metric == EUCLIDEAN:
        return float(np.sqrt(sq_distance(queries.values, q * dim, rows.values, at, dim, lanes)))
    product = dot(queries.values, q * dim, rows.values, at, dim, lanes)
    if queries.metric == DOT:
        return 0.0 - product
    sq_norm = dot(rows.values, at, rows.values, at, dim, lanes)
    distance = 1.0 - cosine(product, queries.sq_norms[q], sq_norm)
    return 0.0 if distance < 0.0 else distance  # NaN stays NaN


@compiled
def scan(rows: Rows, start: int, stop: int, queries: Queries, best: Best) -> None:
    """Offer the rows ``start <= row < stop`` of a block to every query of the group."""
    lanes = new_lanes()
    values = np.empty(len(queries.limits), dtype=np.float32)
    k = best.distances.shape[1]
    for row in range(start, stop):
        if not is_allowed(rows, row):
            continue
        sq_norm, at = 0.0, (row - rows.at) * rows.stride
        if queries.metric == DOT and queries.width > 0:
            sq_norm = dot(rows.values, at, rows.values, at, queries.dim, lanes)
        if _is_unfiltered(rows, row, queries, sq_norm):
            values[:] = -np.inf
        elif queries.width > 0:
            _values_of_packed(rows, row, queries, sq_norm, values)
        else:
            _values_of_few(rows, row, queries, lanes, values)
        if not _any_passes(values, queries.limits):
            continue
        for q in range(len(queries.sq_norms)):
            if values[q] > queries.limits[q]:
                continue
            distance = _distance(rows, row, queries, q, lanes)
            if offer(best, q, distance, rows.first_row + row) and best.counts[q] == k:
                queries.limits[q] = limit(queries.metric, queries.dim, best.distances[q, 0])
