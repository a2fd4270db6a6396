"""Sliding windows over word numbers, compiled by Numba.

A stream is an array of int32: the word numbers in the order of the text, with `END` (-1) after each
sentence and `UNKNOWN` (-2) for a word that is not in the vocabulary.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["END", "UNKNOWN", "count_windows", "count_words", "fill_windows", "renumber"]

END = -1
UNKNOWN = -2

Ids = npt.NDArray[np.int32]


@njit(cache=True, nogil=True)
def count_words(ids: Ids, words: int) -> npt.NDArray[np.int64]:
    """Count how often each number from 0 to `words` - 1 occurs."""
    counts = np.zeros(words, np.int64)
    for number in ids:
        if number >= 0:
            counts[number] += 1
    return counts


@njit(cache=True, nogil=True)
def renumber(ids: Ids, new: Ids) -> None:
    """Replace every number i by ``new[i]``, in place."""
    for place in range(len(ids)):
        ids[place] = new[ids[place]]


@njit(cache=True, nogil=True)
def count_windows(ids: Ids, size: int) -> int:
    """Count the runs of `size` consecutive known words within one sentence."""
    found, run = 0, 0
    for number in ids:
        run = run + 1 if number >= 0 else 0
        found += run >= size
    return found


@njit(cache=True, nogil=True)
def fill_windows(ids: Ids, out: Ids) -> int:
    """Write those windows to the first rows of `out`, (len(ids), size); return how many."""
    size = out.shape[1]
    found, run = 0, 0
    for place in range(len(ids)):
        run = run + 1 if ids[place] >= 0 else 0
        if run >= size:
            for column in range(size):
                out[found, column] = ids[place - size + 1 + column]
            found += 1
    return found
