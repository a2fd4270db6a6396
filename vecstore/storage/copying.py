"""A copy of a store, consistent even while somebody writes to the original."""

import os
import shutil
from functools import partial
from io import FileIO
from pathlib import Path

from vecstore.errors import CorruptStoreError, StoreExistsError
from vecstore.storage.commits import read_latest
from vecstore.storage.disk import files, names
from vecstore.storage.disk.damage import damaged
from vecstore.storage.disk.directory import Directory
from vecstore.storage.disk.files import Stamp
from vecstore.storage.disk.sealed import seal
from vecstore.storage.journal import read_journal
from vecstore.storage.manifest import FileEntry, Manifest
from vecstore.storage.reclaiming import reclaim

__all__ = ["copy_file", "copy_store"]

_PIECE = 1 << 20


def copy_store(source: Path, target: Path) -> Manifest:
    """Copy the newest generation of a store into a new folder, and compare all checksums.

    Takes no lock. The manifest comes last, so that an interrupted copy is not a store.
    """
    _refuse_inside(source, target)
    read_latest(source)  # raises before anything is made, if there is no store
    _make_folder(target)
    made = Directory(target)
    copied: set[FileEntry] = set()
    try:
        while True:
            manifest = read_latest(source)
            try:
                _copy_generation(source, made, manifest, copied)
            except (FileNotFoundError, CorruptStoreError):
                # The writer may have committed meanwhile and removed files that only ours named.
                if read_latest(source) == manifest:
                    raise
                continue
            name, document = names.manifest_name(manifest.generation), seal(manifest.to_json())
            made.publish(name, partial(_write, document))
            reclaim(made, manifest)
            return manifest
    except BaseException:
        made.discard()
        raise
    finally:
        made.close()


def copy_file(source: Path, target: Path) -> None:
    """Copy a store that is one file; an existing file is not replaced."""
    if target.exists():
        raise _taken(target)
    home = Directory(target.parent)
    try:
        home.publish(target.name, lambda new: _copy(source, new))
    except FileExistsError:
        raise _taken(target) from None
    finally:
        home.close()


def _copy_generation(
    source: Path, made: Directory, manifest: Manifest, copied: set[FileEntry]
) -> None:
    for entry in manifest.files:
        if entry not in copied:
            # The source may be another store by now, with other files under the same names.
            if made.identity_of(entry.name) is not None:
                made.remove(entry.name)
            _copy_entry(source, made, entry)
            copied.add(entry)
    name = names.journal_name(manifest.generation)
    # The bytes after the last whole record may be half of the next one.
    end = read_journal(source, manifest).end
    if made.identity_of(name) is not None:
        made.remove(name)
    made.publish(name, lambda new: _copy(source / name, new, end))


def _copy_entry(source: Path, made: Directory, entry: FileEntry) -> None:
    stamp = made.publish(entry.name, lambda new: _copy(source / entry.name, new))
    if stamp != Stamp(entry.size, entry.checksum):
        made.remove(entry.name)
        raise damaged(
            source / entry.name,
            f"{entry.size} bytes with checksum {entry.checksum:08x} expected, {stamp.size} with "
            f"{stamp.checksum:08x} found",
        )


def _write(content: bytes, target: Path) -> None:
    target.write_bytes(content)


def _copy(source: Path, target: Path, size: int | None = None) -> None:
    with files.open_regular(source) as old, FileIO(target, "x") as new:
        left = os.fstat(old.fileno()).st_size if size is None else size
        while left and (piece := old.read(min(left, _PIECE))):
            files.disk.append(new, piece)
            left -= len(piece)
    shutil.copymode(source, target)


def _make_folder(target: Path) -> None:
    if not target.parent.is_dir():
        raise FileNotFoundError(f"{target.parent} is not a folder; make it first.")
    try:
        files.make_folder(target)
    except FileExistsError:
        raise _taken(target) from None


def _refuse_inside(source: Path, target: Path) -> None:
    if target.resolve().is_relative_to(source.resolve()):
        raise ValueError(f"`path` must not lie in the store {source}; got {target}.")


def _taken(target: Path) -> StoreExistsError:
    return StoreExistsError(f"{target} exists already; choose another path for the backup.")
