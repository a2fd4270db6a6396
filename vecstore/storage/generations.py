"""What a reader opens: one generation of a store, whole."""

from pathlib import Path
from typing import NamedTuple

from vecstore.errors import CorruptStoreError, VecstoreError
from vecstore.storage.commits import read_latest
from vecstore.storage.disk.damage import damaged
from vecstore.storage.journal import Replay, read_journal
from vecstore.storage.manifest import FileEntry, Manifest
from vecstore.storage.segments.indexes import StoredIndex, try_index
from vecstore.storage.segments.segment import Segment
from vecstore.storage.segments.subwords import Subwords
from vecstore.storage.segments.tombstones import Words, read_tombstones

__all__ = ["Generation", "read_generation"]


class Generation(NamedTuple):
    """One generation of a store, with its files mapped."""

    manifest: Manifest
    segments: tuple[Segment, ...]  # in the order of the rows
    deleted: tuple[Words | None, ...]  # by segment; bit r: row r is deleted; None: no row is
    subwords: Subwords | None  # for words that no row has
    journal: Replay
    indexes: tuple[StoredIndex | VecstoreError | None, ...] = ()  # by segment; error: unusable


def read_generation(folder: Path, before: Generation | None = None) -> Generation:
    """Map the newest generation of a store, without a lock; later commits do not change it.

    Shares the segments and indexes that `before` has mapped. Raises as `read_latest` does, and
    CorruptStoreError if a file is missing, damaged, or does not fit the manifest.
    """
    while True:
        manifest = read_latest(folder)
        try:
            return _opened(folder, manifest, before)
        except CorruptStoreError:
            # 1) We read the manifest. 2) The writer committed the next one and removed files that
            # only ours named. 3) We failed to open them. Then there is a newer one: start over.
            if read_latest(folder).generation == manifest.generation:
                raise


def _opened(folder: Path, manifest: Manifest, before: Generation | None) -> Generation:
    known = {}
    if before:
        entries = before.manifest.segments
        known = dict(zip(entries, before.segments, strict=True))
    segments = tuple(
        known[entry] if entry in known else _segment(folder, entry, manifest)
        for entry in manifest.segments
    )
    deleted = tuple(
        read_tombstones(folder, entry, segment) if entry else None
        for entry, segment in zip(manifest.tombstones, manifest.segments, strict=True)
    )
    subwords = None
    if manifest.subwords:
        path = folder / manifest.subwords.name
        subwords = Subwords.open(path, manifest.subwords)
        if subwords.dim != manifest.dim:
            raise damaged(path, f"vectors of {manifest.dim} expected, {subwords.dim} found")
    journal = read_journal(folder, manifest)
    indexes = _indexes(folder, manifest, before)
    return Generation(manifest, segments, deleted, subwords, journal, indexes)


def _indexes(
    folder: Path, manifest: Manifest, before: Generation | None
) -> tuple[StoredIndex | VecstoreError | None, ...]:
    known = dict(zip(before.manifest.indexes, before.indexes, strict=True)) if before else {}
    found: list[StoredIndex | VecstoreError | None] = []
    for entry, segment in zip(manifest.indexes, manifest.segments, strict=True):
        if entry is None or entry in known:
            found.append(known.get(entry))
        else:
            found.append(try_index(folder, entry, segment))
    return tuple(found)


def _segment(folder: Path, entry: FileEntry, manifest: Manifest) -> Segment:
    segment = Segment.open(folder / entry.name, entry)
    wanted = (manifest.dim, manifest.metric, manifest.dtype, manifest.key_kind)
    found = (segment.dim, segment.metric, segment.vectors.dtype.name, segment.keys.kind)
    if wanted != found:
        raise damaged(segment.path, f"{wanted} expected as in the manifest, {found} found")
    return segment
