"""Removal of the files that a new generation no longer names."""

from contextlib import suppress
from pathlib import Path

from vecstore.storage.disk import names
from vecstore.storage.disk.directory import Directory, as_directory
from vecstore.storage.manifest import Manifest

__all__ = ["reclaim"]


def reclaim(folder: Path | Directory, manifest: Manifest) -> list[str]:
    """Remove the files that the newest manifest, durable, does not name; return their names.

    The caller holds the lock. Files with names that no store writes stay. Raises ValueError if a
    newer manifest exists, because its files would be lost.
    """
    home = as_directory(folder)
    home.verify()
    kept = {names.LOCK, names.CLAIM, names.manifest_name(manifest.generation)}
    kept.add(names.journal_name(manifest.generation))
    kept.update(entry.name for entry in manifest.files)
    manifests, others = [], []
    for name in home.listing():
        parsed = names.parse_name(name)
        if parsed is None or name in kept:
            continue
        if parsed.kind != "manifest":
            others.append(name)
        elif (parsed.generation or 0) > manifest.generation:
            raise ValueError(f"`manifest` must be the newest of {home.path}, which has {name}.")
        else:
            manifests.append(name)
    removed = []
    # Manifests first: none must outlive the files that it names. On POSIX a reader keeps removed
    # files that it has mapped. A reader that has read an older manifest but not yet opened its
    # files finds them gone, and starts over with the newest. Windows refuses to remove a mapped
    # file; a later call does it.
    for name in manifests + others:
        with suppress(PermissionError):
            home.remove(name)
            removed.append(name)
    return removed
