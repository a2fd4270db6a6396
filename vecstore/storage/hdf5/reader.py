"""Mapping the arrays of an HDF5 file.

The HDF5 library says where the arrays lie and closes the file. One mapping holds them all, and no
search enters the library. What a file claims is checked first, because reading a mapping past the
end of its file kills the process.
"""

import math
import mmap
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.storage.disk.damage import damaged
from vecstore.storage.disk.mapped import MappedFile, open_regular
from vecstore.storage.hdf5.contents import visit_datasets

if TYPE_CHECKING:
    import h5py

__all__ = ["ArrayFile", "Extent", "map_arrays", "read_extents", "view"]

# What the HDF5 library raises on damaged files.
_HDF5_ERRORS = (OSError, RuntimeError, KeyError, ValueError, TypeError)
_LONGEST_ATTRIBUTE = 1024


class ArrayFile(NamedTuple):
    """The attributes and mapped arrays of a file."""

    attributes: dict[str, str | int]  # of the root
    arrays: dict[str, npt.NDArray[Any]]  # by path, such as "keys/utf8"; read-only
    file: MappedFile | None = None  # what they are mapped from


class Extent(NamedTuple):
    """Where HDF5 says that an array lies."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    offset: int | None  # first byte; None if not in one piece, or not in this file


def map_arrays(path: Path, size: int | None = None) -> ArrayFile:
    """Map every array of a file that nobody changes any more, without reading any.

    Raises CorruptStoreError if the file is missing, does not have `size` bytes, or is damaged.
    """
    with open_regular(path) as file:
        found = os.fstat(file.fileno()).st_size
        if size is not None and found != size:
            raise damaged(path, f"{size} bytes expected, {found} found")
        if not found:
            raise damaged(path, "it is empty")
        mapped = MappedFile(path, file)
    attributes, extents = read_extents(path)
    if not mapped.is_at_path():
        raise damaged(path, "it was replaced while it was opened")
    arrays = {name: view(path, name, extent, mapped.mapping) for name, extent in extents.items()}
    return ArrayFile(attributes, arrays, mapped)


def view(path: Path, name: str, extent: Extent, mapping: mmap.mmap) -> npt.NDArray[Any]:
    """Return one array of a mapping, which it keeps alive.

    Raises CorruptStoreError unless the array is native numbers in one piece inside the file.
    """
    dtype, shape, offset = extent
    if offset is None or dtype.kind not in "iuf" or not dtype.isnative:
        raise damaged(path, f'"{name}" is not a contiguous array of native numbers')
    count = math.prod(shape)
    end = offset + count * dtype.itemsize
    if end > len(mapping):
        raise damaged(path, f'"{name}" ends at byte {end}, the file at byte {len(mapping)}')
    if offset % dtype.itemsize:
        raise damaged(path, f'"{name}" begins at byte {offset}, between two {dtype} values')
    return np.frombuffer(mapping, dtype, count, offset).reshape(shape)


def read_extents(path: Path) -> tuple[dict[str, str | int], dict[str, Extent]]:
    """Return the root's text and integer attributes, and the extent of every dataset by its path.

    Raises CorruptStoreError if HDF5 cannot read the file.
    """
    from h5py import h5f, h5p

    access = h5p.create(h5p.FILE_ACCESS)
    access.set_fclose_degree(h5f.CLOSE_STRONG)
    # No locks: the file never changes, and network file systems refuse the library's locks.
    access.set_file_locking(False, True)
    try:
        label = h5f.open(os.fsencode(path), h5f.ACC_RDONLY, fapl=access)
        try:
            return _attributes(label), _extents(label)
        finally:
            label.close()
    except _HDF5_ERRORS as error:
        raise damaged(path, f"HDF5 cannot read it ({error})") from None


def _attributes(label: "h5py.h5f.FileID") -> dict[str, str | int]:
    from h5py import h5a, h5g

    root = h5g.open(label, b"/")
    attributes: dict[str, str | int] = {}
    for index in range(h5a.get_num_attrs(root)):
        attribute = h5a.open(root, index=index)
        dtype = attribute.dtype
        if attribute.shape == () and dtype.kind in "iuS" and dtype.itemsize <= _LONGEST_ATTRIBUTE:
            value = np.empty((), dtype)
            attribute.read(value)
            text = dtype.kind == "S"
            attributes[attribute.name.decode()] = (
                value.item().decode("ascii") if text else value.item()
            )
    return attributes


def _extents(label: "h5py.h5f.FileID") -> dict[str, Extent]:
    from h5py import h5d, h5g

    extents: dict[str, Extent] = {}
    for name, dataset in visit_datasets(h5g.open(label, b"/")):
        layout = dataset.get_create_plist()
        inside = layout.get_layout() == h5d.CONTIGUOUS and layout.get_external_count() == 0
        offset = dataset.get_offset() if inside else None
        extents[name] = Extent(dataset.dtype, dataset.shape, offset)
    return extents
