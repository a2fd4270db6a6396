"""The single seam for everything that changes the disk.

Files are written once: under a temporary name in the same folder, flushed, synced, renamed, and
the folder synced. A file that has its final name is therefore complete and durable, and nobody
ever sees half of it. Other modules call the functions below; these act through `disk`, whose place
the crash tests give to a double that fails, or forgets what was not synced.
"""

import os
import zlib
from collections.abc import Callable
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import NamedTuple

from vecstore.storage import names

__all__ = [
    "Disk",
    "Stamp",
    "append",
    "disk",
    "make_folder",
    "publish",
    "remove",
    "stamp",
    "stamp_of",
]

# Small enough to stay in the processor's cache between reading and summing.
_CHECKSUM_BYTES = 1 << 18


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

    def sync_folder(self, folder: Path) -> None:
        """Force names that came or went in a folder to the device.

        Parameters
        ----------
        folder : Path
            The folder.
        """
        # Windows can neither open a folder nor needs to: it journals renames itself.
        if os.name != "nt":
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def rename(self, old: Path, new: Path) -> None:
        """Give a file its final name, in place of a file that has it.

        Parameters
        ----------
        old : Path
            Its name so far.
        new : Path
            In the same folder.
        """
        old.replace(new)

    def remove(self, path: Path) -> None:
        """Take a name away; the content lives on while it is mapped.

        Parameters
        ----------
        path : Path
            The file.
        """
        path.unlink()

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
    """Write a file: all of it or nothing, and durable when this returns.

    Parameters
    ----------
    path : Path
        The final name. A file that has it already is replaced: it can only be what a commit that
        never happened left behind.
    write : callable
        Given the temporary path; creates and fills that file.

    Returns
    -------
    Stamp
        Size and checksum of the content.

    Raises
    ------
    OSError
        If the disk is full, say, naming the file; nothing is left of it.
    """
    temporary = path.with_name(names.temporary_name(path.name))
    try:
        disk.create(temporary, write)
        written = stamp(temporary)
        # Windows syncs only through a handle that may write.
        with FileIO(temporary, "r+") as file:
            disk.sync(file)
        disk.rename(temporary, path)
    except BaseException as error:
        # Only to give the space back: a temporary file means nothing to a reader.
        with suppress(OSError):
            disk.remove(temporary)
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)
        raise
    disk.sync_folder(path.parent)
    return written


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


def remove(path: Path) -> None:
    """Remove a file, not durably: one that comes back after a crash is removed again later.

    Parameters
    ----------
    path : Path
        The file.
    """
    disk.remove(path)


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
