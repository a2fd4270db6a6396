"""Stretches of text as word2vec looks at them, compiled by Numba.

A segment is a run of `WIDTH` centre words with the words around it. It is a row of int32:

    WIDTH + 2 * window   words: those before the centre words, the centre words, those after
    WIDTH                how many words to the left each centre word looks
    WIDTH                how many words to the right

Neighbouring centre words look at nearly the same words, which are fetched once for all of them.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

from vecstore.trainers.corpus.windows import END

__all__ = ["WIDTH", "chance_to_stay", "segments"]

WIDTH = 32  # 16 and 64 were measured to be slower


def chance_to_stay(counts: npt.NDArray[np.int64], subsample: float) -> npt.NDArray[np.float64]:
    """Return the probability of keeping an occurrence of each word, as word2vec's own code does.

    A word whose share f of the text exceeds t = `subsample` stays with probability sqrt(t/f) + t/f.
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
    """Cut a stream of words into segments, int32 of shape (n, 3 * WIDTH + 2 * window).

    Unknown words are removed, and frequent ones at random; their neighbours move together.
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
    # The last segment is padded with words that look at nothing and that nothing looks at.
    rows = np.zeros(((kept + WIDTH - 1) // WIDTH, 3 * WIDTH + 2 * window), np.int32)
    for row in range(len(rows)):
        start = row * WIDTH - window
        for place in range(max(start, 0), min(start + WIDTH + 2 * window, kept)):
            rows[row, place - start] = words[place]
    for place in range(kept):
        # Each centre word looks at 1 to `window` words on both sides, never into another sentence.
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
