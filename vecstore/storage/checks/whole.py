"""Whether a store is whole: every problem that it has, found by reading all of it.

Opening a store compares sizes and ids and reads no data. A check reads every byte, and computes
again what was derived when the store was written. It takes no lock, because the files of one
generation do not change.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from io import FileIO
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vecstore.errors import CorruptStoreError, StoreNotFoundError, VecstoreError
from vecstore.storage.checks.keys import check_journal, check_live_keys
from vecstore.storage.checks.problems import Problem, guarded, problem_of
from vecstore.storage.checks.segment import check_finite, check_segment
from vecstore.storage.commits import read_latest
from vecstore.storage.disk import files, names
from vecstore.storage.disk.lock import is_held
from vecstore.storage.disk.mapped import open_regular
from vecstore.storage.disk.names import parse_name
from vecstore.storage.generations import Generation
from vecstore.storage.hdf5.layout import map_layout
from vecstore.storage.hdf5.reader import read_extents
from vecstore.storage.journal import Replay, read_journal
from vecstore.storage.manifest import FileEntry, Manifest
from vecstore.storage.origins import origin_faults
from vecstore.storage.segments.indexes import StoredIndex, open_index
from vecstore.storage.segments.segment import Segment
from vecstore.storage.segments.single import is_single, open_single
from vecstore.storage.segments.subwords import Subwords
from vecstore.storage.segments.tombstones import Words, read_tombstones

__all__ = ["Problem", "check"]

Content = Segment | Subwords | Words | StoredIndex | Replay


class _Named(NamedTuple):
    """A file that the manifest names, as far as it could be opened."""

    path: Path
    entry: FileEntry | None  # None: the journal
    file: FileIO | None
    content: Content | None
    problems: tuple[Problem, ...]


def check(path: str | PathLike[str], *, full: bool = False) -> Iterator[Problem]:
    """Find everything that is wrong with a store on disk, even one that cannot be opened.

    Parameters
    ----------
    path : path-like
        A store, or a file that ``vecstore export`` made of one.
    full : bool, default False
        Whether to check norms and codes of all rows, not of a sample of about 4000 in each segment.
        Every byte is compared with its checksum either way.

    Returns
    -------
    iterator of Problem
        Empty if the store is whole. Files that a writer left behind when it died are reported as
        `harmless`: the next writer removes them.

    Raises
    ------
    StoreNotFoundError
        If there is no store.

    Examples
    --------
    >>> import tempfile, vecstore
    >>> folder = tempfile.TemporaryDirectory()
    >>> vecstore.create(folder.name + "/empty.vecs", dim=2).close()
    >>> list(check(folder.name + "/empty.vecs"))
    []
    >>> folder.cleanup()
    """
    folder = Path(path)
    if folder.is_dir():
        if not any(parse_name(one.name) for one in folder.iterdir()):
            raise StoreNotFoundError(f"{folder} is not a vecstore directory: no manifest found.")
        return _problems(folder, full)
    if not folder.exists():
        raise StoreNotFoundError(f"There is no store at {folder}.")
    return guarded(folder, _check_alone(folder, full))


def _problems(folder: Path, full: bool) -> Iterator[Problem]:
    with ExitStack() as held:
        try:
            manifest, named = _open_all(folder, held)
        except (VecstoreError, OSError) as error:
            yield problem_of(folder, error)
            # Without a manifest nobody knows what belongs to the store; check each segment alone.
            for path in sorted(folder.glob("segment-*.h5")):
                yield from guarded(path, _check_alone(path, full))
            return
        damaged = False
        for one in named:
            for problem in _check_file(one, manifest, full):
                damaged |= one.entry is None or one.entry.kind != "index"
                yield problem
        if not damaged:
            generation = _generation(manifest, named)
            yield from check_journal(folder, generation)
            yield from check_live_keys(folder, generation)
        yield from _check_numbers(folder, manifest)
        yield from _check_origins(
            folder / names.manifest_name(manifest.generation), manifest.provenance
        )
        yield from _check_names(folder, manifest)


def _open_all(folder: Path, held: ExitStack) -> tuple[Manifest, list[_Named]]:
    """Open every file of the newest generation, so that a writer cannot take one away."""
    while True:
        manifest = read_latest(folder)
        named = [_open_named(folder, entry, manifest, held) for entry in manifest.files]
        named.append(_open_journal(folder, manifest))
        # 1) We read the manifest. 2) The writer committed and removed files that only ours named.
        # 3) We failed to open them. Then there is a newer manifest: start over.
        whole = not any(one.problems for one in named)
        if whole or read_latest(folder).generation == manifest.generation:
            return manifest, named


def _open_named(folder: Path, entry: FileEntry, manifest: Manifest, held: ExitStack) -> _Named:
    path = folder / entry.name
    try:
        file = held.enter_context(open_regular(path))
    except (CorruptStoreError, OSError) as error:
        return _Named(path, entry, None, None, (problem_of(path, error),))
    try:
        problems = tuple(guarded(path, _check_layout(path, entry)))
        return _Named(path, entry, file, _content(path, entry, manifest), problems)
    except (VecstoreError, OSError, MemoryError) as error:
        return _Named(path, entry, file, None, (problem_of(path, error),))


def _content(path: Path, entry: FileEntry, manifest: Manifest) -> Content:
    if entry.kind == "tombstones":
        place = manifest.tombstones.index(entry)
        return read_tombstones(path.parent, entry, manifest.segments[place])
    # Look at a file of the wrong size too: `_check_file` reports the size. Let HDF5 itself say
    # where the arrays lie, not the manifest.
    present = replace(entry, size=max(1, path.stat().st_size), layout=None)
    if entry.kind == "index":
        place = manifest.indexes.index(entry)
        return open_index(path.parent, present, manifest.segments[place])
    if entry.kind == "subwords":
        return Subwords.open(path, present)
    return Segment.open(path, present)


def _open_journal(folder: Path, manifest: Manifest) -> _Named:
    path = folder / names.journal_name(manifest.generation)
    try:
        return _Named(path, None, None, read_journal(folder, manifest), ())
    except (VecstoreError, OSError, MemoryError) as error:
        return _Named(path, None, None, None, (problem_of(path, error),))


def _check_file(one: _Named, manifest: Manifest, full: bool) -> Iterator[Problem]:
    """Find what is wrong with one file: its bytes, then its content."""
    yield from one.problems
    if one.entry and one.file and one.entry.kind != "tombstones":
        try:
            size, checksum = files.stamp_of(one.file)
        except OSError as error:
            # Stop: reading the content through a mapping would kill the process.
            yield problem_of(one.path, error)
            return
        if size != one.entry.size:
            yield Problem(one.path, "its size in bytes", str(one.entry.size), str(size))
        elif checksum != one.entry.checksum:
            wanted, found = f"{one.entry.checksum:08x}", f"{checksum:08x}"
            yield Problem(one.path, "its checksum", wanted, found)
    if isinstance(one.content, Subwords):
        yield from _compare(one.path, "the length of its vectors", manifest.dim, one.content.dim)
        yield from check_finite(one.path, one.content.buckets, refuse_zero=False)
    if isinstance(one.content, Segment):
        yield from _check_kind(one.content, manifest)
        yield from check_segment(one.content, manifest.schema, full)


def _check_layout(path: Path, entry: FileEntry) -> Iterator[Problem]:
    """Compare where the manifest says the arrays lie with what HDF5 says."""
    if not (layout := entry.layout):
        return
    attributes, extents = read_extents(path)
    yield from _compare(path, "what it says of itself", layout.get("attributes"), attributes)
    found = {name: [e.dtype.name, list(e.shape), e.offset] for name, e in extents.items()}
    yield from _compare(path, "where its arrays lie", layout.get("arrays"), found)
    # Readers look for the id at the place that the layout names.
    map_layout(path, path.stat().st_size, entry.id, layout)


def _check_kind(segment: Segment, manifest: Manifest) -> Iterator[Problem]:
    for what, wanted, found in (
        ("the length of its vectors", manifest.dim, segment.dim),
        ("its metric", manifest.metric, segment.metric),
        ("the type of its vectors", manifest.dtype, segment.vectors.dtype.name),
        ("the type of its keys", manifest.key_kind, segment.keys.kind),
    ):
        yield from _compare(segment.path, what, wanted, found)


def _compare(path: Path, what: str, wanted: object, found: object) -> Iterator[Problem]:
    if wanted != found:
        yield Problem(path, what, str(wanted), str(found))


def _generation(manifest: Manifest, named: list[_Named]) -> Generation:
    """Assemble the undamaged files into what a reader has."""
    segments = tuple(one.content for one in named if isinstance(one.content, Segment))
    buried = {one.path.name: one.content for one in named if isinstance(one.content, np.ndarray)}
    deleted = tuple(buried[entry.name] if entry else None for entry in manifest.tombstones)
    journal = next(one.content for one in named if isinstance(one.content, Replay))
    return Generation(manifest, segments, deleted, None, journal)


def _check_numbers(folder: Path, manifest: Manifest) -> Iterator[Problem]:
    path = folder / names.manifest_name(manifest.generation)
    used = max((names.parse_number(entry.name) for entry in manifest.files), default=0)
    if manifest.next_number <= used:
        yield Problem(path, "`next_number`", f"more than {used}", str(manifest.next_number))
    for segment, entry in zip(manifest.segments, manifest.tombstones, strict=True):
        if entry and entry.rows >= segment.rows:
            yield Problem(path, f"it names {segment.name}, all of whose rows are deleted")


def _check_origins(path: Path, provenance: object) -> Iterator[Problem]:
    for what in origin_faults(provenance):
        yield Problem(path, what)


def _check_names(folder: Path, manifest: Manifest) -> Iterator[Problem]:
    """Find files of ours that nothing needs."""
    lock = folder / names.LOCK
    if lock.exists() and not lock.is_file():
        yield Problem(lock, "it is not a file, and nobody can lock it")
    kept = {names.LOCK, names.CLAIM, names.manifest_name(manifest.generation)}
    kept.add(names.journal_name(manifest.generation))
    kept.update(entry.name for entry in manifest.files)
    # A writer may be about to name the files, or may have named them since.
    held = is_held(folder)
    left = [
        one for one in sorted(folder.iterdir()) if parse_name(one.name) and one.name not in kept
    ]
    if not (held or is_held(folder)) and read_latest(folder).generation == manifest.generation:
        for path in left:
            what = "the newest manifest does not name it; the next writer removes it"
            yield Problem(path, what, harmless=True)


def _check_alone(path: Path, full: bool) -> Iterator[Problem]:
    if not is_single(path):
        yield from check_segment(Segment.open(path), None, full)
        return
    segment, subwords, metadata = open_single(path)
    yield from check_segment(segment, None, full)
    yield from _check_origins(path, metadata.get("provenance", []))
    if subwords:
        yield from check_finite(path, subwords.buckets, refuse_zero=False)
