"""How the Numba engine spreads a scan: groups of queries, spans of rows, and the merged answer."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from vecstore.arrays import Block, Exclusions
from vecstore.kernels.contract import Float64s, Found, Int64s, Work
from vecstore.kernels.jit_arrays import line, widened
from vecstore.kernels.jit_state import Best, Rows, new_best
from vecstore.kernels.threads import in_threads, thread_count

__all__ = ["scan_all"]

# Queries scanned together: packed, 100 dimensions of them fill a first-level cache.
_GROUP = 64

# Multiplications below which the threads would cost more than they save: about a millisecond.
_WORTH_THREADS = 1 << 22

#: Rows start <= row < stop of a block.
Piece = tuple[Block, int, int]
#: Scans rows start <= row < stop of a tile for the queries of one task.
Scan = Callable[[Rows, int, int, Best], None]


def scan_all(
    blocks: Sequence[Block],
    n_queries: int,
    k: int,
    prepare: Callable[[int, int], Scan],
    exclude: Exclusions | None,
    threads: int | None,
) -> Found:
    """Scan every block for every query and return the k best rows of each.

    Parameters
    ----------
    blocks : sequence of Block
        The rows.
    n_queries, k : int
        As for `search`.
    prepare : callable
        ``prepare(start, stop)`` returns the scan for queries start to stop; called once per task,
        because a scan keeps running limits.
    exclude : (offsets, rows) or None
        As for `search`.
    threads : int or None
        Threads to use at most.

    Returns
    -------
    Found
        As `search` returns it.
    """
    offsets, excluded = _sorted_exclusions(exclude, n_queries)
    values = sum(block.vectors.size for block in blocks) * n_queries
    workers = thread_count(threads) if values > _WORTH_THREADS else 1
    groups = [(at, min(at + _GROUP, n_queries)) for at in range(0, n_queries, _GROUP)]
    # Few groups leave threads idle: then the rows are split as well, and the parts merged.
    spans = _spans(blocks, 1 if _are_even(len(groups), workers) else workers)
    tasks = [(group, span) for group in groups for span in spans]

    def work(task: tuple[tuple[int, int], list[Piece]]) -> Best:
        (start, stop), span = task
        best = new_best(stop - start, k, offsets[start : stop + 1], excluded)
        scan = prepare(start, stop)
        for piece in span:
            for rows, first, last in _tiles(*piece):
                scan(rows, first, last, best)
        return best

    parts = in_threads(work, tasks, workers)
    found_distances = np.empty((n_queries, k))
    found_rows = np.empty((n_queries, k), dtype=np.int64)
    counts = np.empty(n_queries, dtype=np.int64)
    for i, (start, stop) in enumerate(groups):
        merged = _merged(parts[i * len(spans) : (i + 1) * len(spans)], k)
        found_distances[start:stop], found_rows[start:stop], counts[start:stop] = merged
    scanned = n_queries * sum(len(block.vectors) for block in blocks)
    return Found(found_distances, found_rows, counts, Work(scanned, None))


def _are_even(n_groups: int, workers: int) -> bool:
    """Return whether the groups alone keep every worker busy, almost to the end."""
    return n_groups % workers == 0 or n_groups >= 8 * workers


def _sorted_exclusions(exclude: Exclusions | None, n_queries: int) -> Exclusions:
    """Return the excluded rows of each query ascending, for bisection."""
    if exclude is None:
        return np.zeros(n_queries + 1, dtype=np.int64), np.empty(0, dtype=np.int64)
    offsets, rows = (np.array(part, dtype=np.int64) for part in exclude)
    owners = np.repeat(np.arange(n_queries), np.diff(offsets))
    return offsets, rows[np.lexsort((rows, owners))]


def _spans(blocks: Sequence[Block], parts: int) -> list[list[Piece]]:
    """Cut all rows into `parts` spans of equal length, in order."""
    total = sum(len(block.vectors) for block in blocks)
    edges = [total * i // parts for i in range(parts + 1)]
    spans: list[list[Piece]] = []
    for low, high in pairwise(edges):
        span, passed = [], 0
        for block in blocks:
            start, stop = max(low - passed, 0), min(high - passed, len(block.vectors))
            if start < stop:
                span.append((block, start, stop))
            passed += len(block.vectors)
        spans.append(span)
    return spans


def _tiles(block: Block, start: int, stop: int) -> Iterator[tuple[Rows, int, int]]:
    """Yield the rows of a block as compiled scans take them."""
    norms, mask = block.inverse_norms, block.mask
    inverse_norms = line(np.empty(0, np.float32) if norms is None else norms)
    words = line(np.empty(0, np.uint64) if mask is None else mask)
    for first, last, values, stride in widened(block.vectors, start, stop):
        yield Rows(values, stride, first, block.first_row, inverse_norms, words), first, last


def _merged(parts: list[Best], k: int) -> tuple[Float64s, Int64s, Int64s]:
    """Return the k best of all parts, sorted by (distance, row)."""
    distances = np.concatenate([part.distances for part in parts], axis=1)
    rows = np.concatenate([part.rows for part in parts], axis=1)
    counts = np.minimum(sum(part.counts for part in parts), k)
    order = np.lexsort((rows, distances), axis=-1)[:, :k]
    near = np.take_along_axis(distances, order, axis=1)
    found = np.take_along_axis(rows, order, axis=1)
    found[np.arange(k) >= counts[:, None]] = -1
    return near, found, counts
