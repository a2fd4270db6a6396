"""The native engine: the C++ core of `csrc/`, one table of kernels per instruction set.

Scans filter in float32 (path ``"float"``), in 8-bit codes (path ``"codes"``) or by sums of cosines
(`search_sums`) with a rigorous error bound (``csrc/README.md``) and score what survives in float64,
so that answers equal those of `reference` to the last bit at every level. The GIL is released while
they run.
``level`` names an instruction set (see `levels`; None: ``VECSTORE_SIMD`` or the best one),
``threads`` how many threads to use (None: what `threads.thread_count` says).
"""

from collections.abc import Sequence

import numpy as np

from vecstore import _native
from vecstore.arrays import Block, Codes, Exclusions
from vecstore.kernels.contract import (
    Float32s,
    Float64s,
    Found,
    Graph,
    Groups,
    Int64s,
    Vectors,
    Work,
)
from vecstore.kernels.threads import thread_count

__all__ = [
    "NAME",
    "compose",
    "distances",
    "dot",
    "dot_rows",
    "encode",
    "grow",
    "inverse_norms",
    "level",
    "levels",
    "search",
    "search_mul",
    "search_sums",
    "sq_euclidean",
    "sq_euclidean_rows",
    "sq_norms",
    "walk",
]

NAME = "native"


def levels() -> tuple[str, ...]:
    """Return the instruction-set levels that this CPU can run.

    Returns
    -------
    tuple of str
        Best first; the last is always ``"scalar"``.
    """
    return _native.levels()


def level(level: str | None = None) -> str:
    """Return the level that a call with this argument runs at.

    Parameters
    ----------
    level : str or None
        A name from `levels`; None means ``VECSTORE_SIMD``, or the best level where it is unset.

    Returns
    -------
    str
        The name.

    Raises
    ------
    ValueError
        If the name is unknown or this CPU lacks the level; lists the choices.
    """
    return _native.level(level or "")


def dot(a: Float32s, b: Float32s, *, level: str | None = None) -> float:
    """Return ``sum_j a_j * b_j`` in float32; see `reference.dot`."""
    return _native.dot(a, b, level or "")


def sq_euclidean(a: Float32s, b: Float32s, *, level: str | None = None) -> float:
    """Return ``sum_j (a_j - b_j)**2`` in float32; see `reference.sq_euclidean`."""
    return _native.sq_euclidean(a, b, level or "")


def dot_rows(query: Float32s, vectors: Vectors, *, level: str | None = None) -> Float32s:
    """Return the dot product of one query with every row; see `reference.dot_rows`."""
    return _native.dot_rows(query, vectors, level or "")


def sq_euclidean_rows(query: Float32s, vectors: Vectors, *, level: str | None = None) -> Float32s:
    """Return the squared distance of one query to every row; see `reference.sq_euclidean_rows`."""
    return _native.sq_euclidean_rows(query, vectors, level or "")


def sq_norms(vectors: Vectors, *, level: str | None = None) -> Float32s:
    """Return the squared length of every row; see `reference.sq_norms`."""
    return _native.sq_norms(vectors, level or "")


def inverse_norms(
    vectors: Vectors, *, level: str | None = None, threads: int | None = None
) -> Float32s:
    """Return ``1 / |x|`` of every row, rounded once; see `reference.inverse_norms`."""
    return _native.inverse_norms(vectors, level or "", thread_count(threads))


def distances(
    queries: Float32s,
    vectors: Vectors,
    metric: str,
    *,
    level: str | None = None,
    threads: int | None = None,
) -> Float64s:
    """Return the float64 distance of every query to every row; see `reference.distances`."""
    return _native.distances(queries, vectors, metric, level or "", thread_count(threads))


def encode(
    vectors: Vectors,
    metric: str,
    center: Float32s,
    *,
    level: str | None = None,
    threads: int | None = None,
) -> Codes:
    """Return the rows in 8 bits, with certificates; see `reference.encode`."""
    return Codes(
        *_native.encode(vectors, metric, center, level or "", thread_count(threads)), center
    )


def search(
    blocks: Sequence[Block],
    queries: Float32s,
    k: int,
    metric: str,
    *,
    exclude: Exclusions | None = None,
    path: str = "float",
    level: str | None = None,
    threads: int | None = None,
) -> Found:
    """Find the k nearest rows to each query; see `reference.search`.

    Notes
    -----
    A batch is packed into panels that stay in the first-level cache while blocks of rows pass by:
    a matrix product fused with the selection, so the n_queries x n matrix never exists. One query
    runs at the speed of memory. Several segments share one running threshold.
    """
    offsets, rows = exclude or (None, None)
    return _found(
        _native.search(
            blocks,
            queries,
            k,
            metric,
            offsets,
            rows,
            path == "codes",
            level or "",
            thread_count(threads),
        )
    )


def search_mul(
    blocks: Sequence[Block],
    vectors: Float32s,
    positive: Groups,
    negative: Groups,
    k: int,
    *,
    exclude: Exclusions | None = None,
    level: str | None = None,
    threads: int | None = None,
) -> Found:
    """Answer analogies by 3CosMul; see `reference.search_mul`.

    Notes
    -----
    The cosines of a panel of rows with every distinct vector are computed once; all questions then
    combine theirs while the panel is in cache.
    """
    offsets, rows = exclude or (None, None)
    return _found(
        _native.search_mul(
            blocks,
            vectors,
            *positive,
            *negative,
            k,
            offsets,
            rows,
            level or "",
            thread_count(threads),
        )
    )


def search_sums(
    blocks: Sequence[Block],
    queries: Float32s,
    vectors: Float32s,
    positive: Groups,
    negative: Groups,
    k: int,
    *,
    exclude: Exclusions | None = None,
    level: str | None = None,
    threads: int | None = None,
) -> Found:
    """Find the k nearest rows to sums of few vectors; see `reference.search_sums`.

    Notes
    -----
    As in `search_mul`, the cosines of a panel of rows with every distinct vector are computed once;
    a query then costs an addition for each of its vectors instead of a product over dim. How far it
    is from its sum is measured and part of the bound (``csrc/README.md``).
    """
    offsets, rows = exclude or (None, None)
    return _found(
        _native.search_sums(
            blocks,
            queries,
            vectors,
            *positive,
            *negative,
            k,
            offsets,
            rows,
            level or "",
            thread_count(threads),
        )
    )


def walk(
    graph: Graph,
    block: Block,
    queries: Float32s,
    k: int,
    ef: int,
    metric: str,
    *,
    exclude: Exclusions | None = None,
    level: str | None = None,
    threads: int | None = None,
) -> Found:
    """Find rows near each query by following links; see `reference.walk`.

    Notes
    -----
    Distances on the way are estimated from the block's codes, which it must have. Of the rows found
    those are scored in float64 that might be among the k nearest of them. So the answer is that of
    `reference.walk` but where two rows are about as near as codes can tell; every level gives the
    same.
    """
    offsets, rows = exclude or (None, None)
    return _found(
        _native.walk(
            graph,
            block,
            queries,
            k,
            ef,
            metric,
            offsets,
            rows,
            level or "",
            thread_count(threads),
        )
    )


def grow(
    graph: Graph,
    block: Block,
    rows: Int64s,
    forward: int,
    ef: int,
    metric: str,
    *,
    level: str | None = None,
    threads: int | None = None,
) -> None:
    """Link rows that are not in a graph yet to rows that are; see `reference.grow`.

    Notes
    -----
    What lies between rows is taken from their codes, except under dot.
    """
    vectors = block.vectors[rows].astype(np.float32)
    numbers = rows.astype(np.uint32)
    _native.grow(
        graph, block, numbers, vectors, forward, ef, metric, level or "", thread_count(threads)
    )


def compose(
    blocks: Sequence[Block],
    rows: Int64s,
    weights: Float64s,
    offsets: Int64s,
    *,
    unit: bool,
    level: str | None = None,
    threads: int | None = None,
) -> Float32s:
    """Return weighted sums of stored rows; see `reference.compose`."""
    dim = blocks[0].vectors.shape[1]
    return _native.compose(
        blocks, dim, rows, weights, offsets, unit, level or "", thread_count(threads)
    )


def _found(answer: tuple[Float64s, Int64s, Int64s, tuple[int, int]]) -> Found:
    distances, rows, counts, work = answer
    return Found(distances, rows, counts, Work(*work))
