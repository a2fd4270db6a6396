"""The float32 scan, compiled: filter every row, score in float64 what passes, keep the k best."""

from typing import NamedTuple

import numpy as np

from vecstore.kernels.contract import Float32s, Float64s
from vecstore.kernels.jit.compiling import compiled
from vecstore.kernels.jit.float64_sums import distance, new_lanes
from vecstore.kernels.jit.float_filter import (
    COSINE,
    EUCLIDEAN,
    gamma,
    length_bound,
    limit,
    rounded_up,
    underflow,
    usable,
)
from vecstore.kernels.jit.panels import (
    LANES,
    Panel,
    product,
    products,
    sq_difference,
    sq_differences,
)
from vecstore.kernels.jit.scan_state import Best, Rows, is_allowed, offer

__all__ = ["Queries", "prepared", "scan"]

# A panel has room for 16 queries. Below this many, one product after the other costs less.
_FEW = 3


class Queries(NamedTuple):
    """A group of queries made ready for the filter.

    They are packed as they are under euclidean, negated under dot, and negated and of unit length
    under cosine: query q is ``packed[:, q]`` in a panel, ``packed[q]`` if they are few.
    """

    metric: int
    dim: int
    values: Float32s
    sq_norms: Float64s
    longest: float
    is_panel: bool
    packed: Panel
    slacks: Float32s  # times the length of a row, a bound on the error of their float32 product
    limits: Float32s


def prepared(
    queries: Float32s, sq_norms: Float64s, metric: int, *, is_panel: bool | None = None
) -> Queries:
    """Return the queries as a group: a panel, unless they are few."""
    n, dim = queries.shape
    lengths = np.sqrt(sq_norms)
    packed = queries if metric == EUCLIDEAN else -queries
    if metric == COSINE:
        packed = (packed / np.where(lengths > 0.0, lengths, 1.0)[:, None]).astype(np.float32)
    panel = n >= _FEW if is_panel is None else is_panel
    width = -(-n // LANES) * LANES if panel else n
    if panel:
        packed = np.pad(packed, ((0, width - n), (0, 0))).T
    slacks = np.zeros(width, dtype=np.float32)
    slacks[:n] = [rounded_up(gamma(dim + 8) * length) for length in lengths]
    # Nothing is kept yet, so every row passes. Lanes without a query let nothing pass.
    limits = np.full(width, -np.inf, dtype=np.float32)
    limits[:n] = np.inf
    return Queries(
        metric=metric,
        dim=dim,
        values=np.array(queries).reshape(-1),
        sq_norms=sq_norms,
        longest=float(lengths.max(initial=0.0)),
        is_panel=panel,
        packed=np.array(packed, order="C"),
        slacks=slacks,
        limits=limits,
    )


@compiled
def _fill(rows: Rows, first: int, queries: Queries, out: Panel) -> None:
    """Set ``out[i, q]`` to the filter value of row ``first + i`` for query q."""
    x, stride, packed, dim = rows.values, rows.stride, queries.packed, queries.dim
    at = (first - rows.at) * stride
    if queries.is_panel and queries.metric == EUCLIDEAN:
        sq_differences(x, at, stride, packed, out)
    elif queries.is_panel:
        products(x, at, stride, packed, out)
    else:
        for i in range(out.shape[0]):
            row = x[at + i * stride : at + i * stride + dim]
            for q in range(out.shape[1]):
                if queries.metric == EUCLIDEAN:
                    out[i, q] = sq_difference(row, packed[q])
                else:
                    out[i, q] = product(row, packed[q])
    if queries.metric != EUCLIDEAN:
        _settle(rows, first, queries, out)


@compiled
def _settle(rows: Rows, first: int, queries: Queries, out: Panel) -> None:
    """Turn products into filter values: NaN, which passes, where float32 is too narrow."""
    x, stride, dim, slacks = rows.values, rows.stride, queries.dim, queries.slacks
    is_cosine, inverse_norms, tiny = queries.metric == COSINE, rows.inverse_norms, underflow(dim)
    for i in range(out.shape[0]):
        if is_cosine:
            scale = usable(inverse_norms[first + i])
            for q in range(out.shape[1]):
                out[i, q] = (out[i, q] - tiny) * scale
        else:
            at = (first + i - rows.at) * stride
            row = x[at : at + dim]
            length = length_bound(product(row, row), dim)
            if not (length * queries.longest <= 2.0**126):
                length = np.float32(np.nan)
            for q in range(out.shape[1]):
                out[i, q] -= length * slacks[q]


@compiled
def _score(
    rows: Rows, row: int, values: Float32s, queries: Queries, best: Best, lanes: Float64s
) -> None:
    """Score the row for every query whose limit its filter value does not exceed."""
    dim, at = queries.dim, (row - rows.at) * rows.stride
    for q in range(len(queries.sq_norms)):
        if values[q] > queries.limits[q]:
            continue
        away = distance(
            queries.metric,
            queries.values,
            q * dim,
            queries.sq_norms[q],
            rows.values,
            at,
            dim,
            lanes,
        )
        best.scored[q] += 1
        kept = offer(best, q, away, rows.first_row + row)
        if kept and best.counts[q] == best.distances.shape[1]:
            queries.limits[q] = limit(queries.metric, queries.dim, best.distances[q, 0])


@compiled
def scan(rows: Rows, start: int, stop: int, queries: Queries, best: Best) -> None:
    """Offer the rows ``start <= row < stop`` of a block to every query of the group."""
    limits, mask = queries.limits, rows.mask
    lanes, strip = new_lanes(), np.empty((64, len(limits)), dtype=np.float32)
    first = start
    while first < stop:
        # A strip ends where a mask word ends, so a word of zeros skips the strip unread.
        last = min(stop, (first // 64 + 1) * 64)
        if len(mask) == 0 or mask[first // 64] != 0:
            _fill(rows, first, queries, strip[: last - first])
            for i in range(last - first):
                dropped = 0
                for q in range(len(limits)):
                    dropped += strip[i, q] > limits[q]
                if dropped < len(limits) and is_allowed(rows, first + i):
                    _score(rows, first + i, strip[i], queries, best, lanes)
        first = last
