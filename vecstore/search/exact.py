"""The exact search: choosing a path, and taking it.

Every path gives the same answer, so the choice is about time alone. It follows times that
``python -m benchmarks.crossover`` measures, as ratios of one path to another.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vecstore import kernels
from vecstore.arrays import Block, Exclusions
from vecstore.kernels import Engine, Float32s, Found, Work, allowed, thread_count
from vecstore.search.results import Plan

__all__ = ["Terms", "as_plan", "choose", "merged", "search", "summed"]


class _Crossover(NamedTuple):
    """Sizes from which codes are faster than vectors, at one level."""

    few_dim: int  # dimensions, if queries come one by one
    few_values: int  # values in all rows, likewise
    many_dim: int | None  # dimensions, if queries come in a batch; None: never


# Measured times on vectors over times on codes. For queries one by one:
#
# - AVX-512: 1.3 at 4 dimensions and at 1,000 rows of 100; 2.4 at 16,000 rows; 3 to 5 at 300,000.
# - AVX2: 1.0 at 16 dimensions and at 4,000 rows.
# - Numba: 1.8 at 32 dimensions, 1.0 at 2,000 rows.
# - Without vector instructions: 1.0 at 16 dimensions, 1.4 at 32.
#
# In batches:
#
# - AVX-512 and AVX2: 0.9 and 1.2 at 16 dimensions, 1.6 and 1.3 at 128, 3 at 300,000 rows.
# - Numba: 0.9 at 32 dimensions, 1.2 at 100, 1.6 at 384.
# - Without vector instructions: 0.5 to 0.9.
_CROSSOVERS = {
    "amx": _Crossover(few_dim=1, few_values=100_000, many_dim=32),
    "avx512": _Crossover(few_dim=1, few_values=100_000, many_dim=32),
    "avx2": _Crossover(few_dim=16, few_values=400_000, many_dim=16),
    "scalar": _Crossover(few_dim=32, few_values=100_000, many_dim=None),
    "numba": _Crossover(few_dim=1, few_values=200_000, many_dim=64),
}

# Up to this many queries, each reads the rows on its own, one query after the other.
_FEW = 4

# If there are fewer rows per neighbour wanted than this, most rows survive any bound.
_ROWS_PER_NEIGHBOR = 10

# A copy of the qualifying rows costs as much as 32 queries on their codes, and scanning the copy
# eight times as much as scanning the codes. So one query gathers up to 2.5 % of the rows, a large
# batch up to 12 %.
_COPY, _SCAN_COPY = 32, 8
_MAX_GATHERED_BYTES = 256 << 20


class Terms(NamedTuple):
    """How many vectors queries are sums of."""

    vectors: int  # different ones
    total: int  # summed, for all queries together
    most: int  # summed, for one query


# Sums are faster from this many queries on: some per vector, to make up for its cosines with all
# rows, and some for putting rows into panels. With AMX, codes may be as fast; nobody measured it.
_QUERIES_FOR_SUMS = {"avx512": (5, 300), "avx2": (2, 50), "scalar": (2, 50)}
# A sum of dim / 4 vectors costs as much as a product of codes. No bound is known for sums of more
# than 128, or beyond the largest dim of codes (csrc/scan/scan_sums.cpp).
_DIM_PER_TERM, _MAX_TERMS = 4, 128
# Neighbours of all queries together. With more, queries are cut into groups, each of which computes
# the cosines anew.
_MAX_SUM_ANSWERS = 1 << 22

# Products of longer codes could exceed 32 bits.
_MAX_CODED_DIM = 65536


def choose(
    level: str,
    *,
    rows: int,
    qualifying: int,
    dim: int,
    n_queries: int,
    k: int,
    terms: Terms | None = None,
) -> str:
    """Return the path that is likely to answer first, a name as in `Plan`.

    Of `rows`, `qualifying` may answer. `terms` is None if the queries are not known to be sums.
    """
    worth_a_copy = qualifying * (_COPY + _SCAN_COPY * n_queries) <= rows * n_queries
    if worth_a_copy and qualifying < rows and 4 * dim * qualifying <= _MAX_GATHERED_BYTES:
        return "gather"
    if terms is not None and _sums_pay(level, qualifying, dim, n_queries, k, terms):
        return "sums"
    return "codes" if _codes_pay(level, rows, qualifying, dim, n_queries, k) else "float"


def _sums_pay(level: str, qualifying: int, dim: int, n_queries: int, k: int, terms: Terms) -> bool:
    if level not in _QUERIES_FOR_SUMS or dim > _MAX_CODED_DIM or terms.most > _MAX_TERMS:
        return False
    if qualifying < _ROWS_PER_NEIGHBOR * k or n_queries * k > _MAX_SUM_ANSWERS:
        return False
    per_vector, at_least = _QUERIES_FOR_SUMS[level]
    few_terms = _DIM_PER_TERM * terms.total <= dim * n_queries
    return few_terms and n_queries >= per_vector * terms.vectors + at_least


def _codes_pay(level: str, rows: int, qualifying: int, dim: int, n_queries: int, k: int) -> bool:
    crossover = _CROSSOVERS.get(level)
    if crossover is None or dim > _MAX_CODED_DIM:
        return False
    if qualifying < _ROWS_PER_NEIGHBOR * k:
        return False
    if n_queries <= _FEW:
        return dim >= crossover.few_dim and rows * dim >= crossover.few_values
    return crossover.many_dim is not None and dim >= crossover.many_dim


def search(
    blocks: Sequence[Block],
    queries: Float32s,
    k: int,
    metric: str,
    path: str,
    *,
    exclude: Exclusions | None = None,
    threads: int | None = None,
) -> tuple[Found, Plan]:
    """Find the k nearest rows to each query on a path of `choose`.

    ``"sums"`` is not for this function but for `Engine.search_sums`. Blocks without codes are
    searched by their vectors.
    """
    engine = kernels.engine()
    if path == "gather" and blocks:
        found = _gathered(engine, blocks, queries, k, metric, exclude, threads)
    else:
        coded = [block for block in blocks if path == "codes" and block.codes is not None]
        plain = [block for block in blocks if path != "codes" or block.codes is None]
        path = "codes" if coded else "float"
        ways = [(some, way) for some, way in ((coded, "codes"), (plain, "float")) if some]
        parts = [
            engine.search(some, queries, k, metric, exclude=exclude, path=way, threads=threads)
            for some, way in ways or [(plain, "float")]
        ]
        found = merged(parts, k)
    return found, as_plan(engine, path, found.work, len(queries), threads)


def as_plan(
    engine: Engine,
    path: str,
    work: Work,
    n_queries: int,
    threads: int | None,
    *,
    ef: int | None = None,
    recall: float | None = None,
) -> Plan:
    """Return the plan for the work of all queries together."""
    each = max(1, n_queries)
    survivors = None if work.rescored is None else work.rescored / each
    level, available = kernels.level(engine), thread_count(threads)
    scanned = work.scanned / each
    return Plan(path, engine.NAME, level, available, scanned, survivors, ef, recall)


def summed(works: Sequence[Work]) -> Work:
    """Return the total of several works; `rescored` is None unless all of them know it."""
    rescored = [work.rescored for work in works if work.rescored is not None]
    known = sum(rescored) if len(rescored) == len(works) else None
    return Work(sum(work.scanned for work in works), known)


def _gathered(
    engine: Engine,
    blocks: Sequence[Block],
    queries: Float32s,
    k: int,
    metric: str,
    exclude: Exclusions | None,
    threads: int | None,
) -> Found:
    """Search a copy of the rows that may answer."""
    picked = [(block, np.flatnonzero(allowed(block))) for block in blocks]
    rows = np.concatenate([block.first_row + some for block, some in picked])
    vectors = np.concatenate([block.vectors[some] for block, some in picked])
    norms = [block.inverse_norms[some] for block, some in picked if block.inverse_norms is not None]
    block = Block(vectors, np.concatenate(norms) if norms else None, 0, None)
    numbers = np.append(rows, -1)  # so that place -1, and the one past the end, is no row
    if exclude is not None:
        offsets, excluded = exclude
        places = np.searchsorted(rows, excluded)
        exclude = offsets, np.where(numbers[places] == excluded, places, -1)
    found = engine.search([block], queries, k, metric, exclude=exclude, threads=threads)
    return found._replace(rows=numbers[found.rows])


def merged(parts: Sequence[Found], k: int) -> Found:
    """Return the k first, under (distance, row), of answers about different rows."""
    if len(parts) == 1:
        return parts[0]
    distances = np.concatenate([part.distances for part in parts], axis=1)
    rows = np.concatenate([part.rows for part in parts], axis=1)
    # Unused places have distance inf, as overflowed ones do, but no row: sort them last.
    order = np.lexsort((rows, distances, rows < 0), axis=-1)[:, :k]
    counts = np.minimum(np.sum([part.counts for part in parts], axis=0), k)
    return Found(
        np.take_along_axis(distances, order, axis=1),
        np.take_along_axis(rows, order, axis=1),
        counts,
        summed([part.work for part in parts]),
    )
