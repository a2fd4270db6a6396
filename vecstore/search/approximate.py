"""The approximate search: graphs where they are good enough and faster, exact search elsewhere.

A caller asks for a recall. The table of each segment says how wide a walk must be for it, and
whether that is faster than looking at all rows. Rows that are in no graph are always searched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore import kernels
from vecstore.arrays import Block, Exclusions, check_count
from vecstore.index import Index, Speed, beyond
from vecstore.kernels import Float32s, Found, Int64s
from vecstore.search import exact
from vecstore.search.results import Plan
from vecstore.storage.segments import all_rows, count_rows

__all__ = ["Asked", "check_approximate", "search"]

# From this many queries in a call on, the measured speed of batches is the better forecast.
_BATCH = 32

# A walk also passes rows that may not answer. If a smaller share than this may, the walk would have
# to be so wide that a scan is faster, and sooner or later it would not find k rows.
_LEAST_SHARE = 0.1
# Rows of a graph are numbered in 32 bits, so no walk is wider.
_MOST_EF = 2**32 - 1

# If the rows that qualify lie together, a walk that starts among others may end before it reaches
# them. Chance no longer explains it if they are less than half as frequent beside rows that do not
# qualify as among all rows.
_LEAST_EVENNESS = 0.5
_SAMPLED = 256  # rows whose neighbours tell how evenly the qualifying rows are spread

# Queries that are farther from the rows than nearly all measured ones are walked for again, this
# many times as wide. With that, all collections of docs/recall.md reach the recall that is assured.
_WIDER = 4

_NO_INDEX = "no index covers these rows"
_OUTDATED = (
    "the index was measured by an older vecstore, to which copies looked easy; "
    '"vecstore index tune" measures it again'
)


class Asked(NamedTuple):
    """What a caller wants of an approximate search: a recall, or the width of the walk."""

    recall: float | None  # above 0, at most 1
    ef: int | None  # instead of a recall


class _Choice(NamedTuple):
    """How to search one block: by a walk of this width, or exactly, and why."""

    ef: int | None
    recall: float | None
    note: str | None


def check_approximate(approximate: Any) -> Asked | None:
    """Return what a caller asks for: a recall above 0 and up to 1, or ``{"ef": n}``.

    None asks for an exact answer. Anything else raises TypeError or ValueError.
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

    Each block comes with its index, or None. Every query for which k rows may answer gets k rows.
    """
    most = 0 if exclude is None else int(np.diff(exclude[0]).max(initial=0))
    choices = [_choose(block, index, len(queries), k, most, asked) for block, index in pairs]
    if all(choice.ef is None for choice in choices):
        found, plan = _exactly([block for block, _ in pairs], queries, k, metric, exclude, threads)
        notes = [choice.note for choice in choices if choice.note]
        return found, replace(plan, note=notes[0] if notes else _NO_INDEX)
    walks = _Walks(pairs, choices, k, metric, threads)
    found = walks.found(queries, exclude)
    blocks = [block for block, _ in pairs]
    far, strange = beyond(found, queries, metric, *walks.limits())
    far &= ~strange
    if far.any():
        places = np.flatnonzero(far)
        some = None if exclude is None else _chosen(exclude, places)
        found = _replaced(found, places, walks.found(queries[places], some, _WIDER))
    again = np.flatnonzero(_short(found, blocks, k) | strange)
    if len(again):
        some = None if exclude is None else _chosen(exclude, again)
        more, _ = _exactly(blocks, queries[again], k, metric, some, threads)
        found = _replaced(found, again, more)
    notes = [
        f"{count} of {len(queries)} queries are farther from the rows than {others} that the index "
        f"was measured with; they were {how}"
        for count, others, how in (
            (np.count_nonzero(strange), "all", "searched exactly"),
            (np.count_nonzero(far), "nearly all", f"walked for again, {_WIDER} times as wide"),
        )
        if count
    ]
    widest = max(k, *(choice.ef or 0 for choice in choices))
    recalls = [choice.recall for choice in choices if choice.recall is not None]
    plan = exact.as_plan(
        kernels.engine(),
        "graph",
        found.work,
        len(queries),
        threads,
        ef=widest,
        recall=min(recalls, default=None),
    )
    return found, replace(plan, note="; ".join(notes) or None)


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
    if index.table.outdated:
        return _Choice(None, None, _OUTDATED)
    evenness = _evenness(inside, index)
    if evenness < _LEAST_EVENNESS:
        return _Choice(None, None, "the rows that qualify lie together, where a walk may not come")
    share *= min(1.0, evenness)
    wanted = float(asked.recall or 1.0)
    step = None if wanted == 1 else index.table.step(wanted, k)
    if step is None:
        return _Choice(None, None, f"no walk is assured to reach a recall of {wanted:g} at {k}")
    if not _pays(step.speed, index.table.exact, n_queries, share):
        return _Choice(None, None, "the exact search was measured to be as fast")
    # Only a share of what a walk finds may answer, and nothing that is excluded.
    return _Choice(ceil(step.ef / share) + most_excluded, wanted, None)


def _evenness(block: Block, index: Index) -> float:
    """Return the share that qualifies beside rows that do not, over the share of all; or 1."""
    if block.mask is None:
        return 1.0
    n, links = len(block.vectors), index.graph.links
    share = _qualifying(block) / n
    some = np.arange(0, n, max(1, n // (4 * _SAMPLED)))
    covered = some if index.covered is None else some[_bits(index.covered, some)]
    others = covered[~_bits(block.mask, covered)]
    others = others[:: max(1, len(others) // _SAMPLED)]
    if not len(others) or not share:
        return 1.0
    beside = links[others].ravel()
    beside = beside[beside < n]
    return float(_bits(block.mask, beside.astype(np.int64)).mean()) / share if len(beside) else 1.0


def _bits(words: npt.NDArray[np.uint64], rows: Int64s) -> npt.NDArray[np.bool_]:
    bits: npt.NDArray[np.uint64] = words[rows >> 6] >> (rows & 63).astype(np.uint64)
    return (bits & np.uint64(1)).astype(np.bool_)


class _Walks(NamedTuple):
    """The blocks searched by walks, and the rest, which is searched exactly."""

    pairs: Sequence[tuple[Block, Index | None]]
    choices: Sequence[_Choice]
    k: int
    metric: str
    threads: int | None

    def found(self, queries: Float32s, exclude: Exclusions | None, wider: int = 1) -> Found:
        """Search all blocks, with walks `wider` times as wide as chosen."""
        parts, rest = list[Found](), list[Block]()
        for (block, index), choice in zip(self.pairs, self.choices, strict=True):
            if index is None or choice.ef is None:
                rest.append(block)
                continue
            inside, outside = _split(block, index)
            parts.append(
                kernels.engine().walk(
                    index.graph,
                    inside,
                    queries,
                    self.k,
                    min(_MOST_EF, max(wider * choice.ef, self.k)),
                    self.metric,
                    exclude=exclude,
                    threads=self.threads,
                )
            )
            rest += outside
        if rest:
            parts.append(_exactly(rest, queries, self.k, self.metric, exclude, self.threads)[0])
        return exact.merged(parts, self.k)

    def limits(self) -> tuple[list[int], list[tuple[float, float] | None]]:
        """Return the first row of each block, and its limits for `beyond`."""
        limits: list[tuple[float, float] | None] = []
        for (block, index), choice in zip(self.pairs, self.choices, strict=True):
            reach = None if index is None or choice.recall is None else index.table.reach
            share = _qualifying(block) / max(1, len(block.vectors))
            limits.append(reach and reach.nearest(share))
        return [block.first_row for block, _ in self.pairs], limits


def _pays(walk: Speed, scan: Speed, n_queries: int, share: float) -> bool:
    """Whether walks were measured to be faster, if only a share of what they find may answer."""
    if n_queries >= _BATCH:
        return walk.batch * share > scan.batch
    return walk.single * share > scan.single


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


def _short(found: Found, blocks: Sequence[Block], k: int) -> npt.NDArray[np.bool_]:
    """Return the queries for which a walk found fewer rows than the k that may answer."""
    if found.counts.min(initial=k) >= k:
        return np.zeros(len(found.counts), np.bool_)
    there = sum(_qualifying(block) for block in blocks)
    short: npt.NDArray[np.bool_] = found.counts < min(k, there)
    return short


def _replaced(found: Found, places: Int64s, more: Found) -> Found:
    """Return the answers with those of some queries replaced."""
    for mine, theirs in zip(found[:3], more[:3], strict=True):
        mine[places] = theirs
    return found._replace(work=exact.summed([found.work, more.work]))


def _chosen(exclude: Exclusions, queries: Int64s) -> Exclusions:
    """Return the exclusions of some of the queries."""
    offsets, rows = exclude
    groups = [rows[offsets[q] : offsets[q + 1]] for q in queries.tolist()]
    sizes = [len(group) for group in groups]
    return np.concatenate(([0], np.cumsum(sizes, dtype=np.int64))), np.concatenate(groups)


def _qualifying(block: Block) -> int:
    return len(block.vectors) if block.mask is None else count_rows(block.mask)
