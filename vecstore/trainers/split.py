"""Which rows a validation share holds out."""

import numpy as np
import numpy.typing as npt

__all__ = ["drawn_rows", "held_out_count"]


def held_out_count(n: int, share: float) -> int:
    """Return how many of n rows to hold out, at least 1; ValueError if no row would be left."""
    count = max(1, round(share * n))
    if count >= n:
        raise ValueError(f"`validation` must leave something to learn from; got {share} of {n}.")
    return count


def drawn_rows(
    n: int, share: float, seed: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Draw the rows to hold out; return learned and held-out row numbers, both ascending.

    >>> drawn_rows(5, 0.4, seed=0)
    (array([0, 1, 3]), array([2, 4]))
    """
    count = held_out_count(n, share)
    # At random, because tables are often sorted by what there is to learn.
    order = np.random.default_rng(seed).permutation(n)
    return np.sort(order[count:]), np.sort(order[:count])
