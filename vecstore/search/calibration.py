"""How good a graph is: the recall that its walks are measured to have, and what they cost.

The queries are rows that are taken out of the graph for the purpose, along with all rows so near
them that they count as copies. A row whose copies are in the graph would be easy to find neighbours
of; without them, it is as hard as a query that is not stored. If there are copies, rows are also
taken out alone, and the lower of both results is assured. Walks are compared with the exact search.

Queries may lie farther from the rows than rows do from each other, and walks find less for those
that do. So the assured recall is the lowest over three thirds of the held-out rows, by distance: it
holds whatever their mix. A search does more for queries that lie farther than nearly all of them.
If queries will be unlike rows, the caller may bring some along.
"""

import time
from collections.abc import Callable
from functools import partial
from math import sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore import kernels
from vecstore.arrays import Block
from vecstore.index import DEPTHS, HELD_OUT, Graph, Reach, Speed, Step, Table, remoteness
from vecstore.kernels import Float32s, Found
from vecstore.search import exact
from vecstore.search.holding import held_out, hiding, without

__all__ = ["calibrate", "recall"]

_LADDER = (10, 14, 20, 28, 40, 56, 80, 112, 160, 224, 320, 448, 640, 896, 1280)
_ALONE = 48  # queries that are timed one by one
_ENOUGH = 0.999
# Held-out rows are split by the distance of their nearest row, if each part gets this many.
_PARTS, _LEAST_IN_PART = 3, 24


def calibrate(
    graph: Graph,
    block: Block,
    metric: str,
    *,
    queries: Float32s | None = None,
    threads: int | None = None,
    seed: int = 0,
) -> Table:
    """Measure a graph; the block has codes, and its mask says which rows the graph has.

    `queries` are like those that will be asked; None takes rows out of the graph. The table has no
    steps if there are too few rows for that.
    """
    # This takes about as long as 2,000 exact queries in a batch, and two walks of each width.
    if queries is not None:
        trials = [_trial(graph, block, queries, metric, threads)] if len(queries) else []
    else:
        trials = [
            _trial(without(graph, gone), hiding(block, gone), chosen, metric, threads)
            for chosen, gone in held_out(graph, block, metric, seed, threads)
        ]
    source, parts = (HELD_OUT, _PARTS) if queries is None else ("given", 1)
    if not trials:
        return Table((), Speed(0.0, 0.0), 0, source)
    # Speed and mean recall are those of the last trial: queries without copies, if there are any.
    last = trials[-1]
    batch, alone = last.queries, last.queries[:_ALONE]
    scan = partial(_scanned, last.block, metric=metric, k=10)
    exact_speed = Speed(
        len(alone) / _seconds(partial(_one_by_one, scan, alone)),
        len(batch) / _seconds(partial(scan, batch, threads=threads)),
    )
    reach = Reach.measured(last.truth, batch, metric)
    steps: list[Step] = []
    # Widths grow until 99.9 % are found at every depth.
    for ef in _LADDER:
        shares = [_shares(trial, ef, metric, threads) for trial in trials]
        assured = [
            [_assured(share, trial.remote, parts) for share in some]
            for some, trial in zip(shares, trials, strict=True)
        ]
        walk = partial(_walked, last.graph, last.block, k=10, ef=ef, metric=metric)
        single = _seconds(partial(_one_by_one, walk, alone))
        speed = Speed(
            len(alone) / single, len(batch) / _seconds(partial(walk, batch, threads=threads))
        )
        means = tuple(float(share.mean()) for share in shares[-1])
        steps.append(Step(ef, means, tuple(map(min, zip(*assured, strict=True))), speed))
        if min(share.mean() for some in shares for share in some) >= _ENOUGH:
            break
    return Table(tuple(steps), exact_speed, len(batch), source, reach)


class _Trial(NamedTuple):
    """Queries, the graph and block to ask, the exact answers, and the distance of their nearest."""

    graph: Graph
    block: Block
    queries: Float32s
    truth: Found
    remote: npt.NDArray[np.float64]


def _trial(
    graph: Graph, block: Block, queries: Float32s, metric: str, threads: int | None
) -> _Trial:
    truth = _scanned(block, queries, metric=metric, k=DEPTHS[-1], threads=threads)
    remote = remoteness(truth.distances[:, :1], queries, metric)[:, 0]
    return _Trial(graph, block, queries, truth, remote)


def _shares(
    trial: _Trial, ef: int, metric: str, threads: int | None
) -> list[npt.NDArray[np.float64]]:
    """Return the share of the neighbours that walks of one width find, at each of `DEPTHS`."""
    graph, block, queries, truth, _ = trial
    found = (
        _walked(graph, block, queries, k=k, ef=ef, metric=metric, threads=threads) for k in DEPTHS
    )
    return [recall(some, truth, k) for some, k in zip(found, DEPTHS, strict=True)]


def recall(found: Found, truth: Found, k: int) -> npt.NDArray[np.float64]:
    """Return the share of the k nearest that was found, per query."""
    k = min(k, int(truth.counts.min(initial=k)))
    if k == 0:
        return np.ones(len(truth.counts))
    # A row counts if it is not farther than the k-th nearest, so among equal distances it does not
    # matter which row was taken. ann-benchmarks defines recall like this (Aumueller, Bernhardsson
    # and Faithfull, 2020, Information Systems 87).
    farthest = truth.distances[:, k - 1 : k]
    hits = (found.rows[:, :k] >= 0) & (found.distances[:, :k] <= farthest)
    shares: npt.NDArray[np.float64] = hits.sum(axis=1) / k
    return shares


def _scanned(block: Block, queries: Float32s, *, metric: str, k: int, threads: int | None) -> Found:
    path = exact.choose(
        kernels.level(kernels.engine()),
        rows=len(block.vectors),
        qualifying=len(block.vectors),
        dim=block.vectors.shape[1],
        n_queries=len(queries),
        k=k,
    )
    return exact.search([block], queries, k, metric, path, threads=threads)[0]


def _walked(
    graph: Graph,
    block: Block,
    queries: Float32s,
    *,
    k: int,
    ef: int,
    metric: str,
    threads: int | None,
) -> Found:
    engine = kernels.engine()
    return engine.walk(graph, block, queries, k, max(ef, k), metric, threads=threads)


def _one_by_one(search: Callable[..., Found], queries: Float32s) -> None:
    for query in queries:
        search(query[None], threads=1)


def _assured(shares: npt.NDArray[np.float64], remote: npt.NDArray[np.float64], parts: int) -> float:
    """Return a lower bound for the true mean, from the worst of some parts by distance."""
    parts = max(1, min(parts, len(shares) // _LEAST_IN_PART))
    groups = [shares[some] for some in np.array_split(np.argsort(remote, kind="stable"), parts)]
    # That all of n queries found everything does not mean that the next one will: if one in n / 3
    # missed, one such trial in twenty would not show it. So the whole gets one more query, which
    # found nothing.
    groups.append(np.append(shares, 0.0))
    return max(0.0, min(float(one.mean() - 2 * one.std() / sqrt(len(one))) for one in groups))


def _seconds(work: Callable[[], object]) -> float:
    """Return the time of the better of two runs, or of one that is long."""
    best = np.inf
    for _ in range(2):
        begun = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begun)
        if best > 1.0:
            break
    return max(best, 1e-9)
