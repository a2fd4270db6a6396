"""What a manifest knows of a file of arrays, so that opening it need not load the HDF5 library.

A layout holds the label of the file and where its arrays lie. The file itself is the truth; `check`
compares the two. Opening compares the file's id, read where the layout says that it stands.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vecstore.storage.disk.damage import damaged
from vecstore.storage.disk.mapped import MappedFile, open_regular
from vecstore.storage.hdf5.label import Label
from vecstore.storage.hdf5.reader import ArrayFile, Extent, view

__all__ = ["Described", "layout_of", "map_layout"]

#: ``{"attributes": {...}, "arrays": {name: [dtype, shape, offset]}, "id_at": 1234}``
Described = Mapping[str, Any]


def layout_of(
    label: Label, attributes: Mapping[str, str | int], arrays: Mapping[str, Any]
) -> Described | None:
    """Return the layout of a file that has just been written.

    Parameters
    ----------
    label : Label
        What HDF5 made of it.
    attributes : mapping of str or int
        Of its root, ``"id"`` among them.
    arrays : mapping of ndarray or Pieces
        By path in the file.

    Returns
    -------
    dict or None
        For the manifest; None in the unlikely case that the id lies across two pages.
    """
    identity = str(attributes["id"]).encode()
    found = [page + at for page, text in label.pages.items() if (at := text.find(identity)) >= 0]
    if len(found) != 1:
        return None
    return {
        "attributes": dict(attributes),
        "arrays": {
            name: [array.dtype.name, list(array.shape), label.offsets[name]]
            for name, array in arrays.items()
        },
        "id_at": found[0],
    }


def map_layout(path: Path, size: int, identity: str, layout: Described) -> ArrayFile:
    """Map every array of a file by its layout.

    Parameters
    ----------
    path : Path
        The file.
    size : int
        How many bytes it must have.
    identity : str
        Its id.
    layout : mapping
        From `layout_of`, by way of a manifest.

    Returns
    -------
    ArrayFile
        As `map_arrays` returns it, which asks HDF5.

    Raises
    ------
    CorruptStoreError
        If the file is missing, has another size or another id, or the layout does not fit it.
    """
    try:
        with open_regular(path) as file:
            found = file.seek(0, 2)
            if found != size:
                raise damaged(path, f"{size} bytes expected, {found} found")
            file.seek(min(_whole(layout["id_at"]), size))
            if (there := file.read(len(identity)).decode("latin-1")) != identity:
                shown = ascii(there).strip("'")  # it may be anything
                raise damaged(path, f"id {identity} expected, id {shown} found")
            mapped = MappedFile(path, file)
        extents = {
            name: Extent(np.dtype(str(dtype)), tuple(map(_whole, shape)), _whole(offset))
            for name, (dtype, shape, offset) in layout["arrays"].items()
        }
        arrays = {
            name: view(path, name, extent, mapped.mapping) for name, extent in extents.items()
        }
        return ArrayFile(dict(layout["attributes"]), arrays, mapped)
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
        raise damaged(path, f"the manifest describes it wrongly ({error})") from None


def _whole(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is not a whole number")
    return value
