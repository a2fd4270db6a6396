"""Compaction: giving back the space of deleted rows, and merging small segments.

The automatic policy, after every commit that writes a segment:

1. A segment with more than half of its rows deleted is rewritten.
2. Eight or more segments under 32 MiB at the end of the store become one.
3. Eight or more segments under 256 MiB at the end of the store become one.

So a store has at most seven segments of either size behind the large ones, and a row is rewritten
twice on its way from the journal into a large segment. Only neighbours are merged, which keeps the
rows in the order of insertion.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from vecstore.snapshot import Snapshot, State
from vecstore.storage import Column, Directory, FileEntry, Manifest, take_columns
from vecstore.storage.segments import rows_of
from vecstore.writing.segments import SEGMENT_BYTES, seal, weight

__all__ = ["due_run", "merge", "worthwhile_runs"]

_LIMITS = (32 << 20, SEGMENT_BYTES)
_MANY = 8
_STEP_ROWS = 65536


def due_run(manifest: Manifest) -> range | None:
    """Return the places of the segments that the automatic policy would merge now, if any."""
    segments = manifest.segments
    for place, buried in enumerate(manifest.tombstones):
        if buried and 2 * buried.rows > segments[place].rows:
            return range(place, place + 1)
    weights = _weights(manifest)
    for limit in _LIMITS:
        start = len(weights)
        while start and weights[start - 1] < limit:
            start -= 1
        if len(weights) - start >= _MANY:
            return range(start, len(weights))
    return None


def worthwhile_runs(manifest: Manifest) -> Iterator[range]:
    """Yield runs of segments whose merging saves space or files, each about one large segment.

    The last run comes first, so that merging it leaves the places of the others.
    """
    weights, buried = _weights(manifest), manifest.tombstones
    worthwhile = [one < SEGMENT_BYTES or dead for one, dead in zip(weights, buried, strict=True)]
    stop = len(weights)
    while stop:
        start, total = stop, 0
        while start and total < SEGMENT_BYTES and worthwhile[start - 1]:
            start -= 1
            total += weights[start]
        if stop - start > 1 or any(buried[start:stop]):
            yield range(start, stop)
        stop = min(start, stop - 1)


def merge(path: Directory, state: State, run: range) -> Manifest:
    """Write the live rows of a run of segments as new segments in their place.

    The caller holds the lock, the journal is empty, and the returned manifest is to be committed.
    """
    manifest = state.manifest
    subwords = [entry for entry in manifest.files if entry.kind == "subwords"]
    groups = list(zip(manifest.segments, manifest.tombstones, manifest.indexes, strict=True))
    before, after = _entries(groups[: run.start]), _entries(groups[run.stop :])
    kept = (*subwords, *before, *after)
    nothing = Snapshot((), manifest.dim, np.dtype(manifest.dtype), manifest.key_kind)
    written, _ = seal(path, replace(manifest, files=kept), nothing, _rows(state, run))
    # The new segments take the place of those merged, so rows keep their order.
    return replace(written, files=(*subwords, *before, *written.files[len(kept) :], *after))


def _entries(groups: Sequence[tuple[FileEntry | None, ...]]) -> list[FileEntry]:
    return [entry for group in groups for entry in group if entry]


def _rows(state: State, run: range) -> Iterator[tuple[Any, Any, dict[str, Column]]]:
    """Yield keys, vectors and attributes of the rows that are left, in steps."""
    masks = state.snapshot.masks
    for place in run:
        segment, mask = state.stored.segments[place], masks[place]
        rows = np.arange(segment.n) if mask is None else rows_of(mask)
        for start in range(0, len(rows), _STEP_ROWS):
            some = rows[start : start + _STEP_ROWS]
            state.parts[segment].check()
            # A view of the mapped file where nothing is deleted, which takes no memory.
            vectors = segment.vectors[some if mask is not None else slice(some[0], some[-1] + 1)]
            yield segment.keys.take(some), vectors, take_columns(segment.attributes, some)


def _weights(manifest: Manifest) -> list[int]:
    pairs = zip(manifest.segments, manifest.tombstones, strict=True)
    return [weight(one.rows - (buried.rows if buried else 0), manifest) for one, buried in pairs]
