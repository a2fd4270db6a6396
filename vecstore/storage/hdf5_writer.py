"""Writing arrays to an HDF5 file, past the HDF5 library.

The label comes from the library; it and the arrays are written by ordinary writes, piece by piece
if need be, and a full disk is an ordinary error.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.storage.hdf5_label import make_label

__all__ = ["Pieces", "write_arrays"]


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
    label = make_label(attributes, arrays)
    with path.open("wb") as file:
        file.truncate(label.size)
        for offset, page in label.pages.items():
            file.seek(offset)
            file.write(page[: label.size - offset])
        for name, array in arrays.items():
            file.seek(label.offsets[name])
            _write_array(file, name, array)


def _write_array(file: BinaryIO, name: str, array: npt.NDArray[Any] | Pieces) -> None:
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
