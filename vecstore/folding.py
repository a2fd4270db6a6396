"""Folding the journal into files: what it holds becomes a segment and tombstones."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from vecstore.parts import Rows
from vecstore.sealing import Batches, seal
from vecstore.snapshot import Snapshot
from vecstore.state import State
from vecstore.storage import FileEntry, Manifest, write_tombstones
from vecstore.storage.columns import take_columns
from vecstore.storage.tombstones import Words, all_rows, count_rows

__all__ = ["fold"]


def fold(path: Path, state: State, dead: Rows, batches: Batches) -> Manifest:
    """Write the files of a manifest that needs no journal.

    Parameters
    ----------
    path : Path
        The store. The caller holds its lock.
    state : State
        What it is now, journal included.
    dead : ndarray of int64, shape (m,)
        Global rows to delete besides.
    batches : iterable of (keys, vectors) or (keys, vectors, attributes)
        New rows to add besides; their order is behind those of the journal.

    Returns
    -------
    Manifest
        Of the generation of `state`, to be committed as the next one.

    Raises
    ------
    DuplicateKeyError, ValueError, TypeError
        If anything is wrong with a batch. Files that were written are left behind.
    """
    manifest, masks = state.manifest, state.masks(dead)
    living = dict(zip(manifest.segments, zip(manifest.tombstones, masks, strict=True), strict=True))
    entries: list[FileEntry] = []
    for entry in manifest.files:
        buried, mask = living.get(entry, (None, None))
        # Tombstones follow their segment; one of which all rows are deleted is not named any more.
        if entry.kind != "tombstones" and (mask is None or count_rows(mask)):
            entries.append(entry)
            entries += _tombstones(path, entry, buried, mask, state.generation + 1)
    manifest = replace(manifest, files=tuple(entries), generation=state.generation)
    parts, dtype = tuple(state.parts.values()), np.dtype(manifest.dtype)
    before = Snapshot(parts, manifest.dim, dtype, manifest.key_kind, tuple(masks))
    return seal(path, manifest, before, chain(_tail(state, dead), batches))


def _tombstones(
    path: Path, segment: FileEntry, buried: FileEntry | None, mask: Words | None, generation: int
) -> list[FileEntry]:
    if mask is None:
        return []
    deleted = all_rows(segment.rows) & ~mask
    if buried and buried.rows == count_rows(deleted):
        return [buried]
    return [write_tombstones(path, segment, generation, deleted)]


def _tail(state: State, dead: Rows) -> Iterator[tuple[Any, Any, Any]]:
    """Yield the rows of the journal that are left."""
    snapshot = state.snapshot
    live = np.setdiff1d(snapshot.live[snapshot.live >= state.tail_at], dead)
    if len(live):
        rows = live - state.tail_at
        columns = take_columns(state.tail.columns(len(state.tail)), rows)
        yield snapshot.take(live), snapshot.gather(live, snapshot.dtype), columns
