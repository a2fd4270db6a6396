"""The native engine: the C++ core of `csrc/`, with one table of kernels per instruction set.

Scans rule rows out in float32 (path ``"float"``), in 8-bit codes (path ``"codes"``) or by sums of
cosines (`search_sums`), with a rigorous error bound (``csrc/README.md``). They score what survives
in float64, so answers equal those of `reference` to the last bit at every level. They release the
GIL. ``level`` names an instruction set of `levels`; None takes ``VECSTORE_SIMD``, or the best.
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
    """Return the instruction sets that this CPU can run, best first; the last is ``"scalar"``."""
    return _native.levels()


def level(level: str | None = None) -> str:
    """Return the level that a call with this argument runs at; ValueError if there is none."""
    return _native.level(level or "")


def dot(a: Float32s, b: Float32s, *, level: str | None = None) -> float:
    """Return ``sum_j a_j * b_j``, computed in float32."""
    return _native.dot(a, b, level or "")


def sq_euclidean(a: Float32s, b: Float32s, *, level: str | None = None) -> float:
    """Return ``sum_j (a_j - b_j)**2``, computed in float32."""
    return _native.sq_euclidean(a, b, level or "")


def dot_rows(query: Float32s, vectors: Vectors, *, level: str | None = None) -> Float32s:
    """As `contract.Engine.dot_rows`."""
    return _native.dot_rows(query, vectors, level or "")


def sq_euclidean_rows(query: Float32s, vectors: Vectors, *, level: str | None = None) -> Float32s:
    """As `contract.Engine.sq_euclidean_rows`."""
    return _native.sq_euclidean_rows(query, vectors, level or "")


def sq_norms(vectors: Vectors, *, level: str | None = None) -> Float32s:
    """As `contract.Engine.sq_norms`."""
    return _native.sq_norms(vectors, level or "")


def inverse_norms(
    vectors: Vectors, *, level: str | None = None, threads: int | None = None
) -> Float32s:
    """As `contract.Engine.inverse_norms`."""
    return _native.inverse_norms(vectors, level or "", thread_count(threads))


def distances(
    queries: Float32s,
    vectors: Vectors,
    metric: str,
    *,
    level: str | None = None,
    threads: int | None = None,
) -> Float64s:
    """As `contract.Engine.distances`."""
    return _native.distances(queries, vectors, metric, level or "", thread_count(threads))


def encode(
    vectors: Vectors,
    metric: str,
    center: Float32s,
    *,
    level: str | None = None,
    threads: int | None = None,
) -> Codes:
    """As `contract.Engine.encode`."""
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
    """As `contract.Engine.search`."""
    # A batch is packed into panels that stay in the first-level cache while blocks of rows pass by:
    # a matrix product fused with the selection, so the n_queries x n matrix never exists. A single
    # query runs at the speed of memory. All segments share one running threshold.
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
    """As `contract.Engine.search_mul`."""
    # The cosines of a panel of rows with every distinct vector are computed once; all questions
    # combine theirs while the panel is in cache.
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
    """As `contract.Engine.search_sums`."""
    # Cosines are computed once, as in `search_mul`. A query then costs an addition for each of its
    # vectors instead of a product over dim. The core measures how far a query is from its sum, and
    # makes that part of the bound (``csrc/README.md``).
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
    """As `contract.Engine.walk`; the block must have codes."""
    # The core estimates distances on the way from the codes. Then it scores in float64 those of the
    # rows found that might be among the k nearest of them. So the answer differs from that of
    # `reference.walk` only where codes cannot tell which of two rows is nearer. Every level gives
    # the same answer.
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
    """As `contract.Engine.grow`; the block must have codes."""
    # Distances between rows are estimated from their codes, except under dot.
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
    """As `contract.Engine.compose`."""
    dim = blocks[0].vectors.shape[1]
    return _native.compose(
        blocks, dim, rows, weights, offsets, unit, level or "", thread_count(threads)
    )


def _found(answer: tuple[Float64s, Int64s, Int64s, tuple[int, int]]) -> Found:
    distances, rows, counts, work = answer
    return Found(distances, rows, counts, Work(*work))
