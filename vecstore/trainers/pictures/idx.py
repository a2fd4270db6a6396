"""The IDX files in which MNIST and its relatives are published."""

import gzip
import math
import zlib
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["read_idx"]

# The third byte of a file says what its numbers are; they are big-endian.
TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: str | PathLike[str]) -> npt.NDArray[Any]:
    """Read an array from an IDX file.

    Parameters
    ----------
    path : path-like
        Plain, or compressed by gzip: the content tells.

    Returns
    -------
    ndarray
        Of the shape and type that the file says, in the byte order of this machine. Images of
        MNIST are uint8 of shape (n, 28, 28), its labels uint8 of shape (n,).

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no IDX file, or not whole.

    References
    ----------
    .. [1] LeCun, Cortes and Burges, "The MNIST database of handwritten digits",
       yann.lecun.com/exdb/mnist.

    Examples
    --------
    >>> _ = Path("labels.idx").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 5, 0, 4]))
    >>> read_idx("labels.idx")
    array([5, 0, 4], dtype=uint8)
    """
    path = Path(path)
    content = path.read_bytes()
    if content[:2] == b"\x1f\x8b":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(f"{path} cannot be decompressed: {error}.") from error
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in TYPES or not content[3]:
        raise ValueError(
            f"{path} is no IDX file: it begins with {content[:4].hex(' ') or 'nothing'}."
        )
    dtype, axes = np.dtype(TYPES[content[2]]), content[3]
    start = 4 + 4 * axes
    if len(content) < start:
        raise _damaged(path, start, len(content))
    shape = np.frombuffer(content[4:start], ">u4").tolist()
    wanted = start + dtype.itemsize * math.prod(shape)
    if len(content) != wanted:
        raise _damaged(path, wanted, len(content))
    values = np.frombuffer(content, dtype, offset=start).reshape(shape)
    return values.astype(dtype.newbyteorder("="))


def _damaged(path: Path, wanted: int, there: int) -> ValueError:
    return ValueError(f"{path} is damaged: {wanted} bytes are needed, {there} are there.")
