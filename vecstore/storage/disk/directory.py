"""The folder of a store as it was opened, wherever its path leads by now.

Somebody may rename the folder, remove it, or put another store at its path. Every change to a store
therefore goes through a `Directory`, which keeps a descriptor of the folder and compares it with
the path first. It looks names up from the descriptor, and a new file never replaces an old one.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import NamedTuple
from weakref import finalize

from vecstore.errors import StoreMovedError, StoreNotFoundError
from vecstore.storage.disk import files, names
from vecstore.storage.disk.files import Stamp

__all__ = ["Directory", "Identity", "absolute_path", "as_directory", "as_identity", "identity_of"]

# Windows opens no folders; there an open file keeps its folder from being moved or removed.
_DESCRIPTORS = os.name != "nt"


class Identity(NamedTuple):
    """Device and inode: they tell a file from another of the same name."""

    device: int
    inode: int


class Directory:
    """A folder that exists, by its absolute path and a descriptor."""

    def __init__(self, path: Path) -> None:
        self.path = absolute_path(path)  # links stay, so that a changed link is noticed
        self._descriptor: int | None = None
        try:
            if _DESCRIPTORS:
                flags = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)
                self._descriptor = os.open(self.path, flags)
                self._closing = finalize(self, os.close, self._descriptor)
            self.identity = self._identity()
        except FileNotFoundError:
            raise StoreNotFoundError(f"There is no store at {self.path}.") from None
        except NotADirectoryError:
            message = f"{self.path} is not a vecstore directory but a file."
            raise StoreNotFoundError(message) from None

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def verify(self) -> None:
        """Raise StoreMovedError if the path no longer leads to this folder."""
        try:
            same = identity_of(self.path) == self.identity
        except OSError:
            same = False
        if not same:
            raise StoreMovedError(
                f"{self.path} is not the folder any more that this writer has opened, which was "
                f"{self._fate()} Nothing more is written."
            )

    def publish(self, name: str, write: Callable[[Path], object]) -> Stamp:
        """Let `write` fill a temporary path, then name the file, durably: all of it or nothing.

        Raises FileExistsError if the name is taken, StoreMovedError if the folder has gone.
        """
        self.verify()
        path = self.path / name
        temporary, written = files.prepared(path, write)
        try:
            self.verify()
            files.disk.claim(temporary, path, self._descriptor)
        except BaseException:
            files.discard(temporary)
            self.verify()
            raise
        files.disk.sync_folder(self.path, self._descriptor)
        return written

    def remove(self, name: str) -> None:
        """Remove a file, not durably: one that returns after a crash is removed again later."""
        files.disk.remove(self.path / name, self._descriptor)

    def listing(self) -> list[str]:
        """Return the names of all files, sorted."""
        where = self.path if self._descriptor is None else self._descriptor
        return sorted(os.listdir(where))  # noqa: PTH208  # a Path has no descriptor

    def open(self, name: str, mode: str = "r") -> FileIO:
        """Open a regular file, without a buffer."""
        return files.open_regular(self.path / name, mode, self._descriptor)

    def identity_of(self, name: str) -> Identity | None:
        """Return the identity of a file; None if there is none."""
        found = self.status_of(name)
        return None if found is None else as_identity(found)

    def status_of(self, name: str) -> os.stat_result | None:
        """Return the `os.stat` of a file; None if there is none."""
        where = self.path / name if self._descriptor is None else name
        try:
            return os.stat(where, dir_fd=self._descriptor)
        except FileNotFoundError:
            return None

    def discard(self) -> None:
        """Remove the store: its files, and the folder if nothing else is in it."""
        with suppress(OSError):
            for name in self.listing():
                if names.parse_name(name):
                    with suppress(OSError):
                        self.remove(name)
        # If another folder has taken the place, it is not empty, and rmdir fails.
        with suppress(OSError, StoreMovedError):
            Directory.verify(self)  # not the override: the lock file has just gone
            self.path.rmdir()

    def _identity(self) -> Identity:
        if self._descriptor is None:
            return identity_of(self.path)
        # The path may lead elsewhere by now.
        return as_identity(os.fstat(self._descriptor))

    def close(self) -> None:
        """Give the descriptor back; nothing happens the second time."""
        if self._descriptor is not None:
            self._closing()
            self._descriptor = None

    def _fate(self) -> str:
        """Say what became of the folder and its rows, as far as the system tells."""
        there = "All rows that were acknowledged are there; open it again, under that path."
        if self._descriptor is None:
            return f"moved, removed or replaced. {there}"
        if os.fstat(self._descriptor).st_nlink == 0:
            return "removed, with all that was in it."
        where = "elsewhere"
        with suppress(OSError):  # Linux knows the way back
            where = f"to {Path(f'/proc/self/fd/{self._descriptor}').readlink()}"
        return f"moved {where}. {there}"


def as_directory(folder: Path | Directory) -> Directory:
    """Open the folder if only its path is given."""
    return folder if isinstance(folder, Directory) else Directory(folder)


def identity_of(path: Path) -> Identity:
    """Return the identity of a file or folder."""
    return as_identity(path.stat())


def as_identity(status: os.stat_result) -> Identity:
    """Return the identity that a status holds."""
    return Identity(status.st_dev, status.st_ino)


def absolute_path(path: str | os.PathLike[str]) -> Path:
    """Return where the path leads now, links unresolved: the working folder may change later."""
    given = Path(path)
    # Links stay, so that one that is changed later is followed, or noticed.
    if given.is_absolute():
        return given
    try:
        here, parts = Path.cwd(), given.parts
    except FileNotFoundError:
        raise StoreNotFoundError(
            f"{given} leads nowhere, since the working folder was removed; pass an absolute path."
        ) from None
    # The working folder has no links in its name, so that ".." at the start is its parent.
    while parts[:1] == ("..",):
        here, parts = here.parent, parts[1:]
    return here.joinpath(*parts)
