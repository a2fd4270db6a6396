"""How good a graph is: the recall that a walk was measured to have, and what it costs.

The queries are rows that were taken out of the graph for the purpose, with all that lies so near
them that it is another copy: unlike rows whose copies are in the graph, they are as hard to find
neighbours of as what is not stored. Where there are copies, rows are taken out alone as well, and
what is assured is what both find. What a walk finds is compared with what the exact search finds.

Queries may lie farther from the rows than rows do from each other, and less is found of those that
do. What is assured is therefore found of the nearest third of the rows that were taken out, of the
middle one and of the farthest: it holds whatever their mix. A search does more for what lies
farther than nearly all of them. For other queries than rows are, one may bring some along.
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
# Held-out rows are parted by how far their nearest is, if so many are in a part.
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
    """Measure a graph.

    Parameters
    ----------
    graph : Graph
        Over the rows of the block.
    block : Block
        With codes. Its mask says which rows the graph has.
    metric : str
        What near means.
    queries : ndarray of float32, shape (n, dim), or None
        What will be asked; None takes rows out of the graph.
    threads : int or None
        For batches.
    seed : int, default 0
        Of the choice of rows.

    Returns
    -------
    Table
        Without steps, if there are too few rows to take some out.

    Notes
    -----
    Takes about as long as 2,000 exact queries in a batch, and two walks of each width. Widths grow
    until 99.9 % are found at every depth.
    """
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
    # Speed and mean recall are those of the last: of queries without copies, where there are some.
    last = trials[-1]
    batch, alone = last.queries, last.queries[:_ALONE]
    scan = partial(_scanned, last.block, metric=metric, k=10)
    exact_speed = Speed(
        len(alone) / _seconds(partial(_one_by_one, scan, alone)),
        len(batch) / _seconds(partial(scan, batch, threads=threads)),
    )
    reach = Reach.measured(last.truth, batch, metric)
    steps: list[Step] = []
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
    """Queries, what they are asked of, the exact answers, and how far the nearest of these are."""

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
    """Return which share of the neighbours walks of a width find, at each of the depths."""
    graph, block, queries, truth, _ = trial
    found = (
        _walked(graph, block, queries, k=k, ef=ef, metric=metric, threads=threads) for k in DEPTHS
    )
    return [recall(some, truth, k) for some, k in zip(found, DEPTHS, strict=True)]


def recall(found: Found, truth: Found, k: int) -> npt.NDArray[np.float64]:
    """Return which share of the k nearest was found, per query.

    Parameters
    ----------
    found : Found
        An answer of at least k places, or of all rows there are.
    truth : Found
        The exact one, of at least as many.
    k : int
        How many count.

    Returns
    -------
    ndarray of float64, shape (n_queries,)
        A row counts if it is not farther than the k-th nearest, so that equal distances do not
        depend on which row was taken: recall as ann-benchmarks defines it.

    References
    ----------
    .. [1] Aumueller, Bernhardsson and Faithfull, 2020, "ANN-Benchmarks: a benchmarking tool for
       approximate nearest neighbor algorithms", Information Systems 87.
    """
    k = min(k, int(truth.counts.min(initial=k)))
    if k == 0:
        return np.ones(len(truth.counts))
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
    """Return a mean that the true one is hardly below, of the worst of some parts by distance.

    That all of n queries found everything does not say that the next one will: if one in n / 3
    missed, one such trial in twenty would not show it. So the whole gets another query, which
    found nothing.
    """
    parts = max(1, min(parts, len(shares) // _LEAST_IN_PART))
    groups = [shares[some] for some in np.array_split(np.argsort(remote, kind="stable"), parts)]
    groups.append(np.append(shares, 0.0))
    return max(0.0, min(float(one.mean() - 2 * one.std() / sqrt(len(one))) for one in groups))


def _seconds(work: Callable[[], object]) -> float:
    """Return the time of the better of two runs; one, where it is long."""
    best = np.inf
    for _ in range(2):
        begun = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begun)
        if best > 1.0:
            break
    return max(best, 1e-9)
