"""Commits: writing the manifest of the next generation, and finding the newest.

A manifest gets its final name only when it is complete and durable, so the newest manifest is the
state of the store. A damaged one is an error: falling back to an older generation would silently
lose acknowledged writes.
"""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from vecstore.errors import StoreLockedError, StoreNotFoundError
from vecstore.storage.disk import files, names
from vecstore.storage.disk.damage import damaged
from vecstore.storage.disk.directory import Directory, as_directory
from vecstore.storage.disk.sealed import seal, unseal
from vecstore.storage.journal import create_journal
from vecstore.storage.manifest import Manifest

__all__ = ["commit", "library_version", "read_latest"]


def commit(folder: Path | Directory, manifest: Manifest) -> Manifest:
    """Write `manifest` durably as the next generation, with a new journal: the commit point.

    The caller holds the lock; all named files exist. `manifest.generation` is the one before: that
    of the last record, if the journal has any. After an OSError, `read_latest` tells what holds.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    generation = manifest.generation + 1
    home = as_directory(folder)
    # A generation that exists already was written without the lock.
    if (newest := max(map(_generation, home.listing()), default=0)) >= generation:
        raise _overtaken(home, newest)
    try:
        journal = create_journal(home, generation)
    except FileExistsError:
        raise _overtaken(home, generation) from None
    following = replace(
        manifest,
        generation=generation,
        journal=journal,
        created=manifest.created or now,
        committed=now,
        library=library_version(),
    )
    document = seal(following.to_json())
    # If only the last sync of `publish` fails, the commit may have taken place.
    try:
        home.publish(names.manifest_name(generation), lambda new: new.write_bytes(document))
    except FileExistsError:
        raise _overtaken(home, generation) from None
    return following


def read_latest(folder: Path) -> Manifest:
    """Read the newest generation of a store.

    Raises StoreNotFoundError, FormatVersionError, or CorruptStoreError if it is damaged.
    """
    generation = _newest(folder)
    while True:
        path = folder / names.manifest_name(generation)
        try:
            with files.open_regular(path) as file:
                document = file.readall()
        except FileNotFoundError:
            # 1) We listed the folder. 2) The writer committed and removed the manifest that was
            # the newest. 3) We failed to read it. There must be a newer one now.
            if (newer := _newest(folder)) == generation:
                raise damaged(path, "the file is missing") from None
            generation = newer
            continue
        return _parsed(path, document, generation)


def _overtaken(home: Directory, generation: int) -> StoreLockedError:
    return StoreLockedError(
        f"{home.path} was changed by another writer: generation {generation} is there already. "
        f"Open it again."
    )


def _newest(folder: Path) -> int:
    """Return the highest generation that has a manifest."""
    # Look twice, because listing a large folder is not atomic: it may pass the place of the new
    # manifest before that is written, and the place of the old one after that is removed.
    for _ in range(2):
        try:
            generations = [_generation(path.name) for path in folder.iterdir()]
        except FileNotFoundError:
            raise StoreNotFoundError(f"There is no store at {folder}.") from None
        except NotADirectoryError:
            raise StoreNotFoundError(f"{folder} is not a vecstore directory but a file.") from None
        if newest := max(generations, default=0):
            return newest
    raise StoreNotFoundError(f"{folder} is not a vecstore directory: no manifest found.")


def _generation(name: str) -> int:
    """Return the generation that a manifest has by its name; 0 for any other file."""
    parsed = names.parse_name(name)
    return parsed.generation or 0 if parsed and parsed.kind == "manifest" else 0


def _parsed(path: Path, document: bytes, generation: int) -> Manifest:
    fields = unseal(path, document)
    try:
        manifest = Manifest.from_json(fields)
    except ValueError as error:
        raise damaged(path, str(error).rstrip(".")) from None
    if manifest.generation != generation:
        raise damaged(path, f"it holds generation {manifest.generation}")
    return manifest


@cache
def library_version() -> str:
    """Return the version of this vecstore; "unknown" if it was never installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("vecstore-exact")
    except PackageNotFoundError:
        return "unknown"
