"""The single seam for everything that changes the disk.

Files are written once: under a temporary name in the same folder, flushed, synced, renamed, and
the folder synced. A file that has its final name is therefore complete and durable, and nobody
ever sees half of it. Other modules call the functions below, or `Directory` for the files of a
store; these act through `disk`, whose place the crash tests give to a double that fails, or forgets
what was not synced.
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

# Small enough to stay in the processor's cache between reading and summing.
_CHECKSUM_BYTES = 1 << 18

# What file systems say that have no hard links: FAT, some of FUSE and of networks.
_NO_LINKS = (errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EMLINK, errno.EINVAL)


class Stamp(NamedTuple):
    """What tells the content of one file from another's: its size in bytes and its CRC-32."""

    size: int
    checksum: int


class Disk:
    """The operations themselves, one system call each where there is one."""

    def create(self, path: Path, write: Callable[[Path], object]) -> None:
        """Let somebody fill a new file.

        Parameters
        ----------
        path : Path
            The file.
        write : callable
            Given the path.
        """
        write(path)

    def append(self, file: FileIO, data: bytes) -> None:
        """Add bytes at the end of an open file.

        Parameters
        ----------
        file : FileIO
            Open for writing, without a buffer.
        data : bytes
            All of them are written, in as many calls as it takes.
        """
        left = memoryview(data)
        while left:
            left = left[file.write(left) :]

    def truncate(self, file: FileIO, size: int) -> None:
        """Cut an open file.

        Parameters
        ----------
        file : FileIO
            Open for writing, without a buffer.
        size : int
            Bytes that stay.
        """
        file.truncate(size)

    def sync(self, file: FileIO) -> None:
        """Force what an open file holds to the device.

        Parameters
        ----------
        file : FileIO
            Open for writing, without a buffer.
        """
        os.fsync(file.fileno())

    def sync_folder(self, folder: Path, opened: int | None = None) -> None:
        """Force names that came or went in a folder to the device; `opened` is its descriptor."""
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
        """Give a file its final name, in place of a file that has it."""
        old.replace(new)

    def claim(self, old: Path, new: Path, folder: int | None) -> None:
        """Give a file its final name, or raise FileExistsError if a file has it.

        `folder` is a descriptor of the folder of both, where the system has such: the names are
        looked up there, wherever the path leads by now.
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
            # A file system without hard links. Who holds the lock is alone here, so that nobody
            # takes the name between the look and the renaming.
            with suppress(FileNotFoundError):
                os.stat(target, dir_fd=folder, follow_symlinks=False)
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(new)) from None
            os.rename(source, target, src_dir_fd=folder, dst_dir_fd=folder)
        else:
            os.unlink(source, dir_fd=folder)

    def remove(self, path: Path, folder: int | None = None) -> None:
        """Take a name away; the content lives on while it is mapped. `folder` as for `claim`."""
        if folder is None:
            path.unlink()
        else:
            os.unlink(path.name, dir_fd=folder)

    def make_folder(self, path: Path) -> None:
        """Make a folder that does not exist yet.

        Parameters
        ----------
        path : Path
            In a folder that does.
        """
        path.mkdir()


disk = Disk()


def publish(path: Path, write: Callable[[Path], object]) -> Stamp:
    """Write a file of the caller's: all of it or nothing, durable, in place of one that is there.

    `write` is given a temporary path, and creates and fills that file. Nothing is left of it when
    the disk is full, say: the OSError names the final path. Files of a store are published by
    `Directory`, which never replaces any.
    """
    temporary, written = prepared(path, write)
    try:
        disk.rename(temporary, path)
    except BaseException as error:
        discard(temporary)
        if isinstance(error, OSError):  # it names both paths; the caller knows one
            error.filename, error.filename2 = str(path), None
        raise
    disk.sync_folder(path.parent)
    return written


def prepared(path: Path, write: Callable[[Path], object]) -> tuple[Path, Stamp]:
    """Write a file under a temporary name that nobody else has; its content is durable."""
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
    """Remove a temporary file, if that can be done: it means nothing to a reader."""
    with suppress(OSError):
        disk.remove(temporary)


def open_regular(path: Path, mode: str = "r", folder: int | None = None) -> FileIO:
    """Open a file of a store; a pipe, a device or a folder in its place is damage."""
    # Opening a pipe for reading waits for somebody who writes, unless told not to.
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
    """Append bytes at the end of an open file.

    Parameters
    ----------
    file : FileIO
        Open for writing, at its end, without a buffer.
    data : bytes
        One record.
    durable : bool, default True
        Whether to wait until the device has them.

    Raises
    ------
    OSError
        If the disk is full, say. The file then ends where it ended before, if that could be done;
        nobody knows what the device holds, and the file must not be appended to again.
    """
    end = os.fstat(file.fileno()).st_size
    try:
        disk.append(file, data)
        if durable:
            disk.sync(file)
    except BaseException as error:
        # What was refused should not be found later; if it cannot be cut off, it will be found.
        with suppress(OSError):
            disk.truncate(file, end)
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(file.name)
        raise


def make_folder(path: Path) -> None:
    """Make a folder, durably.

    Parameters
    ----------
    path : Path
        In a folder that exists.

    Raises
    ------
    FileExistsError
        If the path is taken.
    """
    disk.make_folder(path)
    disk.sync_folder(path.parent)


def stamp(path: Path) -> Stamp:
    """Return size and checksum of a file, reading it once.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Stamp
        Of all its bytes.
    """
    with FileIO(path) as file:
        return stamp_of(file)


def stamp_of(file: FileIO) -> Stamp:
    """Return size and checksum of an open file, reading it once; see `stamp`.

    Parameters
    ----------
    file : FileIO
        At its beginning; stays what was opened, whatever becomes of the name.

    Returns
    -------
    Stamp
        Of all its bytes.
    """
    size = checksum = 0
    buffer = memoryview(bytearray(_CHECKSUM_BYTES))
    while read := file.readinto(buffer):
        size += read
        checksum = zlib.crc32(buffer[:read], checksum)
    return Stamp(size, checksum)
