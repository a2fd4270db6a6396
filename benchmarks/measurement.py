"""One peer on one dataset: how it is measured, and what a measurement is."""

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from benchmarks.answers import Rows, Truth, assert_exact, recall
from benchmarks.datasets import Dataset
from benchmarks.machine import held_to
from benchmarks.ours import OURS
from benchmarks.peer import Peer, Search

__all__ = ["Measurement", "measurements"]

_FEWEST_ROUNDS = 3


class Measurement(NamedTuple):
    """What one way to search one dataset came to.

    Attributes
    ----------
    peer, name, version : str
        Who searched; `name` says with which setting.
    exact, ours : bool
        Whether every true neighbour was found, in the batch and one by one; whether it is vecstore.
    recall : float
        Of the batch and of the single queries, the smaller.
    batch : float
        Queries per second, all queries in one call; the fastest of several rounds.
    single : float
        Queries per second, one query to a call; from the median time of a call.
    prepared : float
        Seconds to get ready: copy, convert, build.
    """

    peer: str
    name: str
    version: str
    exact: bool
    ours: bool
    recall: float
    batch: float
    single: float
    prepared: float


def measurements(
    peer: Peer, data: Dataset, truth: Truth, threads: int, seconds: float
) -> Iterator[Measurement]:
    """Prepare a peer once and measure each of its settings.

    Parameters
    ----------
    peer : Peer
        Who searches; ImportError if it is not installed.
    data : Dataset
        What is searched.
    truth : Truth
        The neighbours of all its queries; says how many are asked for.
    threads : int
        How many threads everybody has.
    seconds : float
        How long to measure batches, and how long single queries.

    Yields
    ------
    Measurement
        One for each setting.
    """
    start = time.perf_counter()
    search = peer.prepare(data.vectors, data.metric, threads)
    prepared = time.perf_counter() - start
    k = truth.rows.shape[1]
    for setting in peer.settings:
        with held_to(threads):
            batch_seconds, batch_rows = _batch(search, data, k, setting, seconds)
            single_seconds, single_rows = _single(search, data, k, setting, seconds)
        asked = data.queries[: len(single_rows)]
        if peer in OURS:
            assert_exact(data.vectors, data.queries, batch_rows, truth)
            assert_exact(data.vectors, asked, single_rows, truth.first(len(asked)))
        found = min(
            recall(data.vectors, data.queries, batch_rows, truth),
            recall(data.vectors, asked, single_rows, truth.first(len(asked))),
        )
        yield Measurement(
            peer.name,
            peer.label(setting),
            peer.version(),
            found == 1.0 and peer.exact,
            peer in OURS,
            found,
            len(data.queries) / batch_seconds,
            1 / single_seconds,
            prepared,
        )


def _batch(
    search: Search, data: Dataset, k: int, setting: Any, seconds: float
) -> tuple[float, Rows]:
    rows = search(data.queries, k, setting)
    times: list[float] = []
    while len(times) < _FEWEST_ROUNDS or sum(times) < seconds:
        start = time.perf_counter()
        search(data.queries, k, setting)
        times.append(time.perf_counter() - start)
    return min(times), rows


def _single(
    search: Search, data: Dataset, k: int, setting: Any, seconds: float
) -> tuple[float, Rows]:
    rows: list[Rows] = []
    times: list[float] = []
    search(data.queries[:1], k, setting)
    while len(rows) < len(data.queries) and (len(rows) < _FEWEST_ROUNDS or sum(times) < seconds):
        query = data.queries[len(rows) : len(rows) + 1]
        start = time.perf_counter()
        rows.append(search(query, k, setting))
        times.append(time.perf_counter() - start)
    return float(np.median(times)), np.concatenate(rows)
