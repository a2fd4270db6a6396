"""How the Numba engine spreads a scan over groups of queries, spans of rows and threads."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from vecstore.arrays import Block, Exclusions
from vecstore.kernels.contract import Float64s, Found, Int64s, Work
from vecstore.kernels.jit.arrays import line, widened
from vecstore.kernels.jit.scan_state import Best, Rows, new_best
from vecstore.kernels.threads import in_threads, thread_count

__all__ = ["Piece", "Scan", "over_tiles", "scan_all", "spans"]

# Queries scanned together: packed, 64 queries of 100 dimensions fill a first-level cache. There are
# fewer if k is so large that the heaps of all would take more than some 100 MiB.
_GROUP = 64
_GROUP_KEPT = 1 << 20

# Rows that share a word of a mask, and four whole blocks of codes: a span never cuts them.
_WORD = 64

# With fewer multiplications than this, about a millisecond, threads cost more than they save.
_WORTH_THREADS = 1 << 22

#: (block, start, stop): the rows ``start <= row < stop``; start is a multiple of 64.
Piece = tuple[Block, int, int]
#: Scans a piece for the queries of one task.
Scan = Callable[[Piece, Best], None]


def scan_all(
    blocks: Sequence[Block],
    n_queries: int,
    k: int,
    prepare: Callable[[int, int], Scan],
    exclude: Exclusions | None,
    threads: int | None,
) -> Found:
    """Scan every block for every query and return the k best rows of each.

    ``prepare(start, stop)`` returns the scan for queries start to stop.
    """
    offsets, excluded = _sorted_exclusions(exclude, n_queries)
    values = sum(block.vectors.size for block in blocks) * n_queries
    allowed = thread_count(threads)
    workers = allowed if values > _WORTH_THREADS else 1
    size = max(1, min(_GROUP, _GROUP_KEPT // max(1, k)))
    groups = [(at, min(at + size, n_queries)) for at in range(0, n_queries, size)]
    # A few groups would leave threads idle. Then the rows are split as well, and the parts merged.
    parted = spans(blocks, 1 if _are_even(len(groups), workers) else workers)
    tasks = [(group, span) for group in groups for span in parted]

    def work(task: tuple[tuple[int, int], list[Piece]]) -> Best:
        (start, stop), span = task
        best = new_best(stop - start, k, offsets[start : stop + 1], excluded)
        scan = prepare(start, stop)  # one per task, because a scan keeps running limits
        for piece in span:
            scan(piece, best)
        return best

    parts = in_threads(work, tasks, workers)
    found_distances = np.empty((n_queries, k))
    found_rows = np.empty((n_queries, k), dtype=np.int64)
    counts = np.empty(n_queries, dtype=np.int64)
    for i, (start, stop) in enumerate(groups):
        merged = _merged(parts[i * len(parted) : (i + 1) * len(parted)], k)
        found_distances[start:stop], found_rows[start:stop], counts[start:stop] = merged
    scanned = n_queries * sum(len(block.vectors) for block in blocks)
    rescored = sum(int(part.scored.sum()) for part in parts)
    return Found(found_distances, found_rows, counts, Work(scanned, rescored))


def over_tiles(scan_rows: Callable[[Rows, int, int, Best], None]) -> Scan:
    """Return the scan of pieces made of ``scan_rows(rows, start, stop, best)`` on float32 rows."""

    def scan(piece: Piece, best: Best) -> None:
        for rows, first, last in _tiles(*piece):
            scan_rows(rows, first, last, best)

    return scan


def _are_even(n_groups: int, workers: int) -> bool:
    """Return whether the groups alone keep every worker busy, almost to the end."""
    return n_groups % workers == 0 or n_groups >= 8 * workers


def _sorted_exclusions(exclude: Exclusions | None, n_queries: int) -> Exclusions:
    """Return the exclusions with the rows of each query ascending, for bisection."""
    if exclude is None:
        return np.zeros(n_queries + 1, dtype=np.int64), np.empty(0, dtype=np.int64)
    offsets, rows = (np.array(part, dtype=np.int64) for part in exclude)
    owners = np.repeat(np.arange(n_queries), np.diff(offsets))
    return offsets, rows[np.lexsort((rows, owners))]


def spans(blocks: Sequence[Block], parts: int) -> list[list[Piece]]:
    """Cut all rows, in order, into `parts` spans of about equal length; a span may be empty."""
    total = sum(len(block.vectors) for block in blocks)
    edges = [total * i // parts for i in range(parts + 1)]
    cut: list[list[Piece]] = []
    for low, high in pairwise(edges):
        span, passed = [], 0
        for block in blocks:
            start, stop = (_place(edge - passed, len(block.vectors)) for edge in (low, high))
            if start < stop:
                span.append((block, start, stop))
            passed += len(block.vectors)
        cut.append(span)
    return cut


def _place(row: int, n: int) -> int:
    """Return where to cut a block of n rows near `row`: between words of a mask, or at its end."""
    return n if row >= n else max(row, 0) // _WORD * _WORD


def _tiles(block: Block, start: int, stop: int) -> Iterator[tuple[Rows, int, int]]:
    """Yield the rows of a block as compiled scans take them; float16 is widened tile by tile."""
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
