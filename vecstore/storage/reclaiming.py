"""Giving back the space of what a new generation no longer names."""

from contextlib import suppress
from pathlib import Path

from vecstore.storage.disk import names
from vecstore.storage.disk.directory import Directory, as_directory
from vecstore.storage.manifest import Manifest

__all__ = ["reclaim"]


def reclaim(folder: Path | Directory, manifest: Manifest) -> list[str]:
    """Remove the files of a store that its newest generation does not name.

    Parameters
    ----------
    folder : Path or Directory
        The store. The caller holds its lock.
    manifest : Manifest
        The newest generation, durable.

    Returns
    -------
    list of str
        The names removed: older manifests, files that only those name, and what a writer that
        died left behind. A file whose name no store writes is never touched.

    Raises
    ------
    ValueError
        If the folder has a newer manifest: the files that it names would be lost.

    Notes
    -----
    On POSIX a reader that has a removed file mapped keeps it until it lets go. A reader that has
    read an older manifest but not yet opened its files finds them gone, and starts over with the
    newest. On Windows a mapped file cannot be removed; a later call does it.
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
    # Manifests first: none must outlive the files that it names.
    for name in manifests + others:
        with suppress(PermissionError):
            home.remove(name)
            removed.append(name)
    return removed
