"""HDF5 as the label on a file of arrays: what each array is, and where in the file it lies.

The bytes of the arrays go past the HDF5 library. When a file is written, the library reserves a
contiguous, aligned place for every array and closes the file; the arrays are then written there by
ordinary writes, piece by piece if need be, and a full disk is an ordinary error. When a file is
read, the library says where the arrays lie and closes the file; one mapping holds them all. What a
file says is checked before it is believed, because reading a mapping past the end of its file
kills the process.
"""

import math
import mmap
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.storage.damage import damaged

if TYPE_CHECKING:
    from io import FileIO

    import h5py

__all__ = ["ArrayFile", "Pieces", "map_arrays", "write_arrays"]

#: Every array begins at a multiple of this many bytes: a page.
ALIGNMENT = 4096

# What the HDF5 library raises on files that are not what they should be.
_HDF5_ERRORS = (OSError, RuntimeError, KeyError, ValueError, TypeError)
_LONGEST_ATTRIBUTE = 1024


class Pieces(NamedTuple):
    """An array that is written a few rows at a time and is never in memory as a whole.

    Attributes
    ----------
    shape : tuple of int
        Of the whole.
    dtype : numpy.dtype
        Of the whole and of every piece.
    pieces : iterable of ndarray, shape (m, ...)
        Consecutive rows; consumed once.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    pieces: Iterable[npt.NDArray[Any]]


class ArrayFile(NamedTuple):
    """What a file holds.

    Attributes
    ----------
    attributes : dict of str or int
        The text and integer attributes of the root.
    arrays : dict of ndarray
        Every dataset by its path in the file, such as ``"keys/utf8"``: mapped, read-only.
    """

    attributes: dict[str, str | int]
    arrays: dict[str, npt.NDArray[Any]]


def write_arrays(
    path: Path,
    attributes: Mapping[str, str | int],
    arrays: Mapping[str, npt.NDArray[Any] | Pieces],
) -> None:
    """Write arrays to a new file, in their order.

    Parameters
    ----------
    path : Path
        The file; not synced.
    attributes : mapping of str or int
        Written to the root, text as ASCII of fixed length, integers as int64.
    arrays : mapping of ndarray or Pieces
        By path in the file.

    Raises
    ------
    ValueError
        If pieces do not make up the array that they were said to.
    """
    offsets = _reserve(path, attributes, arrays)
    with path.open("r+b") as file:
        for name, array in arrays.items():
            file.seek(offsets[name])
            written = 0
            for piece in array.pieces if isinstance(array, Pieces) else [array]:
                if piece.dtype != array.dtype or piece.shape[1:] != array.shape[1:]:
                    raise ValueError(
                        f"`{name}` must come as {array.dtype} of shape {('m', *array.shape[1:])}; "
                        f"got {piece.dtype} of shape {piece.shape}."
                    )
                written += len(piece)
                file.write(np.ascontiguousarray(piece).reshape(-1).view(np.uint8).data)
            if written != array.shape[0]:
                raise ValueError(f"`{name}` must have {array.shape[0]} rows; got {written}.")


def map_arrays(path: Path, size: int | None = None) -> ArrayFile:
    """Map every array of a file.

    Parameters
    ----------
    path : Path
        A file that nobody changes any more.
    size : int or None
        How many bytes it must have.

    Returns
    -------
    ArrayFile
        Nothing of the arrays has been read yet.

    Raises
    ------
    CorruptStoreError
        If the file is missing, has another size, or is not a file of arrays that it contains.
    """
    try:
        with path.open("rb", buffering=0) as file:
            found = os.fstat(file.fileno()).st_size
            if size is not None and found != size:
                raise damaged(path, f"{size} bytes expected, {found} found")
            return _mapped(path, file, found)
    except FileNotFoundError:
        raise damaged(path, "the file is missing") from None


def _reserve(
    path: Path,
    attributes: Mapping[str, str | int],
    arrays: Mapping[str, npt.NDArray[Any] | Pieces],
) -> dict[str, int]:
    """Create the file with room for every array; return where each one goes."""
    import h5py
    from h5py import h5d, h5p, h5s, h5t

    place = h5p.create(h5p.DATASET_CREATE)
    place.set_layout(h5d.CONTIGUOUS)
    place.set_alloc_time(h5d.ALLOC_TIME_EARLY)
    place.set_fill_time(h5d.FILL_TIME_NEVER)
    link = h5p.create(h5p.LINK_CREATE)
    link.set_create_intermediate_group(True)
    # v108 keeps the file readable by HDF5 1.8, and is the first to put checksums on its metadata.
    with h5py.File(
        path,
        "w",
        libver=("v108", "v110"),
        alignment_threshold=1,
        alignment_interval=ALIGNMENT,
        locking=False,
    ) as file:
        for name, value in attributes.items():
            file.attrs[name] = np.bytes_(value, "ascii") if isinstance(value, str) else value
        offsets = {}
        for name, array in arrays.items():
            kind = h5t.py_create(array.dtype)
            space = h5s.create_simple(array.shape)
            dataset = h5d.create(file.id, name.encode(), kind, space, place, link)
            if not (offset := dataset.get_offset()):
                raise ValueError(f"`{name}` must not be empty; got shape {array.shape}.")
            offsets[name] = offset
        return offsets


def _mapped(path: Path, file: "FileIO", size: int) -> ArrayFile:
    from h5py import h5f, h5p

    access = h5p.create(h5p.FILE_ACCESS)
    access.set_fclose_degree(h5f.CLOSE_STRONG)
    # The file never changes, and network file systems refuse the library's locks.
    access.set_file_locking(False, True)
    try:
        label = h5f.open(os.fsencode(path), h5f.ACC_RDONLY, fapl=access)
        try:
            attributes = _attributes(label)
            extents = _extents(label)
        finally:
            label.close()
    except _HDF5_ERRORS as error:
        raise damaged(path, f"HDF5 cannot read it ({error})") from None
    mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    arrays = {name: _view(path, name, extent, mapping, size) for name, extent in extents.items()}
    return ArrayFile(attributes, arrays)


class _Extent(NamedTuple):
    """Where HDF5 says that an array lies; no offset: not in one piece of this file."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    offset: int | None


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


def _extents(label: "h5py.h5f.FileID") -> dict[str, _Extent]:
    from h5py import h5d, h5o

    extents: dict[str, _Extent] = {}

    def collect(name: bytes, info: "h5py.h5o.ObjInfo") -> None:
        if info.type == h5o.TYPE_DATASET:
            dataset = h5d.open(label, name)
            layout = dataset.get_create_plist()
            inside = layout.get_layout() == h5d.CONTIGUOUS and layout.get_external_count() == 0
            offset = dataset.get_offset() if inside else None
            extents[name.decode()] = _Extent(dataset.dtype, dataset.shape, offset)

    h5o.visit(label, collect, info=True)
    return extents


def _view(
    path: Path, name: str, extent: _Extent, mapping: mmap.mmap, size: int
) -> npt.NDArray[Any]:
    """Return one array of a mapping, once it is known to lie inside."""
    dtype, shape, offset = extent
    count = math.prod(shape)
    end = (offset or 0) + count * dtype.itemsize
    if offset is None or dtype.kind not in "iuf" or not dtype.isnative:
        raise damaged(path, f'"{name}" is not a contiguous array of native numbers')
    if end > size:
        raise damaged(path, f'"{name}" ends at byte {end}, the file at byte {size}')
    if offset % dtype.itemsize:
        raise damaged(path, f'"{name}" begins at byte {offset}, between two {dtype} values')
    return np.frombuffer(mapping, dtype, count, offset).reshape(shape)
