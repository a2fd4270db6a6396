"""Writing arrays to an HDF5 file, past the HDF5 library.

The library reserves a contiguous, aligned place for every array and closes the file: it is the
label that says what each array is and where it lies. The bytes are then written there by ordinary
writes, piece by piece if need be, and a full disk is an ordinary error.
"""

import errno
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["ALIGNMENT", "Pieces", "write_arrays"]

#: Every array begins at a multiple of this many bytes: a page.
ALIGNMENT = 4096


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
        If pieces do not make up the array that they were said to, or an array is empty.
    OSError
        If the disk is full, say.
    """
    try:
        offsets = _reserve(path, attributes, arrays)
    except (OSError, RuntimeError) as error:
        raise _as_os_error(error, path) from None
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


def _as_os_error(error: OSError | RuntimeError, path: Path) -> OSError:
    """Return what the operating system said, which the HDF5 library wraps in its own words."""
    said = re.search(r"errno = (\d+)", str(error))
    number = int(said[1]) if said else errno.EIO
    return OSError(number, os.strerror(number), str(path))
