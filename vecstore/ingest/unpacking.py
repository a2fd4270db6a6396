"""Decompression of what files of vectors are distributed in."""

import bz2
import gzip
import io
import lzma
import struct
import zipfile
import zlib
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from vecstore.errors import IngestError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["COMPRESSIONS", "Unpacking", "open_zip_member", "zip_members", "zip_sizes"]

#: The kinds of compression, and the first bytes that tell them.
COMPRESSIONS = {"gz": b"\x1f\x8b", "bz2": b"BZh", "xz": b"\xfd7zXZ\x00", "zip": b"PK\x03\x04"}


def _gunzip_tools() -> tuple[Any, type[Exception]]:
    """Return what reads gzip, and what it raises."""
    try:
        # Inflates two to three times as fast as zlib, which is slower than the parser behind it.
        module = import_module("isal.igzip_lib")
        return import_module("isal.igzip").IGzipFile, module.IsalError
    except ImportError:
        return gzip.GzipFile, zlib.error


_GunzipFile, _InflateError = _gunzip_tools()

# zipfile inflates as much as is asked for. Of other methods it takes as many packed bytes as are
# asked for, 4 KB at least, and keeps whatever they expand to: of bzip2 up to 20,000 times as many.
_BOUNDED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_SMALL_STEP = 1 << 12

# RuntimeError: an archive under a password. NotImplementedError: a method that zipfile lacks.
_DAMAGE = (
    EOFError,
    _InflateError,
    NotImplementedError,
    OSError,
    RuntimeError,
    lzma.LZMAError,
    zipfile.BadZipFile,
    zlib.error,
)
# zipfile trusts the directory of an archive; a damaged one shows in whatever it computes from that.
_BAD_ARCHIVE = (*_DAMAGE, IndexError, OverflowError, ValueError, struct.error)


def zip_members(path: Path, name: Path | None = None) -> list[str]:
    """Return the names of the files in a zip archive, which errors call `name`.

    Raises
    ------
    IngestError
        If it is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return [name for name in archive.namelist() if not name.endswith("/")]
    except _BAD_ARCHIVE as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk, not the content
        raise IngestError(f"{name or path} is damaged: {error}. Fetch it again.") from error


def zip_sizes(path: Path) -> dict[str, tuple[int, int]]:
    """Return how many bytes every member of a zip archive says it has, unpacked and packed."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {one.filename: (one.file_size, one.compress_size) for one in archive.infolist()}
    except _BAD_ARCHIVE as error:
        raise IngestError(f"{path} is damaged: {error}. Fetch it again.") from error


def open_zip_member(path: Path, member: str) -> BinaryIO:
    """Return a stream of the bytes of a file in a zip archive."""
    return io.BufferedReader(Unpacking(io.FileIO(path), "zip", member))


class Unpacking(io.RawIOBase):
    """The decompressed bytes of a file, as a stream whose errors name the file.

    Parameters
    ----------
    file : FileIO
        The compressed file, at its beginning; closed with the stream.
    compression : str
        A key of `COMPRESSIONS`.
    member : str or None
        The member of a zip archive.
    name : Path or None
        What errors call the file, if it is the copy of another.
    """

    def __init__(
        self, file: io.FileIO, compression: str, member: str | None, name: Path | None = None
    ) -> None:
        self._file = file
        self._name = file.name if name is None else name
        self._inner: BinaryIO | None = None
        try:
            self._inner = _unpacked(file, compression, member)
            self._step = _step(self._inner)
        except _BAD_ARCHIVE as error:
            self.close()
            raise self._damaged(error) from error

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Fill `buffer` with the next bytes; return how many there were."""
        room = memoryview(buffer).cast("B")[: self._step]
        try:
            return cast("io.RawIOBase", self._inner).readinto(room) or 0
        except _DAMAGE as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the disk, not the content
            raise self._damaged(error) from error

    def close(self) -> None:
        """Close the stream and the file."""
        if self._inner is not None:
            self._inner.close()
        self._file.close()
        super().close()

    def _damaged(self, error: Exception) -> IngestError:
        reason = str(error).rstrip(".")
        return IngestError(f"{self._name} cannot be decompressed: {reason}. Fetch it again.")


def _unpacked(file: io.FileIO, compression: str, member: str | None) -> BinaryIO:
    if compression == "gz":
        return cast("BinaryIO", _GunzipFile(fileobj=file))
    if compression == "bz2":
        return cast("BinaryIO", bz2.BZ2File(file))
    if compression == "xz":
        return cast("BinaryIO", lzma.LZMAFile(file))
    return cast("BinaryIO", zipfile.ZipFile(file).open(member or ""))


def _step(stream: BinaryIO) -> int | None:
    """Return how many bytes may be asked for at once; None for any number."""
    is_member = isinstance(stream, zipfile.ZipExtFile)
    bounded = not is_member or stream._compress_type in _BOUNDED  # type: ignore[attr-defined]
    return None if bounded else _SMALL_STEP
