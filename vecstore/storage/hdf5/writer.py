"""Writing arrays to an HDF5 file without the HDF5 library.

Only the label comes from the library. The label and the arrays are written by ordinary writes,
piece by piece if need be, so that a full disk is an ordinary OSError.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.storage.hdf5.label import Label, make_label

__all__ = ["Pieces", "write_arrays", "write_side_by_side"]


class Pieces(NamedTuple):
    """An array written a few rows at a time, never in memory as a whole."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    pieces: Iterable[npt.NDArray[Any]]  # consecutive rows, (m, ...); consumed once


def write_arrays(
    path: Path,
    attributes: Mapping[str, str | int],
    arrays: Mapping[str, npt.NDArray[Any] | Pieces],
) -> Label:
    """Write arrays to a new file in their order, unsynced, with attributes as in `make_label`.

    Raises ValueError if an array is empty, or its pieces do not make up its shape and dtype.
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
    """Write arrays to a new file, a few rows of each at a time.

    `steps` yields the next rows by path; the pieces of `arrays` are not used. Raises as
    `write_arrays` does.
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
