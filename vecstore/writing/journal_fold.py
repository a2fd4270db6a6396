"""Folding the journal into files: its rows become segments, its deletions tombstones."""

from dataclasses import replace
from itertools import chain

from vecstore.arrays import Rows
from vecstore.snapshot import Snapshot, State
from vecstore.storage import Directory, FileEntry, Manifest, take_columns, write_tombstones
from vecstore.storage.disk import parse_number
from vecstore.storage.segments import Words, all_rows, count_rows
from vecstore.writing.segments import Batches, seal

__all__ = ["fold", "fold_replacing"]


def fold(path: Directory, state: State, dead: Rows, batches: Batches) -> Manifest:
    """Write the files of a manifest that needs no journal; the caller commits it next.

    Global rows `dead` are deleted too, and new rows `batches` added behind those of the journal. An
    error in a batch leaves the files behind that were written.
    """
    left = state.without(dead)
    # Columns outlive their rows, in the journal as in segments.
    manifest = replace(
        state.manifest,
        files=_buried(path, state.manifest, left, state.generation + 1),
        generation=state.generation,
        schema=state.schema,
    )
    tail = left.live[left.live >= state.tail_at]
    known = _rows(state, left, tail) if len(tail) else ()
    written, _ = seal(path, manifest, left, chain(known, batches), known=len(tail))
    return written


def fold_replacing(path: Directory, state: State, batches: Batches) -> Manifest:
    """Write batches that replace the rows with their keys; the journal is empty.

    If a key comes in several batches, the last one counts.
    """
    manifest, left = seal(path, state.manifest, state.snapshot, batches, replacing=True)
    return replace(manifest, files=_buried(path, manifest, left, state.generation + 1))


def _buried(
    path: Directory, manifest: Manifest, left: Snapshot, generation: int
) -> tuple[FileEntry, ...]:
    """Write tombstones for rows that are not left; return the files that stay named."""
    pairs = zip(manifest.tombstones, left.masks, strict=False)  # the tail is not a segment
    living = dict(zip(manifest.segments, pairs, strict=True))
    entries: list[FileEntry] = []
    for entry in manifest.files:
        buried, mask = living.get(entry, (None, None))
        # Tombstones follow their segment. A segment without any row left is no longer named.
        if entry.kind != "tombstones" and (mask is None or count_rows(mask)):
            entries.append(entry)
            entries += _tombstones(path, entry, buried, mask, generation)
    kept = {parse_number(entry.name) for entry in entries if entry.kind == "segment"}
    return tuple(one for one in entries if one.kind != "index" or parse_number(one.name) in kept)


def _tombstones(
    path: Directory,
    segment: FileEntry,
    buried: FileEntry | None,
    mask: Words | None,
    generation: int,
) -> list[FileEntry]:
    if mask is None:
        return []
    deleted = all_rows(segment.rows) & ~mask
    if buried and buried.rows == count_rows(deleted):
        return [buried]
    return [write_tombstones(path, segment, generation, deleted)]


def _rows(state: State, left: Snapshot, tail: Rows) -> Batches:
    """Yield the rows of the journal."""
    columns = take_columns(state.tail.columns(len(state.tail)), tail - state.tail_at)
    yield left.take(tail), left.gather(tail, left.dtype), columns
