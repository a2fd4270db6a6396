"""Files of indexes: arrays that lead a search through one segment, and their measured quality.

An index is derived from its segment and can always be made again. So a damaged index is no error
of the store: it is reported, and searches do without it.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.errors import VecstoreError
from vecstore.storage.disk.damage import damaged
from vecstore.storage.disk.directory import Directory
from vecstore.storage.disk.mapped import MappedFile
from vecstore.storage.disk.names import index_name, parse_number
from vecstore.storage.hdf5.reader import ArrayFile
from vecstore.storage.manifest import FileEntry
from vecstore.storage.segments.array_files import open_arrays, publish_arrays, required

__all__ = ["StoredIndex", "open_index", "try_index", "write_index"]

_METADATA = "metadata"


class StoredIndex(NamedTuple):
    """An index in its file, mapped; nothing of the arrays has been read."""

    path: Path
    size: int  # in bytes
    arrays: dict[str, npt.NDArray[Any]]
    metadata: dict[str, Any]  # JSON values: how it was made, and what was measured
    file: MappedFile | None = None  # what the arrays are mapped from


def write_index(
    folder: Path | Directory,
    segment: FileEntry,
    generation: int,  # the one that will name it
    arrays: Mapping[str, npt.NDArray[Any]],  # none of them empty
    metadata: Mapping[str, Any],  # JSON values
) -> FileEntry:
    """Write the index over a segment, all or nothing; it is durable when this returns."""
    name = index_name(parse_number(segment.name), generation)
    text = np.frombuffer(json.dumps(dict(metadata)).encode(), np.uint8)
    whole = {**arrays, _METADATA: text}
    return publish_arrays(folder, name, "index", segment.rows, {"segment": segment.id}, whole)


def open_index(folder: Path, entry: FileEntry, segment: FileEntry) -> StoredIndex:
    """Map the index over a segment.

    Raises CorruptStoreError if it is missing, damaged, or over another segment, and
    FormatVersionError for a format that this library does not read.
    """
    path = folder / entry.name
    file = open_arrays(path, "index", entry)
    if (found := file.attributes.get("segment")) != segment.id:
        raise damaged(path, f"it is over segment {found}, not over {segment.id}")
    return StoredIndex(path, entry.size, file.arrays, _metadata(file, path), file.file)


def try_index(folder: Path, entry: FileEntry, segment: FileEntry) -> StoredIndex | VecstoreError:
    """Map the index over a segment, or return the error that prevents it.

    The error is never raised: a store without an index answers exactly.
    """
    try:
        return open_index(folder, entry, segment)
    except VecstoreError as error:
        return error


def _metadata(file: ArrayFile, path: Path) -> dict[str, Any]:
    text = required(file, path, _METADATA, (None,), "uint8").tobytes()
    try:
        metadata = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise damaged(path, f'its "{_METADATA}" are not JSON ({error})') from None
    if not isinstance(metadata, dict):
        raise damaged(path, f'its "{_METADATA}" must be an object; got {type(metadata).__name__}')
    return metadata
