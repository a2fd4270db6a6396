"""What a compiled scan works on: some rows of a block, and the best rows so far of each query."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.kernels.contract import Float32s, Float64s, Int64s
from vecstore.kernels.jit.compiling import compiled

__all__ = ["Best", "Rows", "is_allowed", "is_excluded", "new_best", "offer"]


class Rows(NamedTuple):
    """Rows of one block, widened to float32.

    Row r of the block begins at ``values[(r - at) * stride]``; its global number is
    ``first_row + r``.
    """

    values: Float32s
    stride: int
    at: int
    first_row: int
    inverse_norms: Float32s  # empty if there are none
    mask: npt.NDArray[np.uint64]  # empty if every row may answer


class Best(NamedTuple):
    """The best rows of each query so far: a heap with the worst under (distance, row) on top.

    The rows that may not answer query i are ``excluded[offsets[i]:offsets[i + 1]]``, ascending.
    """

    distances: Float64s
    rows: Int64s
    counts: Int64s
    offsets: Int64s
    excluded: Int64s
    scored: Int64s  # how many rows were scored in float64 for each query


def new_best(n_queries: int, k: int, offsets: Int64s, excluded: Int64s) -> Best:
    """Return empty heaps with room for k rows per query."""
    return Best(
        np.full((n_queries, k), np.inf),
        np.full((n_queries, k), np.iinfo(np.int64).max, dtype=np.int64),
        np.zeros(n_queries, dtype=np.int64),
        offsets,
        excluded,
        np.zeros(n_queries, dtype=np.int64),
    )


@compiled
def is_allowed(rows: Rows, row: int) -> bool:
    """Return whether the mask lets the row answer."""
    if len(rows.mask) == 0:
        return True
    return bool((rows.mask[row >> 6] >> np.uint64(row & 63)) & np.uint64(1))


@compiled
def is_excluded(best: Best, query: int, row: int) -> bool:
    """Return whether the query excludes the global row."""
    low, high = best.offsets[query], best.offsets[query + 1]
    end = high
    while low < high:
        middle = (low + high) // 2
        if best.excluded[middle] < row:
            low = middle + 1
        else:
            high = middle
    return bool(low < end and best.excluded[low] == row)


@compiled
def _is_worse(best: Best, query: int, a: int, b: int) -> bool:
    """Return whether place a of the heap comes after place b under (distance, row)."""
    if best.distances[query, a] != best.distances[query, b]:
        return bool(best.distances[query, a] > best.distances[query, b])
    return bool(best.rows[query, a] > best.rows[query, b])


@compiled
def _swap(best: Best, query: int, a: int, b: int) -> None:
    distances, rows = best.distances[query], best.rows[query]
    distances[a], distances[b] = distances[b], distances[a]
    rows[a], rows[b] = rows[b], rows[a]


@compiled
def offer(best: Best, query: int, distance: float, row: int) -> bool:
    """Keep the global row if it is among the k best and not excluded; return whether it is."""
    k = best.distances.shape[1]
    count = best.counts[query]
    if distance != distance:  # NaN is never an answer
        return False
    if count == k:
        worst = best.distances[query, 0]
        if distance > worst or (distance == worst and row > best.rows[query, 0]):
            return False
    if is_excluded(best, query, row):
        return False
    if count < k:
        best.counts[query] = count + 1
        best.distances[query, count] = distance
        best.rows[query, count] = row
        place = count
        while place > 0 and _is_worse(best, query, place, (place - 1) // 2):
            _swap(best, query, place, (place - 1) // 2)
            place = (place - 1) // 2
        return True
    best.distances[query, 0] = distance
    best.rows[query, 0] = row
    place = 0
    child = 1
    while child < k:
        if child + 1 < k and _is_worse(best, query, child + 1, child):
            child += 1
        if not _is_worse(best, query, child, place):
            break
        _swap(best, query, child, place)
        place = child
        child = 2 * place + 1
    return True
