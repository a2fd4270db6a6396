"""Decompression of the formats in which files of vectors are distributed."""

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

#: The kinds of compression, by their first bytes.
COMPRESSIONS = {"gz": b"\x1f\x8b", "bz2": b"BZh", "xz": b"\xfd7zXZ\x00", "zip": b"PK\x03\x04"}


def _gunzip_tools() -> tuple[Any, type[Exception]]:
    """Return the class that reads gzip, and the exception that it raises."""
    try:
        # Inflates two to three times as fast as zlib, which is slower than the parser behind it.
        module = import_module("isal.igzip_lib")
        return import_module("isal.igzip").IGzipFile, module.IsalError
    except ImportError:
        return gzip.GzipFile, zlib.error


_GunzipFile, _InflateError = _gunzip_tools()

# zipfile inflates no more than it is asked for. For other methods it reads that many packed bytes,
# 4 KB at least, and keeps all they expand to: with bzip2 up to 20,000 times as many.
_BOUNDED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_SMALL_STEP = 1 << 12

# RuntimeError: the archive has a password. NotImplementedError: a method that zipfile lacks.
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
# zipfile trusts the directory of an archive: damage there shows in whatever is computed from it.
_BAD_ARCHIVE = (*_DAMAGE, IndexError, OverflowError, ValueError, struct.error)


def zip_members(path: Path, name: Path | None = None) -> list[str]:
    """Return the names of the files in a zip archive, which errors call `name`."""
    try:
        with zipfile.ZipFile(path) as archive:
            return [name for name in archive.namelist() if not name.endswith("/")]
    except _BAD_ARCHIVE as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk, not the content
        raise IngestError(f"{name or path} is damaged: {error}. Fetch it again.") from error


def zip_sizes(path: Path) -> dict[str, tuple[int, int]]:
    """Return the sizes, unpacked and packed, that a zip archive claims for each member."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {one.filename: (one.file_size, one.compress_size) for one in archive.infolist()}
    except _BAD_ARCHIVE as error:
        raise IngestError(f"{path} is damaged: {error}. Fetch it again.") from error


def open_zip_member(path: Path, member: str) -> BinaryIO:
    """Return a stream of the decompressed bytes of a member."""
    return io.BufferedReader(Unpacking(io.FileIO(path), "zip", member))


class Unpacking(io.RawIOBase):
    """The decompressed bytes of a file, as a stream whose errors name the file."""

    def __init__(
        self,
        file: io.FileIO,  # at its beginning; closed with this stream
        compression: str,  # a key of `COMPRESSIONS`
        member: str | None,  # of a zip archive
        name: Path | None = None,  # what errors call the file, if it is a copy
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
        """Fill `buffer` with the next bytes; return how many."""
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
