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
    """Return the positive pointwise mutual information of words and contexts.

    Parameters
    ----------
    counts : scipy.sparse.csr_matrix of float64, shape (n, n)
        Rows are words, columns contexts.
    smoothing : float
        The power to which the counts of contexts are raised: below 1, rare contexts count for
        less, which in themselves have too large a share.

    Returns
    -------
    scipy.sparse.csr_matrix of float64, shape (n, n)
        max(0, log(P(word, context) / (P(word) P(context)))).

    References
    ----------
    .. [1] Levy, Goldberg and Dagan, 2015, "Improving distributional similarity with lessons learned
       from word embeddings", TACL 3.

    Examples
    --------
    >>> from scipy.sparse import csr_matrix
    >>> as_ppmi(csr_matrix([[0.0, 3.0], [3.0, 2.0]]), 1.0).toarray().round(3)
    array([[0.  , 0.47],
           [0.47, 0.  ]])
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


#: What the counts become before they are factored.
WEIGHTINGS: Mapping[str, Callable[["csr_matrix", float], "csr_matrix"]] = {
    "ppmi": as_ppmi,
    "count": as_counted,
    "log": as_logarithms,
}
