"""The IDX files in which MNIST and its relatives are published (yann.lecun.com/exdb/mnist)."""

import gzip
import math
import zlib
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["read_idx"]

# The third byte of a file gives the type of its numbers, which are big-endian.
TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: str | PathLike[str]) -> npt.NDArray[Any]:
    """Read the array of an IDX file, plain or gzipped, in native byte order; ValueError if damaged.

    Images of MNIST are uint8 of shape (n, 28, 28), its labels uint8 of shape (n,).
    """
    path = Path(path)
    content = path.read_bytes()
    # The content tells whether the file is gzipped, not its name.
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
