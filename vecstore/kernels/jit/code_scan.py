"""The scan of 8-bit codes, compiled: what may be an answer waits, and is scored if it must be.

A row is dropped only if its upper bound is below a score that k rows are known to reach.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.kernels.contract import Float32s, Float64s
from vecstore.kernels.jit.code_filter import (
    allowed_rows,
    norm_room,
    reaching,
    set_bars,
    set_dots,
    set_halves,
)
from vecstore.kernels.jit.code_queries import CodeQueries
from vecstore.kernels.jit.code_state import CodeRows, Waiting, load, raise_least
from vecstore.kernels.jit.compiling import compiled
from vecstore.kernels.jit.encoding import HUGE, ROUNDED
from vecstore.kernels.jit.float64_sums import distance, new_lanes
from vecstore.kernels.jit.float_filter import COSINE, DOT, EUCLIDEAN
from vecstore.kernels.jit.scan_state import Best, is_excluded, offer

__all__ = ["scan_codes"]

# A bound wider than this says nothing.
_MOST_ROOM = HUGE * HUGE


class _Sums(NamedTuple):
    """Bars, products and scratch for one block of sixteen rows."""

    units: Float64s  # of each query: the score that one unit of a.b is worth
    bars: Float64s  # of each query: what a row must reach
    halves: Float64s  # of each row: half the square of its norm
    dots: npt.NDArray[np.int32]  # (16, n_queries)
    lanes: Float64s
    row: Float32s


@compiled
def _reached(metric: int, distance: float) -> float:
    """Return the score that a distance stands for, not above its true value."""
    if metric == COSINE:
        return 1.0 - distance - 2.0**-52
    if metric == DOT:
        return -distance
    return -0.5 * distance * distance * (1.0 + 2.0**-50)


@compiled
def _score(
    block: CodeRows, queries: CodeQueries, q: int, waiting: Waiting, best: Best, sums: _Sums
) -> None:
    """Score the rows that wait for a query, so that none waits any more."""
    k, dim = best.distances.shape[1], len(sums.row)
    for i in range(waiting.counts[q]):
        if waiting.uppers[q, i] < waiting.floors[q]:
            continue
        row = waiting.rows[q, i]
        load(block, row, sums.row)
        best.scored[q] += 1
        away = distance(
            queries.metric,
            queries.values,
            q * dim,
            queries.sq_norms[q],
            sums.row,
            0,
            dim,
            sums.lanes,
        )
        kept = offer(best, q, away, block.rows.first_row + row)
        if kept and best.counts[q] == k:
            reached = _reached(queries.metric, best.distances[q, 0])
            waiting.floors[q] = max(waiting.floors[q], reached)
    waiting.counts[q] = 0


@compiled
def _make_room(
    block: CodeRows, queries: CodeQueries, q: int, waiting: Waiting, best: Best, sums: _Sums
) -> None:
    """Drop the rows that the floor has risen above; if that does not help, score all."""
    uppers, rows, left = waiting.uppers[q], waiting.rows[q], 0
    for i in range(waiting.counts[q]):
        if not (uppers[i] < waiting.floors[q]):
            uppers[left], rows[left] = uppers[i], rows[i]
            left += 1
    waiting.counts[q] = left
    if 2 * left > len(rows):
        _score(block, queries, q, waiting, best, sums)


@compiled
def _sift(
    block: CodeRows,
    first: int,
    passing: int,
    queries: CodeQueries,
    waiting: Waiting,
    best: Best,
    sums: _Sums,
) -> None:
    """Let the rows that reach a bar wait, unless their own bounds rule them out."""
    units, bars, dots, halves = sums.units, sums.bars, sums.dots, sums.halves
    lengths, errors, bases = queries.lengths, queries.errors, queries.bases
    uppers, rows, counts, floors = waiting.uppers, waiting.rows, waiting.counts, waiting.floors
    rounding, lowers, excludes = queries.rounding, waiting.lowers, len(best.excluded) > 0
    for i in range(len(dots)):
        if (passing >> i) & 1 == 0:
            continue
        row, half = first + i, halves[i]
        y, e = np.float64(block.norms[row]), np.float64(block.errors[row])
        half_room = norm_room(y) if queries.metric == EUCLIDEAN else 0.0
        for q in range(len(bars)):
            score = dots[i, q] * units[q] - half
            if score < bars[q]:
                continue
            middle = score + bases[q]
            room = lengths[q] * e + errors[q] * (y + e) + half_room + rounding[q]
            room += ROUNDED * (abs(middle) + abs(bases[q]) + lengths[q] * y)
            lower, upper = -np.inf, np.inf
            if room < _MOST_ROOM:
                lower, upper = middle - room, middle + room
            if upper < floors[q]:
                continue
            if excludes and is_excluded(best, q, block.rows.first_row + row):
                continue
            if lower > lowers[q, 0]:
                raise_least(lowers, q, lower)
                floors[q] = max(floors[q], lowers[q, 0])
            place = counts[q]
            uppers[q, place], rows[q, place], counts[q] = upper, row, place + 1
            if place + 1 == rows.shape[1]:
                _make_room(block, queries, q, waiting, best, sums)


@compiled
def scan_codes(
    block: CodeRows, start: int, stop: int, queries: CodeQueries, waiting: Waiting, best: Best
) -> None:
    """Offer the rows ``start <= row < stop`` of a block to every query; `start` begins 16 rows."""
    n, mask, stride, codes = len(queries.steps), block.rows.mask, block.code_stride, block.codes
    asked, shifts, bounds, norms = queries.codes, queries.shifts, block.bounds, block.norms
    own, floors = np.zeros((16, asked.shape[1]), dtype=np.uint8), waiting.floors
    units, bars, halves = np.empty(n), np.empty(n), np.zeros(16)
    dots = np.empty((16, n), dtype=np.int32)
    row = np.empty(len(queries.values) // n, dtype=np.float32)
    sums = _Sums(units, bars, halves, dots, new_lanes(), row)
    for first in range(start, stop, 16):
        last = min(first + 16, stop)
        allowed = allowed_rows(mask, first, last)
        if allowed == 0:
            continue
        set_bars(bounds[first // 16 * 3 : first // 16 * 3 + 3], queries, floors, units, bars)
        few = dots[: last - first]
        set_dots(codes[first * stride : last * stride], allowed, asked, shifts, own, few)
        if queries.metric == EUCLIDEAN:
            set_halves(norms[first:last], halves)
        passing = reaching(few, halves, units, bars) & allowed
        if passing != 0:
            _sift(block, first, passing, queries, waiting, best, sums)
    for q in range(n):
        _score(block, queries, q, waiting, best, sums)
