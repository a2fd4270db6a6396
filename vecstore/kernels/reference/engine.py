"""The reference engine: NumPy, float64, plain. It is the specification of the other engines.

`float64` fixes the arithmetic: the order of summation and the formulas of the distances. Every row
is scored, on one thread: ``path`` and ``threads`` are only part of the common signature.
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
    """Return ``("float64",)``, the only level."""
    return ("float64",)


def dot(a: Float32s, b: Float32s) -> float:
    """Return ``sum_j a_j * b_j``, in float64."""
    return float(dots(a.astype(np.float64), b[None].astype(np.float64))[0])


def sq_euclidean(a: Float32s, b: Float32s) -> float:
    """Return ``sum_j (a_j - b_j)**2``, in float64."""
    return float(sq_distances(a.astype(np.float64), b[None].astype(np.float64))[0])


def dot_rows(query: Float32s, vectors: Vectors) -> Float32s:
    """Return the product of one query with every row, summed in float64 and rounded once."""
    wide = query.astype(np.float64)
    return _rounded([dots(wide, rows) for rows in chunks(vectors)])


def sq_euclidean_rows(query: Float32s, vectors: Vectors) -> Float32s:
    """Return the squared distance of one query to every row, likewise rounded once."""
    wide = query.astype(np.float64)
    return _rounded([sq_distances(wide, rows) for rows in chunks(vectors)])


def sq_norms(vectors: Vectors) -> Float32s:
    """Return the squared length of every row, summed in float64 and rounded once."""
    return _rounded([dots(rows, rows) for rows in chunks(vectors)])


def inverse_norms(vectors: Vectors) -> Float32s:
    """As `contract.Engine.inverse_norms`."""
    return _rounded([reciprocals(norms(rows)) for rows in chunks(vectors)])


def distances(
    queries: Float32s, vectors: Vectors, metric: str, *, threads: int | None = None
) -> Float64s:
    """As `contract.Engine.distances`, by the formulas of `float64`."""
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
    """As `contract.Engine.search`; keeps one float64 per row, for one query at a time."""
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
    """As `contract.Engine.search_mul`."""
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
    """As `contract.Engine.search_sums`; makes no use of the sums."""
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
    """As `contract.Engine.compose`."""
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
    """Return the first k of all rows under (distance, global row), for every query."""
    found_distances = np.full((n_queries, k), np.inf)
    found_rows = np.full((n_queries, k), -1, dtype=np.int64)
    counts = np.zeros(n_queries, dtype=np.int64)
    numbers = [np.arange(len(b.vectors), dtype=np.int64) + b.first_row for b in blocks]
    all_rows = np.concatenate([np.empty(0, dtype=np.int64), *numbers])
    may_answer = np.concatenate([np.empty(0, dtype=np.bool_), *map(allowed, blocks)])
    for i in range(n_queries):
        with np.errstate(invalid="ignore"):  # inf - inf, in rows of a foreign file
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
