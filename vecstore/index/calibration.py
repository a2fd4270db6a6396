"""How good a graph is: the recall that a walk was measured to have, and what it costs.

The queries are rows that were taken out of the graph for the purpose: unlike rows that are in it,
or copies of such rows, they are as hard to find neighbours of as what is not stored. What a walk
finds of them is compared with what the exact search finds. For other queries than rows are, one
may bring some along.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial
from math import sqrt
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from vecstore import kernels
from vecstore.arrays import Block, as_words
from vecstore.index import exact
from vecstore.index.graph import NOBODY, Graph
from vecstore.kernels.blocks import allowed
from vecstore.kernels.contract import Float32s, Found, Int64s

__all__ = ["DEPTHS", "Speed", "Step", "Table", "calibrate", "recall"]

#: The k that recall is measured at.
DEPTHS = (1, 10, 100)

_LADDER = (10, 14, 20, 28, 40, 56, 80, 112, 160, 224, 320, 448, 640, 896, 1280)
_HELD_OUT = "held-out rows"
_QUERIES = 512
_ALONE = 48  # queries that are timed one by one
_ENOUGH = 0.999
# Queries may be harder than rows. Where these are noisy copies of each other, walks that are narrow
# miss up to 1.4 times as many neighbours of new vectors as of copies that are not in the graph.
_HARDER = 1.5


class Speed(NamedTuple):
    """Queries per second on the machine that measured.

    Attributes
    ----------
    single : float
        One by one, each waiting for the one before.
    batch : float
        Hundreds in a call, on all threads.
    """

    single: float
    batch: float


class Step(NamedTuple):
    """What a walk with one width of its candidate list achieves.

    Attributes
    ----------
    ef : int
        The width.
    recall : tuple of float
        At each of `DEPTHS`, the share of the true neighbours found, on average.
    assured : tuple of float
        What a caller is promised: the same less two standard errors; and of rows that were held
        out, half as much again as they missed is allowed for.
    speed : Speed
        At a k of 10.
    """

    ef: int
    recall: tuple[float, ...]
    assured: tuple[float, ...]
    speed: Speed


class Table(NamedTuple):
    """What was measured of one graph.

    Attributes
    ----------
    steps : tuple of Step
        From the narrowest walk to the widest.
    exact : Speed
        Of the exact search of the same rows.
    queries : int
        How many there were.
    source : str
        ``"held-out rows"``, or ``"given"``.
    """

    steps: tuple[Step, ...]
    exact: Speed
    queries: int
    source: str

    def step(self, wanted: float, k: int) -> Step | None:
        """Return the narrowest walk that is assured to find enough.

        Parameters
        ----------
        wanted : float
            The recall asked for.
        k : int
            Neighbours asked for; recall is taken at the next larger of `DEPTHS`.

        Returns
        -------
        Step or None
            None if no walk was measured to do it.
        """
        depth = next((place for place, deep in enumerate(DEPTHS) if k <= deep), None)
        if depth is None:
            return None
        return next((step for step in self.steps if step.assured[depth] >= wanted), None)

    def to_json(self) -> dict[str, Any]:
        """Return the table as JSON has it.

        Returns
        -------
        dict
            For `from_json`.
        """
        return {
            "steps": [step._asdict() | {"speed": step.speed._asdict()} for step in self.steps],
            "exact": self.exact._asdict(),
            "queries": self.queries,
            "source": self.source,
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """Return the table that `to_json` described.

        Parameters
        ----------
        fields : mapping
            Nothing in it is believed.

        Returns
        -------
        Table
            The same.

        Raises
        ------
        ValueError
            If it is none.
        """
        try:
            steps = tuple(
                Step(
                    int(one["ef"]),
                    tuple(float(share) for share in one["recall"]),
                    tuple(float(share) for share in one["assured"]),
                    _speed(one["speed"]),
                )
                for one in fields["steps"]
            )
            table = cls(
                steps, _speed(fields["exact"]), int(fields["queries"]), str(fields["source"])
            )
        except (TypeError, KeyError, ValueError) as error:
            raise ValueError(f"its measurements are no table ({error})") from None
        if any(step.ef < 1 or len(step.assured) != len(DEPTHS) for step in steps):
            raise ValueError("its measurements are no table")
        return table


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
    source = "given"
    if queries is None:
        source, held = _HELD_OUT, _held_out(graph, block, seed)
        queries = np.asarray(block.vectors[held], np.float32)
        graph, block = _without(graph, held), _hiding(block, held)
    if not len(queries):
        return Table((), Speed(0.0, 0.0), 0, source)
    truth = _scanned(block, queries, metric=metric, k=DEPTHS[-1], threads=threads)
    alone = queries[:_ALONE]
    scan = partial(_scanned, block, metric=metric, k=10)
    exact_speed = Speed(
        len(alone) / _seconds(partial(_one_by_one, scan, alone)),
        len(queries) / _seconds(partial(scan, queries, threads=threads)),
    )
    steps: list[Step] = []
    for ef in _LADDER:
        found = [
            _walked(graph, block, queries, k=k, ef=ef, metric=metric, threads=threads)
            for k in DEPTHS
        ]
        shares = [recall(some, truth, k) for some, k in zip(found, DEPTHS, strict=True)]
        walk = partial(_walked, graph, block, k=10, ef=ef, metric=metric)
        single = _seconds(partial(_one_by_one, walk, alone))
        batch = _seconds(partial(walk, queries, threads=threads))
        speed = Speed(len(alone) / single, len(queries) / batch)
        means = tuple(float(share.mean()) for share in shares)
        harder = _HARDER if source == _HELD_OUT else 1.0
        assured = tuple(_assured(share, harder) for share in shares)
        steps.append(Step(ef, means, assured, speed))
        if min(steps[-1].assured) >= _ENOUGH:
            break
    return Table(tuple(steps), exact_speed, len(queries), source)


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


def _held_out(graph: Graph, block: Block, seed: int) -> Int64s:
    """Return rows that can be taken out of the graph: none that a level above needs, few of all."""
    free = allowed(block)
    for level in graph.levels[-1:]:  # the lowest of them has all nodes of those above
        free[level.down] = False
    if not graph.levels and len(free):
        free[graph.entry] = False
    rows = np.flatnonzero(free)
    size = min(_QUERIES, len(rows) // 16)
    return np.sort(np.random.default_rng(seed).choice(rows, size, replace=False))


def _without(graph: Graph, held: Int64s) -> Graph:
    """Return the graph without links to some rows."""
    gone = np.zeros(len(graph.links) + 1, np.bool_)  # the place at the end is nobody's
    gone[held] = True
    links = graph.links.copy()
    doomed = gone[np.minimum(links, len(gone) - 1)]
    for row in np.flatnonzero(doomed.any(axis=1)).tolist():
        left = links[row][~doomed[row]]
        links[row] = NOBODY
        links[row, : len(left)] = left
    return graph._replace(links=links)


def _hiding(block: Block, held: Int64s) -> Block:
    free = allowed(block)
    free[held] = False
    return block._replace(mask=as_words(free))


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


def _assured(shares: npt.NDArray[np.float64], harder: float) -> float:
    """Return a mean that the true one is hardly below, if so many times as much is missed."""
    least = float(shares.mean() - 2 * shares.std() / sqrt(len(shares)))
    return max(0.0, 1 - harder * (1 - least))


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


def _speed(fields: Mapping[str, Any]) -> Speed:
    return Speed(float(fields["single"]), float(fields["batch"]))
