"""How often words occur near each other, counted by Numba into a sparse matrix.

Pairs of a text are far fewer than the cells of a matrix, and come in no order. They are counted in
a hash table with open addressing, which is twice as large as what is in it, at least.
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
_STEP = 1 << 20  # words between two reports

# Fibonacci hashing: multiplied with 2**64 / golden ratio, neighbours end up far apart.
_MIX = np.uint64(0x9E3779B97F4A7C15)


def count_pairs(
    ids: Ids,
    words: int,
    window: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple["csr_matrix", int]:
    """Count how often each word has each other one at most so many words away.

    Parameters
    ----------
    ids : ndarray of int32, shape (n,)
        A text as `Corpus.ids` has it. It may be mapped: it is read once, from beginning to end.
        Unknown words are not counted, and take up room; windows do not reach over the end of a
        sentence.
    words : int
        How many words there are; ids are below.
    window : int
        How far to look, in words.
    progress : callable
        Called as ``progress(done, total)`` now and then.

    Returns
    -------
    counts : scipy.sparse.csr_matrix of float64, shape (words, words)
        Symmetric. A word that occurs twice in a window has itself for a neighbour, twice.
    done : int
        How much of the text was counted: all, unless Ctrl-C ended it.

    Notes
    -----
    Takes 32 bytes for each pair of words that occurs, while it counts.
    """
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
    """Return what was counted, both ways."""
    from scipy.sparse import coo_matrix

    there = np.flatnonzero(table != _EMPTY)
    larger, smaller = np.divmod(table[there], words)
    once = coo_matrix(
        (counts[there].astype(np.float64), (larger, smaller)), shape=(words, words)
    ).tocsr()
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
    """Return where a pair is, or where it belongs."""
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
    """Count the pairs that end in a stretch of text, until the table is half full.

    Returns the place up to which that was done, and how many cells are in use.
    """
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
    """Put everything into a larger table."""
    for old in range(len(table)):
        if table[old] != _EMPTY:
            cell = _cell(table[old], larger)
            larger[cell] = table[old]
            more[cell] = counts[old]
