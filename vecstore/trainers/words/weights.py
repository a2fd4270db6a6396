"""Weights of counts: what a co-occurrence says about two words."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["WEIGHTINGS", "as_counted", "as_logarithms", "as_ppmi"]


def as_counted(counts: "csr_matrix", smoothing: float) -> "csr_matrix":
    """Return the counts."""
    return counts


def as_logarithms(counts: "csr_matrix", smoothing: float) -> "csr_matrix":
    """Return log(1 + count)."""
    return counts.log1p()


def as_ppmi(counts: "csr_matrix", smoothing: float) -> "csr_matrix":
    """Return the positive pointwise mutual information: max(0, log(P(w, c) / (P(w) P(c)))).

    Rows are words, columns contexts. Raising the counts of contexts to a power below 1 makes rare
    contexts count less, which PMI overrates (Levy, Goldberg and Dagan, 2015, TACL 3).
    """
    weights = counts.tocoo()
    words = np.asarray(counts.sum(axis=1)).ravel()
    contexts = np.asarray(counts.sum(axis=0)).ravel() ** smoothing
    share = contexts / contexts.sum()
    expected = words[weights.row] * share[weights.col]
    weights.data = np.maximum(np.log(weights.data / expected), 0)
    kept = weights.tocsr()
    kept.eliminate_zeros()
    return kept


#: Name to the weighting that is applied before the matrix is factored.
WEIGHTINGS: Mapping[str, Callable[["csr_matrix", float], "csr_matrix"]] = {
    "ppmi": as_ppmi,
    "count": as_counted,
    "log": as_logarithms,
}
