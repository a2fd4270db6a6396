"""The approximate search: graphs where they are good enough and faster, the exact search elsewhere.

A caller asks for a recall. Each segment's own table says how wide a walk must be for it, and
whether that is faster than looking at all rows. Rows that no graph has are always looked at.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from vecstore import kernels
from vecstore.arrays import Block, Exclusions, check_count
from vecstore.index import exact
from vecstore.index.calibration import Speed
from vecstore.index.hnsw import Index
from vecstore.kernels.contract import Float32s, Found, Int64s
from vecstore.results import Plan
from vecstore.storage.tombstones import all_rows, count_rows

__all__ = ["Asked", "check_approximate", "search"]

# From so many queries in a call on, the measured speed of batches is the better forecast.
_BATCH = 32

# A walk passes rows that may not answer as well. Where fewer may than this, it would have to be so
# wide that scanning them is faster, and sooner or later it would not find k.
_LEAST_SHARE = 0.1
# Rows of a graph are numbered in 32 bits: no walk is wider.
_MOST_EF = 2**32 - 1

_NO_INDEX = "no index covers these rows"


class Asked(NamedTuple):
    """What a caller wants of an approximate search.

    Attributes
    ----------
    recall : float or None
        From 0 to 1.
    ef : int or None
        The width of the walk; instead of a recall.
    """

    recall: float | None
    ef: int | None


class _Choice(NamedTuple):
    """How to search one block: by a walk of this width, or exactly, and why."""

    ef: int | None
    recall: float | None
    note: str | None


def check_approximate(approximate: Any) -> Asked | None:
    """Return what a caller wants, if it can be had.

    Parameters
    ----------
    approximate : float, mapping or None
        A recall above 0 and up to 1, or ``{"ef": n}``.

    Returns
    -------
    Asked or None
        None where the answer shall be exact.

    Raises
    ------
    ValueError, TypeError
        If it is none of these.
    """
    if approximate is None:
        return None
    if isinstance(approximate, Mapping):
        if set(approximate) != {"ef"}:
            raise ValueError(
                f'`approximate` must be a recall or {{"ef": n}}; got {dict(approximate)!r}.'
            )
        return Asked(None, check_count(approximate["ef"], "ef", most=_MOST_EF))
    if isinstance(approximate, bool) or not isinstance(approximate, Real):
        raise TypeError(
            f'`approximate` must be a recall, such as 0.95, or {{"ef": n}}; '
            f"got {type(approximate).__name__} {approximate!r}."
        )
    if not 0 < float(approximate) <= 1:
        raise ValueError(f"`approximate` must be above 0 and at most 1; got {approximate}.")
    return Asked(float(approximate), None)


def search(
    pairs: Sequence[tuple[Block, Index | None]],
    queries: Float32s,
    k: int,
    metric: str,
    asked: Asked,
    *,
    exclude: Exclusions | None = None,
    threads: int | None = None,
) -> tuple[Found, Plan]:
    """Find near rows: as many of the k nearest as were asked for, on average.

    Parameters
    ----------
    pairs : sequence of (Block, Index or None)
        The rows, with codes where there are some, and the graph over each block.
    queries : ndarray of float32, shape (n_queries, dim)
        As engines take them.
    k : int
        Neighbours per query.
    metric : str
        One of the three names.
    asked : Asked
        What the caller wants.
    exclude : (offsets, rows) or None
        Global rows that may not answer query i.
    threads : int or None
        None takes as many as the engine thinks right.

    Returns
    -------
    found : Found
        k rows for every query for which as many may answer.
    plan : Plan
        What was done.
    """
    most = 0 if exclude is None else int(np.diff(exclude[0]).max(initial=0))
    choices = [_choose(block, index, len(queries), k, most, asked) for block, index in pairs]
    if all(choice.ef is None for choice in choices):
        found, plan = _exactly([block for block, _ in pairs], queries, k, metric, exclude, threads)
        notes = [choice.note for choice in choices if choice.note]
        return found, replace(plan, note=notes[0] if notes else _NO_INDEX)
    engine, parts, rest = kernels.engine(), [], []
    for (block, index), choice in zip(pairs, choices, strict=True):
        if index is None or choice.ef is None:
            rest.append(block)
            continue
        inside, outside = _split(block, index)
        parts.append(
            engine.walk(
                index.graph,
                inside,
                queries,
                k,
                max(choice.ef, k),
                metric,
                exclude=exclude,
                threads=threads,
            )
        )
        rest += outside
    if rest:
        parts.append(_exactly(rest, queries, k, metric, exclude, threads)[0])
    found = exact.merged(parts, k)
    found = _filled(found, [block for block, _ in pairs], queries, k, metric, exclude, threads)
    widest = max(k, *(choice.ef or 0 for choice in choices))
    recalls = [choice.recall for choice in choices if choice.recall is not None]
    return found, exact.as_plan(
        engine,
        "graph",
        found.work,
        len(queries),
        threads,
        ef=widest,
        recall=min(recalls, default=None),
    )


def _choose(
    block: Block, index: Index | None, n_queries: int, k: int, most_excluded: int, asked: Asked
) -> _Choice:
    if index is None:
        return _Choice(None, None, _NO_INDEX)
    inside, _ = _split(block, index)
    n = len(block.vectors)
    share = _qualifying(inside) / max(1, n)
    if share < _LEAST_SHARE:
        return _Choice(None, None, f"{share:.0%} of the rows qualify, too few for a walk")
    if asked.ef is not None:
        return _Choice(ceil(asked.ef / share), None, None)
    wanted = float(asked.recall or 1.0)
    step = None if wanted == 1 else index.table.step(wanted, k)
    if step is None:
        return _Choice(None, None, f"no walk is assured to reach a recall of {wanted:g} at {k}")
    walk, scan = _fitting(step.speed, n_queries), _fitting(index.table.exact, n_queries)
    if walk * share <= scan:
        return _Choice(None, None, "the exact search was measured to be as fast")
    # Of what a walk finds only a share may answer, and none of what is excluded.
    return _Choice(ceil(step.ef / share) + most_excluded, wanted, None)


def _fitting(speed: Speed, n_queries: int) -> float:
    return speed.batch if n_queries >= _BATCH else speed.single


def _split(block: Block, index: Index) -> tuple[Block, list[Block]]:
    """Return the rows that the graph has, and the others, if there are any."""
    if index.covered is None:
        return block, []
    free = all_rows(len(block.vectors)) if block.mask is None else block.mask
    outside = free & ~index.covered
    others = [block._replace(mask=outside)] if outside.any() else []
    return block._replace(mask=free & index.covered), others


def _exactly(
    blocks: Sequence[Block],
    queries: Float32s,
    k: int,
    metric: str,
    exclude: Exclusions | None,
    threads: int | None,
) -> tuple[Found, Plan]:
    path = exact.choose(
        kernels.level(kernels.engine()),
        rows=sum(len(block.vectors) for block in blocks),
        qualifying=sum(_qualifying(block) for block in blocks),
        dim=queries.shape[1],
        n_queries=len(queries),
        k=k,
    )
    return exact.search(blocks, queries, k, metric, path, exclude=exclude, threads=threads)


def _filled(
    found: Found,
    blocks: Sequence[Block],
    queries: Float32s,
    k: int,
    metric: str,
    exclude: Exclusions | None,
    threads: int | None,
) -> Found:
    """Answer exactly what a walk did not find k rows for, though as many may answer."""
    if found.counts.min(initial=k) >= k:
        return found
    there = sum(_qualifying(block) for block in blocks)
    short = np.flatnonzero(found.counts < min(k, there))
    if not len(short):
        return found
    some = None if exclude is None else _chosen(exclude, short)
    more, _ = _exactly(blocks, queries[short], k, metric, some, threads)
    for mine, theirs in zip(found[:3], more[:3], strict=True):
        mine[short] = theirs
    return found._replace(work=exact.summed([found.work, more.work]))


def _chosen(exclude: Exclusions, queries: Int64s) -> Exclusions:
    """Return the exclusions of some of the queries."""
    offsets, rows = exclude
    groups = [rows[offsets[q] : offsets[q + 1]] for q in queries.tolist()]
    sizes = [len(group) for group in groups]
    return np.concatenate(([0], np.cumsum(sizes, dtype=np.int64))), np.concatenate(groups)


def _qualifying(block: Block) -> int:
    return len(block.vectors) if block.mask is None else count_rows(block.mask)
