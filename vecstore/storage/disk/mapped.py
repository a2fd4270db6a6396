"""Mapped files, and whether somebody writes to them meanwhile.

Reading a mapping beyond the end of its file kills the process, and a file that was overwritten has
other rows in the old places. So a mapped file is compared with its first state before and after
each read. Truncation in the midst of a scan still kills the process: nothing can prevent that.
"""

import mmap
import os
from io import FileIO
from pathlib import Path

from vecstore.errors import StoreChangedError
from vecstore.storage.disk import files
from vecstore.storage.disk.damage import damaged

__all__ = ["MappedFile", "open_regular"]


def open_regular(path: Path) -> FileIO:
    """Open a file to read it; CorruptStoreError if it is missing or not a regular file."""
    try:
        return files.open_regular(path)
    except FileNotFoundError:
        raise damaged(path, "the file is missing") from None


class MappedFile:
    """A whole file, mapped, and its state at that time."""

    __slots__ = ("_changed", "_identity", "_name", "mapping", "path", "size")

    def __init__(self, path: Path, file: FileIO) -> None:
        status = os.fstat(file.fileno())
        self.path = path
        self._name = os.fspath(path)  # kept: fspath would be a third of a check
        self.size = status.st_size
        self._identity = status.st_dev, status.st_ino
        self._changed = status.st_mtime_ns
        self.mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    @property
    def state(self) -> tuple[int, int]:
        """Size in bytes and modification time in nanoseconds, when it was mapped."""
        return self.size, self._changed

    def is_at_path(self) -> bool:
        """Return whether the path still leads to this file."""
        return self._status() is not None

    def check(self) -> None:
        """Raise StoreChangedError if the file was written to since; takes a few microseconds."""
        # A file that was renamed, removed or replaced lives on as long as it is mapped.
        status = self._status()
        size = self.mapping.size() if status is None else status.st_size
        if size != self.size:
            raise self._error(f"it had {self.size} bytes and has {size} now")
        if status is not None and status.st_mtime_ns != self._changed:
            raise self._error("it was written to")

    def _status(self) -> os.stat_result | None:
        """Return the status at the path; None if that is another file by now."""
        try:
            status = os.stat(self._name)  # noqa: PTH116
        except OSError:
            return None
        return status if (status.st_dev, status.st_ino) == self._identity else None

    def _error(self, what: str) -> StoreChangedError:
        return StoreChangedError(
            f"{self.path} was changed while it was open: {what}. Its rows cannot be read any more; "
            f"open it again.",
            path=self.path,
            what=what,
        )
