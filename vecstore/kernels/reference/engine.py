"""The reference engine: NumPy, float64, plain. It is the specification of the other engines.

The arithmetic (order of summation, formulas of the distances) is written in `float64`. A row whose
distance is NaN (it holds a NaN) is left out of every answer.
"""

from collections.abc import Callable, Sequence

import numpy as np

from vecstore.arrays import Block, Exclusions
from vecstore.kernels.blocks import allowed, gather
from vecstore.kernels.contract import Float32s, Float64s, Found, Groups, Int64s, Vectors, Work
from vecstore.kernels.float64 import (
    chunks,
    cosines,
    distances_to,
    dots,
    norms,
    reciprocals,
    sq_distances,
)
from vecstore.kernels.reference.encoding import encode
from vecstore.kernels.reference.growing import grow
from vecstore.kernels.reference.walking import walk

__all__ = [
    "NAME",
    "compose",
    "distances",
    "dot",
    "dot_rows",
    "encode",
    "grow",
    "inverse_norms",
    "levels",
    "search",
    "search_mul",
    "search_sums",
    "sq_euclidean",
    "sq_euclidean_rows",
    "sq_norms",
    "walk",
]

NAME = "reference"


def levels() -> tuple[str, ...]:
    """Return the levels of this engine.

    Returns
    -------
    tuple of str
        Always ``("float64",)``.
    """
    return ("float64",)


def dot(a: Float32s, b: Float32s) -> float:
    """Return ``sum_j a_j * b_j``.

    Parameters
    ----------
    a, b : ndarray of float32, shape (dim,)
        The two vectors.

    Returns
    -------
    float
        The product, in float64.
    """
    return float(dots(a.astype(np.float64), b[None].astype(np.float64))[0])


def sq_euclidean(a: Float32s, b: Float32s) -> float:
    """Return ``sum_j (a_j - b_j)**2``.

    Parameters
    ----------
    a, b : ndarray of float32, shape (dim,)
        The two vectors.

    Returns
    -------
    float
        The squared distance, in float64.
    """
    return float(sq_distances(a.astype(np.float64), b[None].astype(np.float64))[0])


def dot_rows(query: Float32s, vectors: Vectors) -> Float32s:
    """Return the dot product of one query with every row.

    Parameters
    ----------
    query : ndarray of float32, shape (dim,)
        The query.
    vectors : ndarray of float32 or float16, shape (n, dim)
        The rows; their stride may exceed dim.

    Returns
    -------
    ndarray of float32, shape (n,)
        ``out[i] = sum_j q_j * x_ij``, summed in float64 and rounded once.
    """
    wide = query.astype(np.float64)
    return _rounded([dots(wide, rows) for rows in chunks(vectors)])


def sq_euclidean_rows(query: Float32s, vectors: Vectors) -> Float32s:
    """Return the squared euclidean distance of one query to every row.

    Parameters
    ----------
    query : ndarray of float32, shape (dim,)
        The query.
    vectors : ndarray of float32 or float16, shape (n, dim)
        The rows; their stride may exceed dim.

    Returns
    -------
    ndarray of float32, shape (n,)
        ``out[i] = sum_j (q_j - x_ij)**2``, summed in float64 and rounded once.
    """
    wide = query.astype(np.float64)
    return _rounded([sq_distances(wide, rows) for rows in chunks(vectors)])


def sq_norms(vectors: Vectors) -> Float32s:
    """Return the squared length of every row.

    Parameters
    ----------
    vectors : ndarray of float32 or float16, shape (n, dim)
        The rows.

    Returns
    -------
    ndarray of float32, shape (n,)
        ``out[i] = sum_j x_ij**2``, summed in float64 and rounded once (to inf where too large).
    """
    return _rounded([dots(rows, rows) for rows in chunks(vectors)])


def inverse_norms(vectors: Vectors) -> Float32s:
    """Return ``1 / |x|`` of every row.

    Parameters
    ----------
    vectors : ndarray of float32 or float16, shape (n, dim)
        The rows.

    Returns
    -------
    ndarray of float32, shape (n,)
        Computed in float64 and rounded once; 0 for a zero row, inf where float32 is too small.
    """
    return _rounded([reciprocals(norms(rows)) for rows in chunks(vectors)])


def distances(
    queries: Float32s, vectors: Vectors, metric: str, *, threads: int | None = None
) -> Float64s:
    """Return the distance of every query to every row: the whole matrix, for small batches.

    Parameters
    ----------
    queries : ndarray of float32, shape (n_queries, dim)
        The queries.
    vectors : ndarray of float32 or float16, shape (n, dim)
        The rows.
    metric : str
        ``"cosine"``, ``"euclidean"`` or ``"dot"``.
    threads : int or None
        Part of the common signature; the reference uses one.

    Returns
    -------
    ndarray of float64, shape (n_queries, n)
        By the formulas at the top of this module.
    """
    out = np.empty((len(queries), len(vectors)))
    for i, query in enumerate(queries.astype(np.float64)):
        start = 0
        for rows in chunks(vectors):
            out[i, start : start + len(rows)] = distances_to(query, rows, metric)
            start += len(rows)
    return out


def search(
    blocks: Sequence[Block],
    queries: Float32s,
    k: int,
    metric: str,
    *,
    exclude: Exclusions | None = None,
    path: str = "float",
    threads: int | None = None,
) -> Found:
    """Find the k nearest rows to each query under the total order (distance, global row).

    Parameters
    ----------
    blocks : sequence of Block
        The rows to scan.
    queries : ndarray of float32, shape (n_queries, dim)
        Finite; need not be of unit length.
    k : int
        Neighbours per query, at least 1.
    metric : str
        ``"cosine"``, ``"euclidean"`` or ``"dot"``.
    exclude : (offsets, rows) or None
        Global rows that may not answer query i: ``rows[offsets[i]:offsets[i + 1]]``.
    path : str, default "float"
        What an engine that filters may filter: ``"float"`` the vectors, ``"codes"`` the codes,
        which every block must have then. The reference scores every row.
    threads : int or None
        Part of the common signature; the reference uses one.

    Returns
    -------
    Found
        Distances, rows and counts; and the work it took.

    Notes
    -----
    Keeps one float64 per row of one query at a time.
    """
    wide = queries.astype(np.float64)

    def score(i: int, rows: Float64s) -> Float64s:
        return distances_to(wide[i], rows, metric)

    return _select(blocks, len(queries), k, score, exclude)


def search_mul(
    blocks: Sequence[Block],
    vectors: Float32s,
    positive: Groups,
    negative: Groups,
    k: int,
    *,
    exclude: Exclusions | None = None,
    threads: int | None = None,
) -> Found:
    """Answer analogies by 3CosMul: products of cosines instead of sums.

    Parameters
    ----------
    blocks : sequence of Block
        The rows to scan.
    vectors : ndarray of float32, shape (n_inputs, dim)
        The distinct input vectors of all questions.
    positive, negative : (offsets, indices)
        The inputs of question i are ``vectors[indices[offsets[i]:offsets[i + 1]]]``.
    k : int
        Answers per question, at least 1.
    exclude : (offsets, rows) or None
        Global rows that may not answer question i.
    threads : int or None
        Part of the common signature; the reference uses one.

    Returns
    -------
    Found
        As `search` returns it; the distance is ``-score``.

    Notes
    -----
    ``score(x) = prod_p (1 + cos(p, x)) / 2 / (prod_n (1 + cos(n, x)) / 2 + 1e-6)``, the factors
    multiplied from left to right starting from 1.0, all in float64.

    References
    ----------
    .. [1] Levy and Goldberg, 2014, "Linguistic regularities in sparse and explicit word
       representations", CoNLL.
    """
    wide = vectors.astype(np.float64)

    def product(groups: Groups, i: int, rows: Float64s) -> Float64s:
        offsets, indices = groups
        out = np.ones(len(rows))
        for index in indices[offsets[i] : offsets[i + 1]]:
            out *= (1.0 + cosines(wide[index], rows)) / 2.0
        return out

    def score(i: int, rows: Float64s) -> Float64s:
        return -(product(positive, i, rows) / (product(negative, i, rows) + 1e-6))

    return _select(blocks, len(positive[0]) - 1, k, score, exclude)


def search_sums(
    blocks: Sequence[Block],
    queries: Float32s,
    vectors: Float32s,
    positive: Groups,
    negative: Groups,
    k: int,
    *,
    exclude: Exclusions | None = None,
    threads: int | None = None,
) -> Found:
    """Find the k nearest rows, under cosine, to queries that are sums of few vectors.

    Parameters
    ----------
    blocks, queries, k, exclude, threads
        As for `search`.
    vectors : ndarray of float32, shape (n_vectors, dim)
        What the queries are sums of, each distinct vector once.
    positive, negative : (offsets, indices)
        Query i is, but for a factor, the sum of its positive ``vectors[indices[offsets[i]:...]]``,
        scaled to unit length, less that of its negative ones. It may be faster then; if it is
        not that sum, the answer is the same.
    """
    return search(blocks, queries, k, "cosine", exclude=exclude, threads=threads)


def compose(
    blocks: Sequence[Block],
    rows: Int64s,
    weights: Float64s,
    offsets: Int64s,
    *,
    unit: bool,
    threads: int | None = None,
) -> Float32s:
    """Return weighted sums of stored rows.

    Parameters
    ----------
    blocks : sequence of Block
        Where the rows lie; at least one block.
    rows : ndarray of int64, shape (m,)
        Global rows.
    weights : ndarray of float64, shape (m,)
        One weight per row.
    offsets : ndarray of int64, shape (n_out + 1,)
        Output i sums the places ``offsets[i]`` to ``offsets[i + 1]``.
    unit : bool
        Scale each row to unit length first, and the sum at the end; zeros stay zeros.
    threads : int or None
        Part of the common signature; the reference uses one.

    Returns
    -------
    ndarray of float32, shape (n_out, dim)
        ``out[i] = sum_j weights[j] * x[rows[j]]``, summed in float64 and rounded once.
    """
    gathered = gather(blocks, rows).astype(np.float64)
    scales = weights * reciprocals(norms(gathered)) if unit else weights
    sums = np.zeros((len(offsets) - 1, gathered.shape[1]))
    for i in range(len(sums)):
        for j in range(offsets[i], offsets[i + 1]):
            sums[i] += scales[j] * gathered[j]
    if unit:
        sums *= reciprocals(norms(sums))[:, None]
    return _rounded([sums])


def _rounded(parts: list[Float64s]) -> Float32s:
    """Join the parts and round them to float32; too large becomes inf, as in every engine."""
    with np.errstate(over="ignore", under="ignore"):
        return np.concatenate(parts or [np.empty(0)]).astype(np.float32)


def _select(
    blocks: Sequence[Block],
    n_queries: int,
    k: int,
    score: Callable[[int, Float64s], Float64s],
    exclude: Exclusions | None,
) -> Found:
    """Take the k first of all rows under (distance, global row), for every query."""
    found_distances = np.full((n_queries, k), np.inf)
    found_rows = np.full((n_queries, k), -1, dtype=np.int64)
    counts = np.zeros(n_queries, dtype=np.int64)
    numbers = [np.arange(len(b.vectors), dtype=np.int64) + b.first_row for b in blocks]
    all_rows = np.concatenate([np.empty(0, dtype=np.int64), *numbers])
    may_answer = np.concatenate([np.empty(0, dtype=np.bool_), *map(allowed, blocks)])
    for i in range(n_queries):
        with np.errstate(invalid="ignore"):  # inf - inf in rows of somebody else's file
            scores = [score(i, rows) for block in blocks for rows in chunks(block.vectors)]
        scored = np.concatenate([np.empty(0), *scores])
        eligible = may_answer & ~np.isnan(scored)
        if exclude is not None:
            offsets, excluded = exclude
            eligible &= ~np.isin(all_rows, excluded[offsets[i] : offsets[i + 1]])
        near, rows = scored[eligible], all_rows[eligible]
        order = np.lexsort((rows, near))[:k]
        counts[i] = len(order)
        found_distances[i, : len(order)] = near[order]
        found_rows[i, : len(order)] = rows[order]
    pairs = n_queries * len(all_rows)
    return Found(found_distances, found_rows, counts, Work(pairs, pairs))
