"""Which rows a share holds out."""

import numpy as np
import numpy.typing as npt

__all__ = ["drawn_rows", "held_out_count"]


def held_out_count(n: int, share: float) -> int:
    """Return how many of n rows a share of them is.

    Parameters
    ----------
    n : int
        Rows there are.
    share : float
        Between 0 and 1.

    Returns
    -------
    int
        At least one.

    Raises
    ------
    ValueError
        If none would be left to learn from.
    """
    count = max(1, round(share * n))
    if count >= n:
        raise ValueError(f"`validation` must leave something to learn from; got {share} of {n}.")
    return count


def drawn_rows(
    n: int, share: float, seed: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Draw the rows that are held out: tables are often sorted by what there is to learn.

    Parameters
    ----------
    n : int
        Rows there are.
    share : float
        Between 0 and 1.
    seed : int
        Of the draw.

    Returns
    -------
    learned, held_out : ndarray of intp
        Numbers of rows, ascending.

    Raises
    ------
    ValueError
        If none would be left to learn from.

    Examples
    --------
    >>> drawn_rows(5, 0.4, seed=0)
    (array([0, 1, 3]), array([2, 4]))
    """
    count = held_out_count(n, share)
    order = np.random.default_rng(seed).permutation(n)
    return np.sort(order[count:]), np.sort(order[:count])
