"""Lines of text files, compressed with gzip or not."""

import gzip
import zlib
from collections.abc import Iterator
from io import BufferedReader, BytesIO
from os import PathLike
from pathlib import Path
from typing import cast

from vecstore.encodings import MARK, Transcoding, find_encoding
from vecstore.errors import IngestError
from vecstore.pipes import open_once

__all__ = ["numbered_lines", "read_lines"]

_GZIP = b"\x1f\x8b"
_LOOKED_AT = 1 << 10
_DAMAGE = (EOFError, zlib.error, gzip.BadGzipFile)


def numbered_lines(path: str | PathLike[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text file, numbered from 1, without their ends.

    The file is UTF-8 unless it has a byte order mark; gzip is recognised by its first bytes. A pipe
    can be read once. Raises IngestError if the file is not text, or its compression is damaged.
    """
    path = Path(path)
    with open_once(path) as file:
        yield from _numbered(cast("BufferedReader", file), path)


def _numbered(file: BufferedReader, path: Path) -> Iterator[tuple[int, str]]:
    number = 0
    try:
        for number, line in enumerate(_lines(file), 1):
            yield number, line.decode()
    except UnicodeDecodeError as error:
        raise IngestError(f"{path}: line {number} is not UTF-8 text.") from error
    except _DAMAGE as error:
        raise IngestError(f"{path}: damaged after line {number} ({error}).") from error


def _lines(file: BufferedReader) -> Iterator[bytes]:
    """Yield the lines as UTF-8, without byte order mark and line ends of any system."""
    stream = file
    if file.peek(len(_GZIP)).startswith(_GZIP):  # peek, because a pipe cannot seek
        stream = cast("BufferedReader", gzip.GzipFile(fileobj=file))
    if encoding := find_encoding(stream.peek(_LOOKED_AT)):
        stream = BufferedReader(Transcoding(stream, encoding))
    mark = MARK
    for line in stream:
        yield from line.removeprefix(mark).strip(b"\r\n").split(b"\r")
        mark = b""


def read_lines(path: str | PathLike[str]) -> list[str]:
    """Return the non-blank lines of a file, as `numbered_lines` but faster."""
    with open_once(path) as file:
        content = file.read()
    try:
        if content.startswith(_GZIP):
            content = gzip.decompress(content)
        text = content.decode(find_encoding(content) or "utf-8-sig")
    except (UnicodeDecodeError, *_DAMAGE):
        # Read again line by line, for an error that names the line.
        text = "\n".join(
            line for _, line in _numbered(BufferedReader(BytesIO(content)), Path(path))
        )
    lines = text.replace("\r", "\n").split("\n")
    return [line for line in lines if line and not line.isspace()]
