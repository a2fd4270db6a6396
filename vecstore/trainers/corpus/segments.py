"""Stretches of text as word2vec looks at them, compiled by Numba.

A segment is `WIDTH` centre words in a row with what stands around them. As a row of int32 it is

    WIDTH + 2 * window   words: before the centre words, these, and behind them
    WIDTH                how many words to the left each centre word looks
    WIDTH                how many to the right

Neighbouring centre words look at nearly the same words, which are fetched once for all of them.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

from vecstore.trainers.corpus.windows import END

__all__ = ["WIDTH", "chance_to_stay", "segments"]

WIDTH = 32  # measured: 16 and 64 are slower


def chance_to_stay(counts: npt.NDArray[np.int64], subsample: float) -> npt.NDArray[np.float64]:
    """Return how likely an occurrence of each word is to be kept.

    Parameters
    ----------
    counts : ndarray of int64, shape (n,)
        How often each word occurs.
    subsample : float
        Words with a larger share of the text than this are thinned out; 0 keeps all.

    Returns
    -------
    ndarray of float64, shape (n,)
        As in word2vec's own code: sqrt(t / f) + t / f, where f is the share of the word.
    """
    if subsample == 0:
        return np.ones(len(counts))
    share = counts / max(1, counts.sum())
    with np.errstate(divide="ignore"):  # a word that does not occur may stay
        ratio = subsample / share
    chances: npt.NDArray[np.float64] = np.minimum(1, np.sqrt(ratio) + ratio)
    return chances


@njit(cache=True, nogil=True)
def segments(
    ids: npt.NDArray[np.int32], stay: npt.NDArray[np.float64], window: int, rng: np.random.Generator
) -> npt.NDArray[np.int32]:
    """Cut a stream of words into segments.

    Parameters
    ----------
    ids : ndarray of int32, shape (m,)
        As in `windows`. Unknown words are taken out, and so are some of the frequent ones: their
        neighbours move together.
    stay : ndarray of float64, shape (n,)
        How likely each word is to be kept.
    window : int
        Centre words look at 1 to `window` words on both sides, drawn at random for each, and never
        into another sentence.
    rng : Generator
        Of what is random.

    Returns
    -------
    ndarray of int32, shape (segments, 3 * WIDTH + 2 * window)
        The last one is filled up with words that look at nothing and that nothing looks at.
    """
    words = np.empty(len(ids), np.int32)
    first = np.empty(len(ids), np.int64)  # where the sentence of a word begins
    kept, begin = 0, 0
    for number in ids:
        if number == END:
            begin = kept
        elif number >= 0 and (stay[number] >= 1 or rng.random() < stay[number]):
            words[kept] = number
            first[kept] = begin
            kept += 1
    rows = np.zeros(((kept + WIDTH - 1) // WIDTH, 3 * WIDTH + 2 * window), np.int32)
    for row in range(len(rows)):
        start = row * WIDTH - window
        for place in range(max(start, 0), min(start + WIDTH + 2 * window, kept)):
            rows[row, place - start] = words[place]
    for place in range(kept):
        reach = rng.integers(1, window + 1)
        left = min(reach, place - first[place])
        right = 0
        while right < reach and place + right + 1 < kept:
            if first[place + right + 1] != first[place]:
                break
            right += 1
        row, column = place // WIDTH, place % WIDTH + WIDTH + 2 * window
        rows[row, column] = left
        rows[row, column + WIDTH] = right
    return rows
