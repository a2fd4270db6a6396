"""How often words occur near each other, counted by Numba into a sparse matrix.

The pairs of a text are far fewer than the cells of a matrix, and come in no order. They are counted
in a hash table with open addressing that is never more than half full.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from numba import njit

from vecstore.trainers.corpus.windows import END

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["count_pairs"]

Ids = npt.NDArray[np.int32]
Pairs = npt.NDArray[np.int64]

_FIRST_SIZE = 1 << 16  # cells of the first table, a power of two
_EMPTY = -1
_STEP = 1 << 20  # words between two progress reports

# Fibonacci hashing: a factor of 2**64 / golden ratio puts neighbours far apart.
_MIX = np.uint64(0x9E3779B97F4A7C15)


def count_pairs(
    ids: Ids,
    words: int,
    window: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple["csr_matrix", int]:
    """Count how often each word occurs within `window` words of each other one, in one sentence.

    Returns a symmetric matrix of float64, shape (words, words), and how many of the ids were
    counted: all, unless Ctrl-C ended it.
    """
    # `ids` may be mapped from disk: they are read once, in order. Unknown words are not counted,
    # but they take up room in the window. Counting takes 32 bytes for each distinct pair.
    table, counts = _new(_FIRST_SIZE)
    used, place = 0, 0
    with suppress(KeyboardInterrupt):
        while place < len(ids):
            while 2 * (used + window) >= len(table):
                table, counts = _grown(table, counts)
            stop = min(place + _STEP, len(ids))
            place, used = _count(ids, place, stop, window, words, table, counts, used)
            progress(place, len(ids))
    return _matrix(table, counts, words), place


def _matrix(table: Pairs, counts: Pairs, words: int) -> "csr_matrix":
    """Return the counted pairs in both orders."""
    from scipy.sparse import coo_matrix

    there = np.flatnonzero(table != _EMPTY)
    larger, smaller = np.divmod(table[there], words)
    once = coo_matrix(
        (counts[there].astype(np.float64), (larger, smaller)), shape=(words, words)
    ).tocsr()
    # A word that occurs twice in a window is its own neighbour, twice.
    both: csr_matrix = once + once.T
    return both


def _new(size: int) -> tuple[Pairs, Pairs]:
    return np.full(size, _EMPTY, np.int64), np.zeros(size, np.int64)


def _grown(table: Pairs, counts: Pairs) -> tuple[Pairs, Pairs]:
    larger = _new(2 * len(table))
    _move(table, counts, *larger)
    return larger


@njit(cache=True, nogil=True, inline="always")
def _cell(pair: int, table: Pairs) -> Any:
    """Return the cell that holds a pair, or the empty cell where it belongs."""
    mask = len(table) - 1
    mixed = np.uint64(pair) * _MIX
    cell = np.int64((mixed ^ (mixed >> np.uint64(32))) & np.uint64(mask))
    while table[cell] != _EMPTY and table[cell] != pair:
        cell = (cell + 1) & mask
    return cell


@njit(cache=True, nogil=True)
def _count(
    ids: Ids,
    start: int,
    stop: int,
    window: int,
    words: int,
    table: Pairs,
    counts: Pairs,
    used: int,
) -> tuple[int, int]:
    """Count pairs until `stop` or until the table is half full; return (next place, cells used)."""
    for place in range(start, stop):
        if 2 * (used + window) >= len(table):
            return place, used
        word = ids[place]
        if word < 0:
            continue
        for before in range(place - 1, max(place - window, 0) - 1, -1):
            other = ids[before]
            if other == END:
                break
            if other < 0:
                continue
            pair = max(word, other) * words + min(word, other)
            cell = _cell(pair, table)
            if table[cell] == _EMPTY:
                table[cell] = pair
                used += 1
            counts[cell] += 1
    return stop, used


@njit(cache=True, nogil=True)
def _move(table: Pairs, counts: Pairs, larger: Pairs, more: Pairs) -> None:
    """Copy all entries into a larger table."""
    for old in range(len(table)):
        if table[old] != _EMPTY:
            cell = _cell(table[old], larger)
            larger[cell] = table[old]
            more[cell] = counts[old]
