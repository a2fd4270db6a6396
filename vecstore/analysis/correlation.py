"""How two series of numbers go together: the correlations of Pearson and of Spearman.

SciPy would have to be installed. Those of polars are 0, by rounding, for some series of equal
numbers, for which there is none.
"""

from math import nan

import numpy as np
import numpy.typing as npt

__all__ = ["pearson", "spearman"]

Series = npt.NDArray[np.float64]


def pearson(first: Series, second: Series) -> float:
    """Return the linear correlation of two series.

    Parameters
    ----------
    first, second : ndarray of float64, shape (n,)
        Of at least one number.

    Returns
    -------
    float
        From -1 to 1; NaN if all numbers of a series are the same.
    """
    if first.min() == first.max() or second.min() == second.max():
        return nan
    x, y = first - first.mean(), second - second.mean()
    return float(x @ y / np.sqrt((x @ x) * (y @ y)))


def spearman(first: Series, second: Series) -> float:
    """Return the correlation of the ranks of two series.

    Parameters
    ----------
    first, second : ndarray of float64, shape (n,)
        Of at least one number.

    Returns
    -------
    float
        As `pearson`. Equal numbers share the mean of their ranks.

    Examples
    --------
    >>> spearman(np.array([1.0, 2.0, 3.0]), np.array([1.0, 10.0, 100.0]))
    1.0
    """
    return pearson(_ranks(first), _ranks(second))


def _ranks(numbers: Series) -> Series:
    _, places, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[places]
