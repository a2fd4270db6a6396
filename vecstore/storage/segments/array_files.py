"""Files of arrays that belong to a store: written once, identified, entered in the manifest."""

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
    kind: str,
    rows: int,
    attributes: Mapping[str, str | int],
    arrays: Mapping[str, npt.NDArray[Any] | Pieces],
) -> FileEntry:
    """Write a file of arrays: all of it or nothing, and durable when this returns.

    Parameters
    ----------
    folder : Path or Directory
        The store.
    name : str
        Its final name.
    kind : str
        What the file is, as in `names`: ``"segment"``, ``"subwords"``.
    rows : int
        How many vectors it holds.
    attributes : mapping of str or int
        What the file says about itself beyond its format, its rows and its id.
    arrays : mapping of ndarray or Pieces
        By path in the file, in the order in which they are to lie.

    Returns
    -------
    FileEntry
        For the manifest.
    """
    whole = {**new_label(kind, rows), **attributes}
    labels: list[Label] = []
    stamp = as_directory(folder).publish(
        name, lambda new: labels.append(write_arrays(new, whole, arrays))
    )
    layout = layout_of(labels[0], whole, arrays)
    identity = str(whole["id"])
    return FileEntry(name, kind, rows, stamp.size, stamp.checksum, identity, layout)


def new_label(kind: str, rows: int) -> dict[str, str | int]:
    """Return what every file of arrays says about itself.

    Parameters
    ----------
    kind : str
        What the file is.
    rows : int
        How many vectors it holds.

    Returns
    -------
    dict of str or int
        For the root of the file, with an id of its own.
    """
    return {
        "format": f"vecstore {kind}",
        "version": FORMAT,
        "id": os.urandom(16).hex(),
        "rows": rows,
    }


def open_arrays(path: Path, kind: str, expected: FileEntry | None) -> ArrayFile:
    """Map a file of arrays, once it is known to be the one expected.

    Parameters
    ----------
    path : Path
        The file.
    kind : str
        What it must be.
    expected : FileEntry or None
        What the manifest says about it; None takes the file's own word.

    Returns
    -------
    ArrayFile
        Its attributes, ``"rows"`` among them, and its arrays.

    Raises
    ------
    FormatVersionError
        If it is of a format that this library does not read.
    CorruptStoreError
        If it is missing, damaged, or another file.
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
    """Return an array that the file must have; CorruptStoreError if it is missing or different.

    Parameters
    ----------
    file : ArrayFile
        Where to look.
    path : Path
        Its path, for the error.
    name : str
        The array's path in the file.
    shape : tuple of int or None
        The shape it must have; None for an axis of any length.
    *dtypes : str
        The dtypes it may have.

    Returns
    -------
    ndarray
        The array, mapped.
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
