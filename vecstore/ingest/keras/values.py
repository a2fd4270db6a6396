"""The numbers of an embedding as a model computes with them, from what a file has of it."""

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["from_bfloat16", "from_int4", "from_int8", "unpacked"]

Floats = npt.NDArray[np.float32]


def from_bfloat16(values: npt.NDArray[Any]) -> Floats:
    """Return float32 of what is stored in two bytes: its upper half.

    Examples
    --------
    >>> from_bfloat16(np.array([0x3F80, 0xC000], np.uint16).view("V2"))
    array([ 1., -2.], dtype=float32)
    """
    halves = np.ascontiguousarray(values).view(np.uint16).astype(np.uint32)
    return (halves << 16).view(np.float32)


def from_int8(values: npt.NDArray[np.int8], scale: npt.NDArray[Any]) -> Floats:
    """Return floats of quantised rows, each of which was multiplied by its scale.

    Parameters
    ----------
    values : ndarray of int8, shape (n, dim)
        The rows.
    scale : ndarray of floats, shape (n,)
        Theirs.

    Returns
    -------
    ndarray of float32, shape (n, dim)
    """
    return values.astype(np.float32) / scale.astype(np.float32)[:, np.newaxis]


def from_int4(
    values: npt.NDArray[np.int8],
    scale: npt.NDArray[Any],
    zero: npt.NDArray[np.int8],
    groups: npt.NDArray[Any],
) -> Floats:
    """Return floats of rows of 4-bit integers whose columns were quantised in groups.

    Parameters
    ----------
    values : ndarray of int8, shape (n, dim)
        The rows, unpacked.
    scale, zero : ndarrays, shape (n, m)
        For each row and group, the size of a step and which integer stands for 0.
    groups : ndarray of numbers, shape (dim,)
        To which of the m groups a column belongs.

    Returns
    -------
    ndarray of float32, shape (n, dim)
    """
    columns = groups.astype(np.int64)
    steps = values.astype(np.float32) - zero.astype(np.float32)[:, columns]
    return steps * scale.astype(np.float32)[:, columns]


def unpacked(values: npt.NDArray[np.int8], dim: int) -> npt.NDArray[np.int8]:
    """Return rows of 4-bit integers that lie two in a byte, the first in its lower half.

    Parameters
    ----------
    values : ndarray of int8, shape (n, (dim + 1) // 2)
        The bytes.
    dim : int
        Integers in a row.

    Returns
    -------
    ndarray of int8, shape (n, dim)
        From -8 to 7.

    Examples
    --------
    >>> unpacked(np.array([[0x21, -1]], np.int8), 3)
    array([[ 1,  2, -1]], dtype=int8)
    """
    pairs = np.stack([values << 4, values], axis=-1)  # each number in the upper half of a byte
    return (pairs >> 4).reshape(len(values), -1)[:, :dim]
