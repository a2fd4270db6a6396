"""Convert the stored numbers of an embedding to those that the model computes with."""

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["from_bfloat16", "from_int4", "from_int8", "unpacked"]

Floats = npt.NDArray[np.float32]


def from_bfloat16(values: npt.NDArray[Any]) -> Floats:
    """Return float32 from two bytes that are its upper half."""
    halves = np.ascontiguousarray(values).view(np.uint16).astype(np.uint32)
    return (halves << 16).view(np.float32)


def from_int8(values: npt.NDArray[np.int8], scale: npt.NDArray[Any]) -> Floats:
    """Return quantised rows, shape (n, dim), divided by the scale of each row."""
    return values.astype(np.float32) / scale.astype(np.float32)[:, np.newaxis]


def from_int4(
    values: npt.NDArray[np.int8],  # (n, dim), unpacked
    scale: npt.NDArray[Any],  # (n, m): the step of each row and group
    zero: npt.NDArray[np.int8],  # (n, m): the integer that stands for 0
    groups: npt.NDArray[Any],  # (dim,): the group, below m, of each column
) -> Floats:
    """Return rows of 4-bit integers whose columns were quantised in groups."""
    columns = groups.astype(np.int64)
    steps = values.astype(np.float32) - zero.astype(np.float32)[:, columns]
    return steps * scale.astype(np.float32)[:, columns]


def unpacked(values: npt.NDArray[np.int8], dim: int) -> npt.NDArray[np.int8]:
    """Return 4-bit integers, -8 to 7, that lie two to a byte, the first in its lower half.

    >>> unpacked(np.array([[0x21, -1]], np.int8), 3)
    array([[ 1,  2, -1]], dtype=int8)
    """
    # Move each number to the upper half of its own byte, then shift it back with its sign.
    pairs = np.stack([values << 4, values], axis=-1)
    return (pairs >> 4).reshape(len(values), -1)[:, :dim]
