"""Lines of text files, compressed with gzip or not."""

import gzip
import zlib
from collections.abc import Iterator
from os import PathLike
from pathlib import Path

from vecstore.errors import IngestError

__all__ = ["numbered_lines"]

_GZIP = b"\x1f\x8b"


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
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise IngestError(f"{path}: damaged after line {number} ({error}).") from error
