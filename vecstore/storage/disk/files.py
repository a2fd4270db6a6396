"""The single seam for everything that changes the disk.

Files are written once: under a temporary name in the same folder, flushed, synced, renamed, and the
folder synced. A file under its final name is therefore complete and durable.

Other modules call the functions below, or `Directory` for the files of a store. All of them act
through `disk`, which crash tests replace by a double that fails, or forgets what was not synced.
"""

import errno
import os
import stat
import zlib
from collections.abc import Callable
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import NamedTuple

from vecstore.storage.disk import names
from vecstore.storage.disk.damage import damaged

__all__ = [
    "Disk",
    "Stamp",
    "append",
    "discard",
    "disk",
    "make_folder",
    "open_regular",
    "prepared",
    "publish",
    "stamp",
    "stamp_of",
]

# Small enough to stay in the processor's cache from reading to summing.
_CHECKSUM_BYTES = 1 << 18

# Errors of file systems without hard links: FAT, some FUSE and network file systems.
_NO_LINKS = (errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EMLINK, errno.EINVAL)


class Stamp(NamedTuple):
    """Size and CRC-32 of a file."""

    size: int
    checksum: int


class Disk:
    """The operations themselves, one system call each if possible. Files are open unbuffered."""

    def create(self, path: Path, write: Callable[[Path], object]) -> None:
        """Let `write` create and fill the file."""
        write(path)

    def append(self, file: FileIO, data: bytes) -> None:
        """Write all bytes at the position of the file, its end."""
        left = memoryview(data)
        while left:
            left = left[file.write(left) :]

    def truncate(self, file: FileIO, size: int) -> None:
        """Cut the file to `size` bytes."""
        file.truncate(size)

    def sync(self, file: FileIO) -> None:
        """Force the content of an open file to the device."""
        os.fsync(file.fileno())

    def sync_folder(self, folder: Path, opened: int | None = None) -> None:
        """Force new and removed names to the device; `opened` is a descriptor of the folder."""
        if opened is not None:
            os.fsync(opened)
        # Windows can neither open a folder nor needs to: it journals renames itself.
        elif os.name != "nt":
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def rename(self, old: Path, new: Path) -> None:
        """Give a file its final name, replacing a file that has it."""
        old.replace(new)

    def claim(self, old: Path, new: Path, folder: int | None) -> None:
        """Give a file its final name, or raise FileExistsError if it is taken.

        `folder`, a descriptor of the folder of both, finds them wherever the path leads by now.
        """
        if os.name == "nt":  # where renaming never replaces
            old.rename(new)
            return
        source: Path | str = old if folder is None else old.name
        target: Path | str = new if folder is None else new.name
        try:
            os.link(source, target, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            # No hard links here. The caller holds the writer's lock, so nobody takes the name
            # between the stat and the rename.
            with suppress(FileNotFoundError):
                os.stat(target, dir_fd=folder, follow_symlinks=False)
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(new)) from None
            os.rename(source, target, src_dir_fd=folder, dst_dir_fd=folder)
        else:
            os.unlink(source, dir_fd=folder)

    def remove(self, path: Path, folder: int | None = None) -> None:
        """Remove a name; mapped content lives on. `folder` as for `claim`."""
        if folder is None:
            path.unlink()
        else:
            os.unlink(path.name, dir_fd=folder)

    def make_folder(self, path: Path) -> None:
        """Make one folder, not its parents."""
        path.mkdir()


disk = Disk()


def publish(path: Path, write: Callable[[Path], object]) -> Stamp:
    """Let `write` fill a temporary path, then name the file, durably, replacing an old one.

    For a user's own files; those of a store are published by `Directory`, which replaces none.
    """
    temporary, written = prepared(path, write)
    try:
        disk.rename(temporary, path)
    except BaseException as error:
        discard(temporary)
        # A full disk, say. The error names both paths; the caller knows only the final one.
        if isinstance(error, OSError):
            error.filename, error.filename2 = str(path), None
        raise
    disk.sync_folder(path.parent)
    return written


def prepared(path: Path, write: Callable[[Path], object]) -> tuple[Path, Stamp]:
    """Write a file durably under a temporary name that nobody else has."""
    temporary = path.with_name(names.temporary_name(path.name))
    try:
        disk.create(temporary, write)
        written = stamp(temporary)
        # Windows syncs only through a handle that may write.
        with FileIO(temporary, "r+") as file:
            disk.sync(file)
    except BaseException as error:
        discard(temporary)
        if isinstance(error, OSError) and error.filename in (None, str(temporary)):
            error.filename = str(path)
        raise
    return temporary, written


def discard(temporary: Path) -> None:
    """Remove a temporary file, if possible: no reader looks at it."""
    with suppress(OSError):
        disk.remove(temporary)


def open_regular(path: Path, mode: str = "r", folder: int | None = None) -> FileIO:
    """Open a file of a store; a pipe, device or folder in its place is damage."""
    # Without O_NONBLOCK, opening a pipe waits for a writer.
    flags = os.O_RDONLY if mode == "r" else os.O_RDWR
    flags |= getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    name: Path | str = path if folder is None else path.name
    try:
        file = FileIO(path, mode, opener=lambda *_: os.open(name, flags, dir_fd=folder))
    except OSError:
        if path.exists() and not path.is_file():
            raise damaged(path, "it is not a regular file") from None
        raise
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise damaged(path, "it is not a regular file")
    return file


def append(file: FileIO, data: bytes, *, durable: bool = True) -> None:
    """Append one record at the end of an unbuffered file, and wait for the device if `durable`.

    After an OSError nobody knows what the device holds: do not append to the file again.
    """
    end = os.fstat(file.fileno()).st_size
    try:
        disk.append(file, data)
        if durable:
            disk.sync(file)
    except BaseException as error:
        # Readers should not find a refused record later. If the cut fails as well, they will.
        with suppress(OSError):
            disk.truncate(file, end)
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(file.name)
        raise


def make_folder(path: Path) -> None:
    """Make a folder, durably; raises FileExistsError if the path is taken."""
    disk.make_folder(path)
    disk.sync_folder(path.parent)


def stamp(path: Path) -> Stamp:
    """Return size and checksum of a file, reading it once."""
    with FileIO(path) as file:
        return stamp_of(file)


def stamp_of(file: FileIO) -> Stamp:
    """Return size and checksum of a file open at its start, whatever its name means by now."""
    size = checksum = 0
    buffer = memoryview(bytearray(_CHECKSUM_BYTES))
    while read := file.readinto(buffer):
        size += read
        checksum = zlib.crc32(buffer[:read], checksum)
    return Stamp(size, checksum)
