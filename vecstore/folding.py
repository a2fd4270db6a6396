"""Folding the journal into files: what it holds becomes a segment and tombstones."""

from dataclasses import replace
from itertools import chain
from pathlib import Path

from vecstore.parts import Rows
from vecstore.sealing import Batches, seal
from vecstore.snapshot import Snapshot
from vecstore.state import State
from vecstore.storage import FileEntry, Manifest, write_tombstones
from vecstore.storage.columns import take_columns
from vecstore.storage.names import parse_number
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
    manifest, left = state.manifest, state.without(dead)
    pairs = zip(manifest.tombstones, left.masks, strict=False)  # the tail is not a segment
    living = dict(zip(manifest.segments, pairs, strict=True))
    entries: list[FileEntry] = []
    for entry in manifest.files:
        buried, mask = living.get(entry, (None, None))
        # Tombstones follow their segment; one of which all rows are deleted is not named any more.
        if entry.kind != "tombstones" and (mask is None or count_rows(mask)):
            entries.append(entry)
            entries += _tombstones(path, entry, buried, mask, state.generation + 1)
    kept = {parse_number(entry.name) for entry in entries if entry.kind == "segment"}
    entries = [one for one in entries if one.kind != "index" or parse_number(one.name) in kept]
    # Columns outlive their rows, those of the journal like those of segments.
    manifest = replace(
        manifest, files=tuple(entries), generation=state.generation, schema=state.schema
    )
    tail = left.live[left.live >= state.tail_at]
    known = _rows(state, left, tail) if len(tail) else ()
    return seal(path, manifest, left, chain(known, batches), known=len(tail))


def _tombstones(
    path: Path, segment: FileEntry, buried: FileEntry | None, mask: Words | None, generation: int
) -> list[FileEntry]:
    if mask is None:
        return []
    deleted = all_rows(segment.rows) & ~mask
    if buried and buried.rows == count_rows(deleted):
        return [buried]
    return [write_tombstones(path, segment, generation, deleted)]


def _rows(state: State, left: Snapshot, tail: Rows) -> Batches:
    """Yield rows of the journal."""
    columns = take_columns(state.tail.columns(len(state.tail)), tail - state.tail_at)
    yield left.take(tail), left.gather(tail, left.dtype), columns
