"""Writing arrays to an HDF5 file, past the HDF5 library.

The label comes from the library; it and the arrays are written by ordinary writes, piece by piece
if need be, and a full disk is an ordinary error.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.storage.hdf5.label import Label, make_label

__all__ = ["Pieces", "write_arrays", "write_side_by_side"]


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
) -> Label:
    """Write arrays to a new file, in their order.

    Parameters
    ----------
    path : Path
        The file; not synced.
    attributes : mapping of str or int
        Written to the root, text as ASCII of fixed length, integers as int64.
    arrays : mapping of ndarray or Pieces
        By path in the file.

    Returns
    -------
    Label
        What HDF5 made of them.

    Raises
    ------
    ValueError
        If pieces do not make up the array that they were said to, or an array is empty.
    OSError
        If the disk is full, say.
    """
    label = make_label(attributes, arrays)
    with path.open("wb") as file:
        _write_label(file, label)
        for name, array in arrays.items():
            file.seek(label.offsets[name])
            _write_array(file, name, array)
    return label


def write_side_by_side(
    path: Path,
    attributes: Mapping[str, str | int],
    arrays: Mapping[str, Pieces],
    steps: Iterable[Mapping[str, npt.NDArray[Any]]],
) -> None:
    """Write arrays to a new file that grow together, a few rows of each at a time.

    Parameters
    ----------
    path : Path
        The file; not synced.
    attributes : mapping of str or int
        As for `write_arrays`.
    arrays : mapping of Pieces
        What each will be; their own pieces are not used.
    steps : iterable of mapping of ndarray, shape (m, ...)
        The next rows of every array.

    Raises
    ------
    ValueError
        If the steps do not make up the arrays, or an array is empty.
    OSError
        If the disk is full, say.
    """
    label = make_label(attributes, arrays)
    written = dict.fromkeys(arrays, 0)
    with path.open("wb") as file:
        _write_label(file, label)
        for step in steps:
            for name, piece in step.items():
                _check_piece(name, arrays[name], piece)
                file.seek(label.offsets[name] + written[name] * piece[:1].nbytes)
                file.write(_bytes(piece))
                written[name] += len(piece)
    for name, whole in arrays.items():
        _check_rows(name, whole, written[name])


def _write_label(file: BinaryIO, label: Label) -> None:
    file.truncate(label.size)
    for offset, page in label.pages.items():
        file.seek(offset)
        file.write(page[: label.size - offset])


def _write_array(file: BinaryIO, name: str, array: npt.NDArray[Any] | Pieces) -> None:
    written = 0
    for piece in array.pieces if isinstance(array, Pieces) else [array]:
        _check_piece(name, array, piece)
        file.write(_bytes(piece))
        written += len(piece)
    _check_rows(name, array, written)


def _check_piece(name: str, whole: npt.NDArray[Any] | Pieces, piece: npt.NDArray[Any]) -> None:
    if piece.dtype != whole.dtype or piece.shape[1:] != whole.shape[1:]:
        raise ValueError(
            f"`{name}` must come as {whole.dtype} of shape {('m', *whole.shape[1:])}; "
            f"got {piece.dtype} of shape {piece.shape}."
        )


def _check_rows(name: str, whole: npt.NDArray[Any] | Pieces, written: int) -> None:
    if written != whole.shape[0]:
        raise ValueError(f"`{name}` must have {whole.shape[0]} rows; got {written}.")


def _bytes(piece: npt.NDArray[Any]) -> memoryview:
    return np.ascontiguousarray(piece).reshape(-1).view(np.uint8).data
