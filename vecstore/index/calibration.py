"""How good a graph is: the recall that a walk was measured to have, and what it costs.

The queries are rows that were taken out of the graph for the purpose, with all that lies so near
them that it is another copy: unlike rows whose copies are in the graph, they are as hard to find
neighbours of as what is not stored. Where there are copies, rows are taken out alone as well, and
what is assured is what both find. What a walk finds is compared with what the exact search finds.
For other queries than rows are, one may bring some along.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial
from math import sqrt
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from vecstore import kernels
from vecstore.arrays import Block
from vecstore.index import exact
from vecstore.index.graph import Graph
from vecstore.index.holding import held_out, hiding, without
from vecstore.kernels.contract import Float32s, Found

__all__ = ["DEPTHS", "Speed", "Step", "Table", "calibrate", "recall", "remoteness"]

#: The k that recall is measured at.
DEPTHS = (1, 10, 100)

_LADDER = (10, 14, 20, 28, 40, 56, 80, 112, 160, 224, 320, 448, 640, 896, 1280)
_HELD_OUT = "held-out rows"
_ALONE = 48  # queries that are timed one by one
_ENOUGH = 0.999
# Queries may be harder than rows. Where these are noisy copies of each other, walks that are narrow
# miss up to 1.4 times as many neighbours of new vectors as of copies that are not in the graph.
# Under euclidean, rare words among frequent ones, which are shorter, miss 2.8 times as many.
_HARDER = {"cosine": 1.5, "dot": 1.5, "euclidean": 3.0}


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
        out, 1.5 times what they missed is allowed for, 3 times under euclidean.
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
    reach : tuple of float or None
        At each of `DEPTHS`, the farthest that a neighbour was of any query; of tables before this
        was measured, None: their held-out rows had copies in the graph, and nothing is assured.
    """

    steps: tuple[Step, ...]
    exact: Speed
    queries: int
    source: str
    reach: tuple[float, ...] | None = None

    @property
    def outdated(self) -> bool:
        """Whether the queries may have had copies in the graph."""
        return self.reach is None and self.source == _HELD_OUT and bool(self.steps)

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
        if depth is None or self.outdated:
            return None
        least = depth if k == DEPTHS[depth] else max(0, depth - 1)
        enough = (step for step in self.steps if min(step.assured[least : depth + 1]) >= wanted)
        return next(enough, None)

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
            "reach": None if self.reach is None else list(self.reach),
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
            reach = fields.get("reach")
            table = cls(
                steps,
                _speed(fields["exact"]),
                int(fields["queries"]),
                str(fields["source"]),
                None if reach is None else tuple(float(far) for far in reach),
            )
        except (TypeError, KeyError, ValueError) as error:
            raise ValueError(f"its measurements are no table ({error})") from None
        wrong = table.reach is not None and len(table.reach) != len(DEPTHS)
        if wrong or any(step.ef < 1 or len(step.assured) != len(DEPTHS) for step in steps):
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
    if queries is not None:
        trials = [_trial(graph, block, queries, metric, threads)] if len(queries) else []
    else:
        trials = [
            _trial(without(graph, gone), hiding(block, gone), chosen, metric, threads)
            for chosen, gone in held_out(graph, block, metric, seed, threads)
        ]
    source, harder = (_HELD_OUT, _HARDER[metric]) if queries is None else ("given", 1.0)
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
    steps: list[Step] = []
    for ef in _LADDER:
        shares = [_shares(trial, ef, metric, threads) for trial in trials]
        assured = [[_assured(share, harder) for share in some] for some in shares]
        walk = partial(_walked, last.graph, last.block, k=10, ef=ef, metric=metric)
        single = _seconds(partial(_one_by_one, walk, alone))
        speed = Speed(
            len(alone) / single, len(batch) / _seconds(partial(walk, batch, threads=threads))
        )
        means = tuple(float(share.mean()) for share in shares[-1])
        steps.append(Step(ef, means, tuple(map(min, zip(*assured, strict=True))), speed))
        if min(steps[-1].assured) >= _ENOUGH:
            break
    return Table(tuple(steps), exact_speed, len(batch), source, _reach(last, metric))


class _Trial(NamedTuple):
    """Queries, what they are asked of, and the exact answers."""

    graph: Graph
    block: Block
    queries: Float32s
    truth: Found


def _trial(
    graph: Graph, block: Block, queries: Float32s, metric: str, threads: int | None
) -> _Trial:
    truth = _scanned(block, queries, metric=metric, k=DEPTHS[-1], threads=threads)
    return _Trial(graph, block, queries, truth)


def _shares(
    trial: _Trial, ef: int, metric: str, threads: int | None
) -> list[npt.NDArray[np.float64]]:
    """Return which share of the neighbours walks of a width find, at each of the depths."""
    graph, block, queries, truth = trial
    found = (
        _walked(graph, block, queries, k=k, ef=ef, metric=metric, threads=threads) for k in DEPTHS
    )
    return [recall(some, truth, k) for some, k in zip(found, DEPTHS, strict=True)]


def _reach(trial: _Trial, metric: str) -> tuple[float, ...]:
    """Return how far neighbours were of the query that was farthest from them."""
    far = remoteness(trial.truth.distances, trial.queries, metric)
    there = int(trial.truth.counts.min(initial=DEPTHS[-1]))
    return tuple(float(far[:, min(k, max(1, there)) - 1].max()) for k in DEPTHS)


def remoteness(
    distances: npt.NDArray[np.float64], queries: Float32s, metric: str
) -> npt.NDArray[np.float64]:
    """Return distances that do not depend on the length of a query where its answer does not."""
    if metric != "dot":
        return distances
    lengths = np.sqrt(np.square(queries, dtype=np.float64).sum(axis=1, keepdims=True))
    scaled: npt.NDArray[np.float64] = distances / np.maximum(lengths, np.finfo(np.float64).tiny)
    return scaled


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
