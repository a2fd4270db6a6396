"""A stream of text cut into blocks of whole lines."""

import re
from collections.abc import Generator
from io import BufferedReader
from typing import BinaryIO, cast

import numpy as np
import numpy.typing as npt

from vecstore.errors import IngestError

__all__ = ["line_blocks"]

# Large enough that handing a block to another thread is cheap, small enough to stay in a cache.
_BLOCK_BYTES = 1 << 20
# A line of a million numbers has some 10 MB. A line of over 64 MB is not text.
_MAX_LINE_BYTES = 1 << 26

_NEWLINE = re.compile(rb"(?s).*\n")
# The run of returns must end in the block, or the next block might begin within a line end.
_RETURN = re.compile(rb"(?s).*\r(?=[^\r\n])")


def line_blocks(
    stream: BinaryIO, path: object, block_bytes: int = _BLOCK_BYTES
) -> Generator[npt.NDArray[np.uint8], None, None]:
    """Yield blocks that end where lines do; IngestError if a line is longer than 64 MB."""
    size, carried = block_bytes, b""
    with stream:
        while True:
            # Not a bytearray: filling that with zeros costs as much as reading.
            buffer = np.empty(size, np.uint8)
            filled = _fill(stream, buffer, carried)
            end = filled if filled < size else _after_last_line_end(buffer)
            if end:
                yield buffer[:end]
            elif size >= _MAX_LINE_BYTES:
                raise IngestError(
                    f"{path} is not a text file of vectors: a line of it has over {size:,} bytes."
                )
            if filled < size:
                return
            carried = buffer[end:].tobytes()
            # A line that does not fit the block is tried again with twice the room.
            size = max(block_bytes, 2 * len(carried))


def _fill(stream: BinaryIO, buffer: npt.NDArray[np.uint8], carried: bytes) -> int:
    """Write `carried`, then what follows in the stream, to `buffer`; return where it ends."""
    room, end = buffer.data, len(carried)
    room[:end] = carried
    while end < len(room) and (n := cast("BufferedReader", stream).readinto(room[end:])):
        end += n
    return end


def _after_last_line_end(buffer: npt.NDArray[np.uint8]) -> int:
    r"""Return the place after the last ``\n``, or else ``\r``; 0 if there is none."""
    return _after_last(_NEWLINE, buffer) or _after_last(_RETURN, buffer)


def _after_last(end: re.Pattern[bytes], buffer: npt.NDArray[np.uint8]) -> int:
    looked = 1 << 12
    while True:
        start = max(0, len(buffer) - looked)
        if found := end.match(buffer[start:].tobytes()):
            return start + found.end()
        if not start:
            return 0
        looked *= 2
