"""The orientation of an image, as its camera noted it (EXIF)."""

import os
import struct
from pathlib import Path
from typing import BinaryIO

__all__ = ["TRANSPOSED", "orientation_of"]

#: From this orientation on, rows and columns are exchanged.
TRANSPOSED = 5

_UPRIGHT = 1
_TAG = 0x0112
_TYPES = {3: "H", 4: "I"}
# The most segments of a file to look through, and the most bytes of the EXIF segment.
_PIECES = 10_000
_MOST_BYTES = 1 << 20
_EXIF = b"Exif\0\0"


def orientation_of(path: bytes | str) -> int:
    """Return the EXIF orientation, from 1 (upright) to 8; 1 if there is none."""
    try:
        with Path(os.fsdecode(path)).open("rb") as file:
            start = file.read(12)
            if start.startswith(b"\xff\xd8"):
                exif = _of_jpeg(file)
            elif start.startswith(b"\x89PNG\r\n\x1a\n"):
                exif = _of_chunks(file, 8, ">I4s", b"eXIf", after=4)
            elif start.startswith(b"RIFF") and start[8:] == b"WEBP":
                exif = _of_chunks(file, 12, "<4sI", b"EXIF", after=0)
            else:
                return _UPRIGHT
        return _read(exif.removeprefix(_EXIF))
    except (OSError, struct.error):
        return _UPRIGHT


def _of_jpeg(file: BinaryIO) -> bytes:
    file.seek(2)
    for _ in range(_PIECES):
        marker, length = struct.unpack(">HH", file.read(4))
        if marker == 0xFFFF:  # a byte of padding
            file.seek(-3, 1)
        elif marker in (0xFFD9, 0xFFDA) or marker < 0xFFC0 or length < 2:
            break
        elif marker == 0xFFE1 and (content := file.read(length - 2)).startswith(_EXIF):
            return content
        elif marker != 0xFFE1:
            file.seek(length - 2, 1)
    return b""


def _of_chunks(file: BinaryIO, start: int, header: str, wanted: bytes, *, after: int) -> bytes:
    """Return a chunk of a PNG, or of a WebP, whose chunks are padded to even lengths."""
    file.seek(start)
    for _ in range(_PIECES):
        first, second = struct.unpack(header, file.read(8))
        name, length = (second, first) if after else (first, second)
        if name == wanted:
            return file.read(min(length, _MOST_BYTES))
        if name == b"IEND":
            break
        file.seek(length + (after or length % 2), 1)
    return b""


def _read(exif: bytes) -> int:
    """Return the orientation in the first EXIF directory; struct.error if it is truncated."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return _UPRIGHT
    (at,) = struct.unpack_from(f"{order}I", exif, 4)
    (count,) = struct.unpack_from(f"{order}H", exif, at)
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        tag, kind = struct.unpack_from(f"{order}HH", exif, entry)
        if tag == _TAG and kind in _TYPES:
            (value,) = struct.unpack_from(f"{order}{_TYPES[kind]}", exif, entry + 8)
            return int(value) if 1 <= value <= 8 else _UPRIGHT
    return _UPRIGHT
