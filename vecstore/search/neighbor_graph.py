"""The graph of nearest neighbours: every row of a snapshot against all others."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Progress, Rows, as_groups, check_count
from vecstore.attributes import row_table
from vecstore.errors import StoreExistsError
from vecstore.kernels import Float64s, Int64s, Work, check_threads
from vecstore.metrics import Metric, metric_name
from vecstore.search.exact import summed
from vecstore.search.planner import check_k, planned
from vecstore.search.results import Matches, Plan
from vecstore.snapshot import Snapshot
from vecstore.storage.disk import publish_output
from vecstore.storage.hdf5 import Pieces, map_arrays, write_side_by_side

__all__ = ["MEMORY", "mutual", "neighbors"]

#: Bytes that the search may take, besides the vectors, their codes and the result.
MEMORY = 256 << 20

# Most rows searched in one call, a second or so: interrupts are noticed between calls.
_LARGEST_TILE = 8192
# Bytes that a search keeps per query: for each of its values, and for each neighbour.
_VALUE_BYTES, _NEIGHBOR_BYTES = 16, 256
# Rows of neighbours' neighbours compared at once, in bytes.
_COMPARED_BYTES = 16 << 20


def neighbors(
    snapshot: Snapshot,
    k: int,
    metric: Metric,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
    out: Path | None = None,
    memory: int = MEMORY,
) -> Matches:
    """Return the k nearest other rows of every row, in the order of insertion.

    Row numbers count in that order too. `out` is an HDF5 file to make, which must not exist yet;
    None keeps the answer in memory. `memory` bounds what the search takes, in bytes.
    """
    k, threads = check_k(k, snapshot), check_threads(threads)
    memory = check_count(memory, "memory", 1 << 20)
    tiles = _Tiles(snapshot, k, metric, memory, threads, progress)
    name = metric_name(metric)
    distances, rows = _in_memory(tiles) if out is None else _in_file(tiles, name, out)
    return Matches(
        distances,
        rows,
        np.count_nonzero(rows >= 0, axis=1),
        metric=name,
        take=lambda places: snapshot.take(snapshot.live[places]),
        attributes=lambda places: row_table(snapshot, snapshot.live[places], keys=False),
        single=False,
        plan=tiles.plan,
    )


def mutual(graph: Int64s, first: int = 0, stop: int | None = None) -> npt.NDArray[np.bool_]:
    """Return which neighbours, of rows ``first <= row < stop``, have the row among their own.

    `graph` is ``neighbors(...).rows``, (n, k). Unused places are False.
    """
    n, k = graph.shape
    stop = n if stop is None else stop
    marks = np.empty((stop - first, k), np.bool_)
    # O(k^2) for a row. The graph may lie in a file: some MB of it are read at a time.
    step = max(1, _COMPARED_BYTES // max(1, 8 * k * k))
    for start in range(first, stop, step):
        near = np.asarray(graph[start : min(start + step, stop)])
        rows = np.arange(start, start + len(near))
        # Unused places look up row -1, which is the last, and are masked out.
        back = (graph[near] == rows[:, None, None]).any(axis=2)
        marks[start - first : start - first + len(near)] = back & (near >= 0)
    return marks


class _Tile(NamedTuple):
    """The part of the graph about some rows, from `first` on."""

    first: int
    distances: Float64s
    rows: Int64s


class _Tiles:
    """The graph, one tile after the other: iterate once, then ask for the plan."""

    def __init__(
        self,
        snapshot: Snapshot,
        k: int,
        metric: Metric,
        memory: int,
        threads: int | None,
        progress: Progress | None,
    ) -> None:
        self.shape = len(snapshot), k
        self._snapshot = snapshot
        self._progress = progress
        self._scan = planned(snapshot, len(snapshot), k, metric, threads=threads)
        each = _VALUE_BYTES * snapshot.dim + _NEIGHBOR_BYTES * k
        self._step = max(1, min(_LARGEST_TILE, memory // each))
        self._done: list[tuple[Plan, Work]] = []

    def __iter__(self) -> Iterator[_Tile]:
        live, n = self._snapshot.live, len(self._snapshot)
        for first in range(0, n, self._step):
            rows = live[first : first + self._step]
            # A row is left out by its number, not by its distance: a twin is a neighbour.
            itself = as_groups(np.ones(len(rows), np.int64), rows)
            found, plan = self._scan(self._snapshot.gather(rows, np.float32), itself)
            self._snapshot.check()
            self._done.append((plan, found.work))
            yield _Tile(first, found.distances, self._places(found.rows))
            if self._progress:
                self._progress(first + len(rows), n)

    @property
    def plan(self) -> Plan | None:
        """How the whole was found; None if there was nothing to find."""
        if not self._done:
            return None
        plan, n = self._done[0][0], len(self._snapshot)
        scanned, rescored = summed([work for _, work in self._done])
        survivors = None if rescored is None else rescored / n
        return replace(plan, scanned=scanned / n, survivors=survivors)

    def _places(self, rows: Rows) -> Rows:
        """Return global rows as places in the order of insertion; -1 stays."""
        live = self._snapshot.live
        if len(live) == self._snapshot.rows:
            return rows
        return np.where(rows >= 0, np.searchsorted(live, rows), -1)


def _in_memory(tiles: _Tiles) -> tuple[Float64s, Int64s]:
    distances, rows = np.empty(tiles.shape), np.empty(tiles.shape, np.int64)
    for tile in tiles:
        here = slice(tile.first, tile.first + len(tile.rows))
        distances[here], rows[here] = tile.distances, tile.rows
    return distances, rows


def _in_file(tiles: _Tiles, metric: str, out: Path) -> tuple[Float64s, Int64s]:
    if out.exists():
        raise StoreExistsError(f"{out} exists already; remove it or choose another path.")
    if tiles.shape[0] == 0:
        raise ValueError(f"The store has no rows; there is nothing to write to {out}.")
    arrays = {
        "rows": Pieces(tiles.shape, np.dtype(np.int64), ()),
        "distances": Pieces(tiles.shape, np.dtype(np.float64), ()),
        "mutual": Pieces(tiles.shape, np.dtype(np.uint8), ()),
    }
    label: dict[str, str | int] = {"format": "vecstore neighbors", "metric": metric}
    steps = _steps(tiles, out.parent)
    publish_output(out, lambda new: write_side_by_side(new, label, arrays, steps))
    mapped = map_arrays(out).arrays
    return mapped["distances"], mapped["rows"]


def _steps(tiles: _Tiles, folder: Path) -> Iterator[dict[str, npt.NDArray[Any]]]:
    """Yield the tiles, then the marks of mutual neighbours, which need the whole graph."""
    # A file that is being written cannot be read yet, so a second copy is kept until then.
    with TemporaryFile(dir=folder) as scratch:
        if hasattr(os, "posix_fallocate"):  # a full disk is an error here, but a signal later
            os.posix_fallocate(scratch.fileno(), 0, 8 * tiles.shape[0] * tiles.shape[1])
        graph = np.memmap(scratch, np.int64, "w+", shape=tiles.shape)
        for tile in tiles:
            graph[tile.first : tile.first + len(tile.rows)] = tile.rows
            yield {"rows": tile.rows, "distances": tile.distances}
        for first in range(0, len(graph), _LARGEST_TILE):
            marks = mutual(graph, first, min(first + _LARGEST_TILE, len(graph)))
            yield {"mutual": marks.view(np.uint8)}
