"""The file to be read, as if it were not compressed."""

import shutil
import tempfile
import weakref
from functools import cached_property
from io import BufferedReader, FileIO
from os import PathLike
from pathlib import Path
from typing import BinaryIO, cast

from vecstore.errors import IngestError
from vecstore.ingest.keras_archive import check_weights, folder_advice
from vecstore.ingest.unpacking import COMPRESSIONS, Unpacking, zip_members

__all__ = ["Source"]

# Recognising a format looks at so many bytes, or at the first line of text if that is longer.
_HEAD_BYTES = 1 << 18
_LONGEST_HEAD_BYTES = 1 << 24
_COPIED_BYTES = 1 << 20
# What Keras calls them in its archives.
_KERAS_WEIGHTS = "model.weights.h5"


class Source:
    """A file, compressed or not: its bytes as a stream, or as a file of their own.

    Parameters
    ----------
    path : path-like
        The file. A ``.zip`` archive must have one member, unless `member` says which is meant; an
        ``.npz`` file is not taken for an archive. Of a ``.keras`` file it is the weights.
    member : str or None
        Name of a member of a ``.zip`` archive.

    Attributes
    ----------
    path : Path
        The file.
    compression : str or None
        ``"gz"``, ``"bz2"``, ``"xz"``, ``"zip"`` or None; told by the first bytes.
    name : str
        What the file would be called if it were not compressed.
    """

    def __init__(self, path: str | PathLike[str], member: str | None = None) -> None:
        self.path = Path(path)
        if self.path.is_dir():
            raise IngestError(f"{self.path} {folder_advice(self.path)}.")
        self._size = self.path.stat().st_size
        self._read: FileIO | None = None  # the one whose position tells the progress
        self._unpacked: Path | None = None
        self._head_is_all = False
        self.compression = self._find_compression()
        self.member = self._find_member(member)
        self.name = self.member or self.path.name.removesuffix(f".{self.compression}")

    def open(self) -> BinaryIO:
        """Return a stream of the decompressed bytes, from the first one.

        Returns
        -------
        binary file
            Reading from it raises `IngestError` where the file is damaged.
        """
        self._read = FileIO(self.path)
        if self.compression is None:
            return BufferedReader(self._read)
        return BufferedReader(Unpacking(self._read, self.compression, self.member))

    def file(self) -> Path:
        """Return a file of the decompressed bytes: the file itself, or a temporary one."""
        if self.compression is None:
            return self.path
        if self._unpacked is None:
            with self.open() as stream, _temporary_file(self.name) as copy:
                self._unpacked = Path(copy.name)
                weakref.finalize(self, self._unpacked.unlink, missing_ok=True)
                shutil.copyfileobj(stream, copy, _COPIED_BYTES)
        return self._unpacked

    def close(self) -> None:
        """Remove the temporary file, if there is one."""
        if self._unpacked is not None:
            self._unpacked.unlink(missing_ok=True)

    @property
    def size(self) -> int:
        """Number of bytes after decompression; a compressed file is unpacked to tell."""
        return self.file().stat().st_size

    @property
    def progress(self) -> float | None:
        """How much of the file the last stream has read, from 0 to 1; None before there is one."""
        if self._read is None:
            return None
        return 1.0 if self._read.closed or not self._size else self._read.tell() / self._size

    @cached_property
    def head(self) -> bytes:
        """The first bytes after decompression: the whole first line, at least, if it is text."""
        with self.open() as stream:
            head = stream.read(_HEAD_BYTES)
            while b"\n" not in head and b"\0" not in head and len(head) < _LONGEST_HEAD_BYTES:
                if not (more := stream.read(len(head))):
                    break
                head += more
            self._head_is_all = not stream.read(1)
        return head

    @property
    def head_is_all(self) -> bool:
        """Whether the whole file is in `head`."""
        return bool(self.head) and self._head_is_all

    def _find_compression(self) -> str | None:
        with self.path.open("rb") as file:
            start = file.read(6)
        found = next(
            (name for name, magic in COMPRESSIONS.items() if start.startswith(magic)), None
        )
        if found == "zip":
            members = zip_members(self.path)
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
        members = zip_members(self.path)
        if member is None and len(members) == 1:
            return members[0]
        if member is None and _KERAS_WEIGHTS in members:
            check_weights(self.path)
            return _KERAS_WEIGHTS
        if member in members:
            return member
        listed = ", ".join(f'"{one}"' for one in members)
        what = "is required" if member is None else f'must be in the archive; got "{member}"'
        raise IngestError(f"`member` {what}: {self.path} holds {listed or 'nothing'}.")


def _temporary_file(name: str) -> BinaryIO:
    suffix = "-" + Path(name).name
    return cast(
        "BinaryIO", tempfile.NamedTemporaryFile(prefix="vecstore-", suffix=suffix, delete=False)
    )
