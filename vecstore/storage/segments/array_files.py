"""Files of arrays that belong to a store: written once, given an id, entered in the manifest."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt

from vecstore.storage.disk.damage import damaged
from vecstore.storage.disk.directory import Directory, as_directory
from vecstore.storage.disk.versions import FORMAT, check_format
from vecstore.storage.hdf5.label import Label
from vecstore.storage.hdf5.layout import layout_of, map_layout
from vecstore.storage.hdf5.reader import ArrayFile, map_arrays
from vecstore.storage.hdf5.writer import Pieces, write_arrays
from vecstore.storage.manifest import FileEntry

__all__ = ["new_label", "open_arrays", "publish_arrays", "required"]


def publish_arrays(
    folder: Path | Directory,
    name: str,
    kind: str,  # as in `names`: "segment", "subwords"
    rows: int,
    attributes: Mapping[str, str | int],  # beyond format, version, id and rows
    arrays: Mapping[str, npt.NDArray[Any] | Pieces],  # by path, in the order in the file
) -> FileEntry:
    """Write a file of arrays, all or nothing; it is durable when this returns."""
    whole = {**new_label(kind, rows), **attributes}
    labels: list[Label] = []
    stamp = as_directory(folder).publish(
        name, lambda new: labels.append(write_arrays(new, whole, arrays))
    )
    layout = layout_of(labels[0], whole, arrays)
    identity = str(whole["id"])
    return FileEntry(name, kind, rows, stamp.size, stamp.checksum, identity, layout)


def new_label(kind: str, rows: int) -> dict[str, str | int]:
    """Return the root attributes that every file of arrays has, with a new random id."""
    return {
        "format": f"vecstore {kind}",
        "version": FORMAT,
        "id": os.urandom(16).hex(),
        "rows": rows,
    }


def open_arrays(path: Path, kind: str, expected: FileEntry | None) -> ArrayFile:
    """Map a file of arrays, known to be the expected one; None takes the file's own word.

    Raises FormatVersionError for a format that this library does not read, and CorruptStoreError if
    the file is missing, damaged, or another file.
    """
    if expected and expected.layout:
        file = map_layout(path, expected.size, expected.id, expected.layout)
    else:
        file = map_arrays(path, expected.size if expected else None)
    attributes = file.attributes
    if attributes.get("format") != f"vecstore {kind}":
        raise damaged(path, f"it does not say that it is a vecstore {kind} file")
    version, rows = attributes.get("version"), attributes.get("rows")
    if not isinstance(version, int) or not isinstance(rows, int):
        raise damaged(path, "it does not say its version and its rows")
    check_format(path, version)
    if expected and (expected.rows, expected.id) != (rows, attributes.get("id")):
        raise damaged(
            path,
            f"{expected.rows} rows with id {expected.id} expected, "
            f"{rows} rows with id {attributes.get('id')} found",
        )
    return file


def required(
    file: ArrayFile, path: Path, name: str, shape: tuple[int | None, ...], *dtypes: str
) -> npt.NDArray[Any]:
    """Return a mapped array that the file must have; raises CorruptStoreError if it does not fit.

    None in `shape` allows any length of that axis; `dtypes` are the names of the dtypes allowed.
    """
    found = file.arrays.get(name)
    if found is None:
        raise damaged(path, f'"{name}" is missing')
    fits = len(found.shape) == len(shape) and all(
        wanted in (None, length) for wanted, length in zip(shape, found.shape, strict=True)
    )
    if not fits or found.dtype.name not in dtypes:
        shown = tuple("any" if length is None else length for length in shape)
        raise damaged(
            path,
            f'"{name}" must be {" or ".join(dtypes)} of shape {shown}; '
            f"got {found.dtype.name} of shape {found.shape}",
        )
    return found
