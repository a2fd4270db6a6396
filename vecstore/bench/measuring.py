"""Measure recall and queries per second of a library, for each setting of its knob."""

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from vecstore.bench.data import Data, recall
from vecstore.bench.peers import Peer, Search, unit

__all__ = ["Measurement", "measure"]

# Recall beyond which a wider search gains nothing.
_ENOUGH = 0.9995


class Measurement(NamedTuple):
    """The result for one setting of one library."""

    algorithm: str  # the name of the peer
    setting: str  # "ef=64"; empty for a library without a knob
    recall: float  # of the batch, over all queries
    single: float  # queries per second, one per call: the median call
    batch: float  # queries per second, all in one call: the best round
    build_seconds: float
    k: int
    threads: int


def measure(
    peer: Peer, data: Data, *, k: int = 10, threads: int = 1, seconds: float = 1.0
) -> Iterator[Measurement]:
    """Build once, then measure each setting until one finds nearly everything.

    Raises ImportError if the library is not installed. Batches and single queries are each timed
    for at least `seconds`.
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
    """Return queries per second when each query waits for the one before."""
    times: list[float] = []
    while sum(times) < seconds or len(times) < 3:
        query = data.test[len(times) % len(data.test)][None]
        begun = time.perf_counter()
        search(query, k, knob)
        times.append(time.perf_counter() - begun)
    return float(1 / np.median(times))
