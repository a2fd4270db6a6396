"""Files that a user asked for: whole or not at all, with errors that name the file and the reason.

Libraries that write for us report a full disk in their own words, or not at all.
"""

import errno
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from vecstore.errors import StoreExistsError, VecstoreError
from vecstore.storage.disk import files

__all__ = ["disk_errors", "publish_output", "write_new"]

# HDF5 says "errno = 28", Rust "(os error 28)", Python "[Errno 28]".
_NUMBER = re.compile(r"(?:os error|errno)\D{0,3}(\d+)", re.IGNORECASE)


def write_new(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file that must not exist yet; `write` fills a temporary path."""
    if path.exists():
        raise StoreExistsError(f"{path} exists already; remove it or choose another name.")
    publish_output(path, write)


def publish_output(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file; a failure leaves nothing behind and raises an OSError of the final path."""

    def fill(temporary: Path) -> None:
        with disk_errors(path):
            write(temporary)

    files.publish(path, fill)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Give errors of writing their number, its words, and the path that the user knows."""
    try:
        yield
    except _failures() as error:
        if isinstance(error, VecstoreError):
            raise
        if isinstance(error, OSError) and error.errno is not None:
            error.filename = str(path)
            raise
        said = str(error)
        found = _NUMBER.search(said)
        if found is None and not isinstance(error, OSError):
            raise  # not about the disk
        number = int(found[1]) if found else errno.EIO
        words = os.strerror(number) if found else said
        raise OSError(number, words, str(path)) from error


def _failures() -> tuple[type[Exception], ...]:
    polars = sys.modules.get("polars")  # not imported for the sake of its errors
    return (OSError,) if polars is None else (OSError, polars.exceptions.ComputeError)
