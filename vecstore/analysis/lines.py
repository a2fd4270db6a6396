"""Lines of text files, compressed with gzip or not."""

import gzip
import zlib
from collections.abc import Iterator
from os import PathLike
from pathlib import Path

from vecstore.errors import IngestError

__all__ = ["numbered_lines", "read_lines"]

_GZIP = b"\x1f\x8b"
_DAMAGE = (EOFError, zlib.error, gzip.BadGzipFile)


def numbered_lines(path: str | PathLike[str]) -> Iterator[tuple[int, str]]:
    """Go through the lines of a text file.

    Parameters
    ----------
    path : path-like
        UTF-8, with or without a byte-order mark; gzip is told by the first bytes.

    Yields
    ------
    number : int
        From 1.
    line : str
        Without the end of the line.

    Raises
    ------
    IngestError
        If the file is not text, or its compression is damaged.
    """
    path = Path(path)
    number = 0
    with path.open("rb") as file:
        packed = file.read(len(_GZIP)) == _GZIP
        file.seek(0)
        lines = gzip.GzipFile(fileobj=file) if packed else file
        try:
            for number, line in enumerate(lines, 1):
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
                yield number, text.rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise IngestError(f"{path}: line {number} is not UTF-8 text.") from error
        except _DAMAGE as error:
            raise IngestError(f"{path}: damaged after line {number} ({error}).") from error


def read_lines(path: str | PathLike[str]) -> list[str]:
    """Return the lines of a text file that are not empty.

    Parameters
    ----------
    path : path-like
        As for `numbered_lines`.

    Returns
    -------
    list of str
        Without the ends of the lines.

    Raises
    ------
    IngestError
        If the file is not text, or its compression is damaged.
    """
    content = Path(path).read_bytes()
    try:
        if content.startswith(_GZIP):
            content = gzip.decompress(content)
        text = content.decode("utf-8-sig")
    except (UnicodeDecodeError, *_DAMAGE):
        return [line for _, line in numbered_lines(path)]  # an error that names the line
    return [line for line in text.replace("\r\n", "\n").split("\n") if line and not line.isspace()]
