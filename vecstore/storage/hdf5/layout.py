"""What a manifest knows about a file of arrays, so that opening it need not load the HDF5 library.

A layout holds the label of the file and where its arrays lie. The file itself is the truth, and
`check` compares the two. Opening only compares the file's id, read where the layout places it.
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
    """Return the layout of a file just written; None if the id is not in exactly one page."""
    identity = str(attributes["id"]).encode()
    found = [page + at for page, text in label.pages.items() if (at := text.find(identity)) >= 0]
    if len(found) != 1:  # in the unlikely case that the id lies across two pages, say
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
    """Map every array of a file by its layout; `map_arrays` does the same by asking HDF5.

    Raises CorruptStoreError if the file is missing, has another size or id, or does not fit the
    layout.
    """
    try:
        with open_regular(path) as file:
            found = file.seek(0, 2)
            if found != size:
                raise damaged(path, f"{size} bytes expected, {found} found")
            file.seek(min(_whole(layout["id_at"]), size))
            if (there := file.read(len(identity)).decode("latin-1")) != identity:
                shown = ascii(there).strip("'")  # the bytes may be anything
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
