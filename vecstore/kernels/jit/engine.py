"""The functions of the Numba engine.

Everything but the filter is summed in float64 in the order of the reference, and so has its bits.
`search` rules rows out in float32 (`float_filter`) or in 8-bit codes (`code_filter`), and scores in
float64 what could be an answer. All arrays may be mapped and read-only.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from vecstore.arrays import Block, Exclusions
from vecstore.kernels.blocks import gather
from vecstore.kernels.contract import Float32s, Float64s, Found, Groups, Int64s, Vectors
from vecstore.kernels.float64 import norms, quotients, reciprocals
from vecstore.kernels.jit import float64_sums
from vecstore.kernels.jit.arrays import line, widened
from vecstore.kernels.jit.code_path import code_scans
from vecstore.kernels.jit.compiling import compiled_metric
from vecstore.kernels.jit.custom_metric import scan_custom
from vecstore.kernels.jit.encoding import encode
from vecstore.kernels.jit.float_filter import COSINE, DOT, EUCLIDEAN
from vecstore.kernels.jit.float_scan import prepared, scan
from vecstore.kernels.jit.mul_scan import questions, scan_mul
from vecstore.kernels.jit.plan import Scan, over_tiles, scan_all
from vecstore.kernels.reference.growing import grow
from vecstore.kernels.reference.walking import walk
from vecstore.kernels.threads import in_threads, thread_count

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
    "search_custom",
    "search_mul",
    "search_sums",
    "sq_euclidean",
    "sq_euclidean_rows",
    "sq_norms",
    "walk",
]

NAME = "numba"

_METRICS = {"cosine": COSINE, "euclidean": EUCLIDEAN, "dot": DOT}


def levels() -> tuple[str, ...]:
    """Return ``("numba",)``: Numba compiles for the processor it finds."""
    return ("numba",)


def dot(a: Float32s, b: Float32s) -> float:
    """As `contract.Engine.dot`."""
    return float64_sums.dot(line(a), 0, line(b), 0, len(a), float64_sums.new_lanes())


def sq_euclidean(a: Float32s, b: Float32s) -> float:
    """As `contract.Engine.sq_euclidean`."""
    return float64_sums.sq_distance(line(a), 0, line(b), 0, len(a), float64_sums.new_lanes())


def dot_rows(query: Float32s, vectors: Vectors) -> Float32s:
    """As `contract.Engine.dot_rows`."""
    return _rounded(_dots(query, vectors))


def sq_euclidean_rows(query: Float32s, vectors: Vectors) -> Float32s:
    """As `contract.Engine.sq_euclidean_rows`."""
    return _rounded(_sq_distances(query, vectors))


def sq_norms(vectors: Vectors) -> Float32s:
    """As `contract.Engine.sq_norms`."""
    return _rounded(_dots(None, vectors))


def inverse_norms(vectors: Vectors) -> Float32s:
    """As `contract.Engine.inverse_norms`."""
    return _rounded(reciprocals(np.sqrt(_dots(None, vectors))))


def distances(
    queries: Float32s, vectors: Vectors, metric: str, *, threads: int | None = None
) -> Float64s:
    """As `contract.Engine.distances`."""
    if metric == "cosine":
        sq_lengths = _dots(None, vectors)

    def distances_to(query: Float32s) -> Float64s:
        if metric == "euclidean":
            return np.sqrt(_sq_distances(query, vectors))
        products = _dots(query, vectors)
        if metric == "dot":
            return 0.0 - products
        lengths = np.sqrt(dot(query, query) * sq_lengths)
        return np.maximum(1.0 - quotients(products, lengths), 0.0)

    out = np.empty((len(queries), len(vectors)))
    for i, found in enumerate(in_threads(distances_to, queries, thread_count(threads))):
        out[i] = found
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
    """As `contract.Engine.search`."""
    sq_lengths = _dots(None, queries)
    if path == "codes":
        prepare_codes = code_scans(blocks, queries, sq_lengths, _METRICS[metric])
        return scan_all(blocks, len(queries), k, prepare_codes, exclude, threads)

    def prepare(start: int, stop: int) -> Scan:
        group = prepared(queries[start:stop], sq_lengths[start:stop], _METRICS[metric])
        return over_tiles(lambda rows, first, last, best: scan(rows, first, last, group, best))

    ready = _with_norms(blocks) if metric == "cosine" else blocks
    return scan_all(ready, len(queries), k, prepare, exclude, threads)


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
    sq_lengths = _dots(None, vectors)

    def prepare(start: int, stop: int) -> Scan:
        asked = questions(vectors, sq_lengths, positive, negative, start, stop)
        return over_tiles(lambda rows, first, last, best: scan_mul(rows, first, last, asked, best))

    n_questions = len(positive[0]) - 1
    return scan_all(_with_norms(blocks), n_questions, k, prepare, exclude, threads)


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


def search_custom(
    blocks: Sequence[Block],
    queries: Float32s,
    k: int,
    function: Callable[[Any, Any], float],
    *,
    exclude: Exclusions | None = None,
    threads: int | None = None,
) -> Found:
    """Find the k nearest rows under ``function(query, x) -> float``; smaller is nearer.

    It is a Numba function of two float32 vectors, which it must not write to, or a Python function
    that Numba can compile; otherwise TypeError. A row for which it returns NaN is no answer.
    """
    distance = compiled_metric(function)
    own = np.array(queries)  # writable: the function may be compiled for writable arrays

    def prepare(start: int, stop: int) -> Scan:
        group = own[start:stop]
        return over_tiles(
            lambda rows, first, last, best: scan_custom(rows, first, last, group, distance, best)
        )

    return scan_all(blocks, len(queries), k, prepare, exclude, threads)


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
    gathered = gather(blocks, rows)
    scales = weights * reciprocals(np.sqrt(_dots(None, gathered))) if unit else weights
    sums = np.zeros((len(offsets) - 1, gathered.shape[1]))
    float64_sums.weighted_sums(line(gathered.ravel()), line(scales), line(offsets), sums)
    if unit:
        sums *= reciprocals(norms(sums))[:, None]
    return _rounded(sums)


def _dots(query: Float32s | None, vectors: Vectors) -> Float64s:
    """Return the product of the query, or if it is None of each row itself, with each row."""
    out = np.empty(len(vectors))
    for first, last, values, stride in widened(vectors):
        other, step = (values, stride) if query is None else (line(query), 0)
        float64_sums.dots(other, step, values, stride, vectors.shape[1], out[first:last])
    return out


def _sq_distances(query: Float32s, vectors: Vectors) -> Float64s:
    out = np.empty(len(vectors))
    for first, last, values, stride in widened(vectors):
        float64_sums.sq_distances(line(query), values, stride, vectors.shape[1], out[first:last])
    return out


def _rounded(sums: Float64s) -> Float32s:
    """Round to float32; what is too large becomes inf, as in every engine."""
    with np.errstate(over="ignore"):
        return sums.astype(np.float32)


def _with_norms(blocks: Sequence[Block]) -> list[Block]:
    """Return the blocks; those without inverse norms get them."""
    return [
        block._replace(inverse_norms=inverse_norms(block.vectors))
        if block.inverse_norms is None
        else block
        for block in blocks
    ]
