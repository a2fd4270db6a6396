"""How fast and how well a library searches: two numbers for every setting of its knob."""

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from vecstore.bench.data import Data, recall
from vecstore.bench.peers import Peer, Search, unit

__all__ = ["Measurement", "measure"]

# Nothing is gained from wider walks beyond.
_ENOUGH = 0.9995


class Measurement(NamedTuple):
    """One setting of one library.

    Attributes
    ----------
    algorithm : str
        The name of the peer.
    setting : str
        Its knob, ``"ef=64"``; empty where there is none.
    recall : float
        Of the batch, over all queries.
    single : float
        Queries per second, one to a call: the median call.
    batch : float
        Queries per second, all in one call: the best of the rounds.
    build_seconds : float
        To get ready.
    k, threads : int
        What was asked for.
    """

    algorithm: str
    setting: str
    recall: float
    single: float
    batch: float
    build_seconds: float
    k: int
    threads: int


def measure(
    peer: Peer, data: Data, *, k: int = 10, threads: int = 1, seconds: float = 1.0
) -> Iterator[Measurement]:
    """Build once, and measure each setting until one finds nearly everything.

    Parameters
    ----------
    peer : Peer
        Who searches.
    data : Data
        What is searched.
    k : int, default 10
        Neighbours per query, at most as many as the data has.
    threads : int, default 1
        For building, and for searching.
    seconds : float, default 1
        How long to measure batches, and how long single queries, at least.

    Yields
    ------
    Measurement
        One for each setting.

    Raises
    ------
    ValueError
        If `k` is more than the true neighbours that there are.
    ImportError
        If the library is not installed.
    """
    if not 1 <= k <= data.neighbors.shape[1]:
        raise ValueError(f"`k` must be from 1 to {data.neighbors.shape[1]}; got {k}.")
    begun = time.perf_counter()
    search = peer.build(data.train, data.metric, threads)
    built = time.perf_counter() - begun
    asked = data._replace(test=unit(data.test, data.metric))
    for knob in peer.knobs:
        batch, share = _batch(search, asked, k, knob, seconds)
        yield Measurement(
            peer.name,
            "" if knob is None else f"{peer.knob}={knob}",
            share,
            _single(search, asked, k, knob, seconds),
            batch,
            built,
            k,
            threads,
        )
        if share >= _ENOUGH:
            break


def _batch(search: Search, data: Data, k: int, knob: Any, seconds: float) -> tuple[float, float]:
    """Return queries per second of whole batches, and their recall."""
    rows = search(data.test, k, knob)
    best, spent = np.inf, 0.0
    while spent < seconds or best == np.inf:
        begun = time.perf_counter()
        search(data.test, k, knob)
        took = time.perf_counter() - begun
        best, spent = min(best, took), spent + took
    return len(data.test) / best, recall(data, rows)


def _single(search: Search, data: Data, k: int, knob: Any, seconds: float) -> float:
    """Return queries per second of queries that wait for each other."""
    times: list[float] = []
    while sum(times) < seconds or len(times) < 3:
        query = data.test[len(times) % len(data.test)][None]
        begun = time.perf_counter()
        search(query, k, knob)
        times.append(time.perf_counter() - begun)
    return float(1 / np.median(times))
