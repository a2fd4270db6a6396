"""Pearson's and Spearman's correlation of two series.

Written here because SciPy is optional, and because polars, by rounding, returns 0 for some series
of equal numbers, which have no correlation.
"""

from math import nan

import numpy as np
import numpy.typing as npt

__all__ = ["pearson", "spearman"]

Series = npt.NDArray[np.float64]


def pearson(first: Series, second: Series) -> float:
    """Return the linear correlation of two series, (n,) with n >= 1; NaN if either is constant."""
    if first.min() == first.max() or second.min() == second.max():
        return nan
    x, y = first - first.mean(), second - second.mean()
    return float(x @ y / np.sqrt((x @ x) * (y @ y)))


def spearman(first: Series, second: Series) -> float:
    """Return the correlation of the ranks; equal numbers share the mean of their ranks."""
    return pearson(_ranks(first), _ranks(second))


def _ranks(numbers: Series) -> Series:
    _, places, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[places]
