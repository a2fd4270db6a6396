"""A file to read, as if it were not compressed."""

import shutil
import tempfile
import weakref
from functools import cached_property
from io import BufferedReader, FileIO
from os import PathLike
from pathlib import Path
from typing import BinaryIO, cast

from vecstore.encodings import Transcoding, find_encoding
from vecstore.errors import IngestError
from vecstore.ingest.foreign import name_members
from vecstore.ingest.keras_archive import check_weights, folder_advice
from vecstore.ingest.unpacking import COMPRESSIONS, Unpacking, zip_members
from vecstore.pipes import is_pipe, spool

__all__ = ["Source"]

# Recognising a format looks at 256 KB, or at the first two lines of text if these are longer: a
# header, and a line of up to `MAX_DIM` numbers.
_HEAD_BYTES = 1 << 18
_LONGEST_HEAD_BYTES = 1 << 26
_COPIED_BYTES = 1 << 20
# The weights in a ``.keras`` archive.
_KERAS_WEIGHTS = "model.weights.h5"


class Source:
    """A file, compressed or not: its bytes as a stream or as a file of their own.

    A pipe ("-" is standard input) is copied to a temporary file at once. A ``.zip`` archive must
    have one member unless `member` names one. A ``.keras`` file stands for its weights, an ``.npz``
    is not unpacked.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        member: str | None = None,
        *,
        encoding: str | None = None,  # from `check_encoding`; None is UTF-8, or as a BOM says
    ) -> None:
        self.path = self.bytes_path = Path(path)  # `path` is what errors name
        if self.path.is_dir():
            raise IngestError(f"{self.path} {folder_advice(self.path)}.")
        self.told_encoding = encoding
        self.is_pipe = is_pipe(path)
        if self.is_pipe:
            self.bytes_path = spool(path)
            weakref.finalize(self, self.bytes_path.unlink, missing_ok=True)
        self._size = self.bytes_path.stat().st_size
        self._read: FileIO | None = None  # its position is the progress
        self._unpacked: Path | None = None
        self._head_is_all = False
        self.compression = self._find_compression()
        self.member = self._find_member(member)
        # What the file would be called if it were not compressed.
        self.name = self.member or self.path.name.removesuffix(f".{self.compression}")

    def open(self) -> BinaryIO:
        """Return a stream of the decompressed bytes; reading damaged ones raises IngestError."""
        self._read = FileIO(self.bytes_path)
        if self.compression is None:
            return BufferedReader(self._read)
        return BufferedReader(Unpacking(self._read, self.compression, self.member, name=self.path))

    def open_text(self) -> BinaryIO:
        """Return a stream of the decompressed text, converted to UTF-8."""
        if self.encoding is None:
            return self.open()
        return BufferedReader(cast("FileIO", Transcoding(self.open(), self.encoding)))

    def file(self) -> Path:
        """Return a file of the decompressed bytes: the file itself, or a temporary one."""
        if self.compression is None:
            return self.bytes_path
        if self._unpacked is None:
            with self.open() as stream, _temporary_file(self.name) as copy:
                self._unpacked = Path(copy.name)
                weakref.finalize(self, self._unpacked.unlink, missing_ok=True)
                shutil.copyfileobj(stream, copy, _COPIED_BYTES)
        return self._unpacked

    def close(self) -> None:
        """Remove the temporary files."""
        if self._unpacked is not None:
            self._unpacked.unlink(missing_ok=True)
        if self.is_pipe:
            self.bytes_path.unlink(missing_ok=True)

    @property
    def packed_size(self) -> int:
        """Size in bytes before decompression."""
        return self._size

    @property
    def size(self) -> int:
        """Size in bytes after decompression; a compressed file is unpacked for it."""
        return self.file().stat().st_size

    @property
    def progress(self) -> float | None:
        """How much of the file the last stream has read, from 0 to 1; None before the first."""
        if self._read is None:
            return None
        return 1.0 if self._read.closed or not self._size else self._read.tell() / self._size

    @cached_property
    def encoding(self) -> str | None:
        """The encoding of its text; None is UTF-8."""
        return self.told_encoding or find_encoding(self.head)

    @cached_property
    def head(self) -> bytes:
        """The first decompressed bytes: of text, at least the first two lines."""
        with self.open() as stream:
            head, self._head_is_all = _read_head(stream)
        return head

    @cached_property
    def text_head(self) -> bytes:
        """The first decompressed bytes, converted to UTF-8."""
        if self.encoding is None:
            return self.head
        with self.open_text() as stream:
            return _read_head(stream)[0]

    @property
    def head_is_all(self) -> bool:
        """Whether `head` is the whole file."""
        return bool(self.head) and self._head_is_all

    def _find_compression(self) -> str | None:
        with self.bytes_path.open("rb") as file:
            start = file.read(6)
        found = next(
            (name for name, magic in COMPRESSIONS.items() if start.startswith(magic)), None
        )
        if found == "zip":
            members = zip_members(self.bytes_path, self.path)
            # NumPy's .npz is one format, not a compressed other one.
            return None if members and all(one.endswith(".npy") for one in members) else found
        return found

    def _find_member(self, member: str | None) -> str | None:
        if self.compression != "zip":
            if member is not None:
                raise ValueError(
                    f'`member` is for zip archives, which {self.path} is not; got "{member}".'
                )
            return None
        members = zip_members(self.bytes_path, self.path)
        if member is None and (foreign := name_members(members)):
            raise IngestError(f"{self.path} {foreign}")
        if member is None and len(members) == 1:
            return members[0]
        if member is None and _KERAS_WEIGHTS in members:
            check_weights(self.bytes_path)
            return _KERAS_WEIGHTS
        if member in members:
            return member
        listed = ", ".join(f'"{one}"' for one in members)
        what = "is required" if member is None else f'must be in the archive; got "{member}"'
        raise IngestError(f"`member` {what}: {self.path} holds {listed or 'nothing'}.")


def _read_head(stream: BinaryIO) -> tuple[bytes, bool]:
    """Return the head of a stream, and whether it is the whole stream."""
    head = stream.read(_HEAD_BYTES)
    while not _has_two_lines(head) and _may_be_text(head) and len(head) < _LONGEST_HEAD_BYTES:
        if not (more := stream.read(len(head))):
            break
        head += more
    return head, not stream.read(1)


def _has_two_lines(head: bytes) -> bool:
    return max(head.count(b"\n"), head.count(b"\r")) >= 2


def _may_be_text(head: bytes) -> bool:
    # Keys may hold NUL; binary numbers are full of it.
    return head.count(b"\0") * 256 < len(head)


def _temporary_file(name: str) -> BinaryIO:
    suffix = "-" + Path(name).name
    return cast(
        "BinaryIO", tempfile.NamedTemporaryFile(prefix="vecstore-", suffix=suffix, delete=False)
    )
