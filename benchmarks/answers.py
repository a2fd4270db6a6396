"""The truth, computed in float64 with NumPy alone, and what an answer is worth beside it."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.datasets import Floats

__all__ = ["Truth", "assert_exact", "nearest", "recall"]

Rows = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]

# Rows ranked at a time: bounds the float64 scores of a batch to a few hundred MB.
_PANEL = 1 << 14
# Candidates kept beyond k, in case the matrix product ranks near-ties differently.
_MARGIN = 10


class Truth(NamedTuple):
    """The k nearest rows of every query.

    Attributes
    ----------
    metric : str
        What near means.
    distances : ndarray of float64, shape (n_queries, k)
        Ascending.
    rows : ndarray of int64, shape (n_queries, k)
        Ties in the order of the rows.
    """

    metric: str
    distances: Doubles
    rows: Rows

    def first(self, n: int) -> "Truth":
        """Return the truth about the first n queries."""
        return Truth(self.metric, self.distances[:n], self.rows[:n])


def nearest(vectors: Floats, queries: Floats, k: int, metric: str) -> Truth:
    """Find the k nearest rows: a float64 matrix product proposes, the formula itself decides."""
    kept_scores, kept_rows = [], []
    for start in range(0, len(vectors), _PANEL):
        scores = _ranked_by(vectors[start : start + _PANEL], queries, metric)
        near = _smallest(scores, k + _MARGIN)
        kept_scores.append(np.take_along_axis(scores, near, axis=1))
        kept_rows.append(near + start)
    rows = np.concatenate(kept_rows, axis=1)
    best = _smallest(np.concatenate(kept_scores, axis=1), k + _MARGIN)
    rows = np.take_along_axis(rows, best, axis=1)
    found = distances(vectors, queries, rows, metric)
    order = np.lexsort((rows, found), axis=1)[:, :k]
    return Truth(
        metric, np.take_along_axis(found, order, axis=1), np.take_along_axis(rows, order, axis=1)
    )


def distances(vectors: Floats, queries: Floats, rows: Rows, metric: str) -> Doubles:
    """Return the distance of query i to each of its rows, by the formula, in float64."""
    found = vectors[rows].astype(np.float64)
    wide = queries.astype(np.float64)[:, None, :]
    if metric == "euclidean":
        return np.sqrt(((wide - found) ** 2).sum(axis=2))
    products = (wide * found).sum(axis=2)
    if metric == "dot":
        return -products
    norms = np.linalg.norm(wide, axis=2) * np.linalg.norm(found, axis=2)
    return np.maximum(0.0, 1.0 - products / norms)


def recall(vectors: Floats, queries: Floats, rows: Rows, truth: Truth) -> float:
    """Return the share of the answers that are no farther than the true k-th neighbour.

    The threshold is that of ann-benchmarks, so a tie is never a miss. What is added to it is the
    error bound of a float32 product (twice, once for each of the two that may be swapped), and no
    more: a peer that computes in float32 is exact, one that leaves rows out is not.
    """
    found = distances(vectors, queries, np.maximum(rows, 0), truth.metric)
    slack = 2 * (queries.shape[1] + 2) * 2.0**-24
    lengths = np.linalg.norm(queries, axis=1, keepdims=True)
    longest = np.linalg.norm(vectors, axis=1).max()
    limit = truth.distances[:, -1:]
    if truth.metric == "euclidean":
        limit = np.sqrt(limit**2 + slack * (lengths + longest) ** 2)
    else:
        limit = limit + slack * (lengths * longest if truth.metric == "dot" else 1.0)
    hits = (found <= limit) & (rows >= 0) & ~_repeated(rows)
    return float(hits.mean())


def assert_exact(vectors: Floats, queries: Floats, rows: Rows, truth: Truth) -> None:
    """Fail unless the rows are those of the truth, up to what float64 can tell apart."""
    assert rows.shape == truth.rows.shape
    assert not _repeated(rows).any()
    found = distances(vectors, queries, rows, truth.metric)
    np.testing.assert_allclose(found, truth.distances, rtol=1e-12, atol=1e-14)


def _ranked_by(vectors: Floats, queries: Floats, metric: str) -> Doubles:
    rows, wide = vectors.astype(np.float64), queries.astype(np.float64)
    if metric == "cosine":
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        wide /= np.linalg.norm(wide, axis=1, keepdims=True)
    scores = wide @ rows.T
    if metric == "euclidean":
        return (rows**2).sum(axis=1) - 2 * scores
    return -scores


def _smallest(scores: Doubles, k: int) -> Rows:
    if k >= scores.shape[1]:
        return np.broadcast_to(np.arange(scores.shape[1]), scores.shape)
    return np.argpartition(scores, k, axis=1)[:, :k]


def _repeated(rows: Rows) -> npt.NDArray[np.bool_]:
    """Return which places hold a row that another place of the same answer holds too."""
    order = np.argsort(rows, axis=1, kind="stable")
    ranked = np.take_along_axis(rows, order, axis=1)
    again = np.zeros(rows.shape, dtype=bool)
    np.put_along_axis(again, order[:, 1:], ranked[:, 1:] == ranked[:, :-1], axis=1)
    return again
