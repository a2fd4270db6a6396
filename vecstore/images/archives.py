"""Unpack the images of archives to files with numbers for names: no archive can choose a path."""

import bz2
import gzip
import lzma
import math
import posixpath
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from vecstore.errors import IngestError
from vecstore.images.listing import Listing

__all__ = ["ARCHIVES", "unpack"]

#: The suffixes of archives.
ARCHIVES = (".tar", ".tar.bz2", ".tar.gz", ".tar.xz", ".tgz", ".zip")

# No image for a network has over 1 GB. An archive of photographs unpacks to at most 4 GB, or to 200
# times its size.
_MOST_BYTES = 1 << 30
_MOST_TOTAL = 1 << 32
_RATIO = 200
# tarfile reads a name in one piece, however long it claims to be.
_MOST_READ = 1 << 24
_COPIED_BYTES = 1 << 20
_LINKS = 8  # followed from one to the next

_DAMAGE = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError),
    *(ValueError, OverflowError, IndexError, RecursionError, NotImplementedError),
)
# zipfile inflates these piece by piece. With bzip2 and LZMA a block may expand to any size.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def unpack(archive: Path, folder: str) -> Listing:
    """Copy the images of an archive to a folder; IngestError if it is damaged or hostile."""
    found = Listing()
    copy = _Copy(archive, folder)
    try:
        if archive.suffix.lower() == ".zip":
            _unzip(archive, copy, found)
        else:
            _untar(archive, copy, found)
    except IngestError:
        raise
    except _DAMAGE as error:
        raise IngestError(f"{archive} cannot be unpacked: {error}.") from error
    return found


def _untar(archive: Path, copy: "_Copy", found: Listing) -> None:
    links: dict[str, str] = {}
    with _open(archive) as stream:
        blocks = _Blocks(stream)
        with tarfile.open(fileobj=cast("IO[bytes]", blocks), mode="r:") as members:
            for member in blocks.members(members):
                copy.count(member.size)
                key = _key(archive, member.name)
                if member.isdir() or not found.wants(key):
                    continue
                if member.islnk():
                    links[key] = posixpath.normpath(member.linkname)
                elif member.issym():
                    place = posixpath.join(posixpath.dirname(key), member.linkname)
                    links[key] = posixpath.normpath(place)
                elif not member.isreg():
                    found.skip(key, "a pipe or a device, no file")
                elif member.size > _MOST_BYTES:
                    found.skip(key, f"it has {member.size:,} bytes")
                else:
                    found.files[key] = copy(cast("IO[bytes]", members.extractfile(member)))
        # tarfile takes a header that it cannot read for the end of the archive.
        if blocks.last.strip(b"\0"):
            raise tarfile.ReadError("one of its headers is damaged")
    for key, target in links.items():
        for _ in range(_LINKS):
            target = links.get(target, target)
        if target in found.files:
            found.files[key] = found.files[target]
        else:
            found.skip(key, "a link to no image of the archive")


def _unzip(archive: Path, copy: "_Copy", found: Listing) -> None:
    with zipfile.ZipFile(archive) as members:
        for member in members.infolist():
            copy.count(member.file_size)
            key = _key(archive, member.filename)
            if member.is_dir() or not found.wants(key):
                continue
            if stat.S_ISLNK(member.external_attr >> 16):
                found.skip(key, "a link")
            elif member.flag_bits & 1:
                found.skip(key, "it is encrypted")
            elif member.compress_type not in _METHODS:
                found.skip(key, "it is neither stored nor deflated")
            elif member.file_size > _MOST_BYTES:
                found.skip(key, f"it has {member.file_size:,} bytes")
            else:
                try:
                    found.files[key] = copy(members.open(member))
                except (zipfile.BadZipFile, zlib.error, EOFError) as error:
                    found.skip(key, f"it cannot be unpacked: {error}")


def _key(archive: Path, name: str) -> str:
    """Return the path of a member from the top of the archive, which it must not leave."""
    key = posixpath.normpath(name.lstrip("/"))
    if key.partition("/")[0] == "..":
        raise IngestError(f'{archive} cannot be unpacked: "{key}" in it leads out of it.')
    return key


class _Copy:
    """Copies members to numbered files, and counts the bytes that an archive unpacks to."""

    def __init__(self, archive: Path, folder: str) -> None:
        self._archive, self._folder = archive, folder
        self._most = max(_MOST_TOTAL, _RATIO * archive.stat().st_size)
        self._total = self._files = 0

    def count(self, size: int) -> None:
        """Refuse an archive that unpacks to more bytes than images can have."""
        self._total += size
        if self._total > self._most:
            raise IngestError(
                f"{self._archive} cannot be unpacked: it claims more than {self._most:,} bytes."
            )

    def __call__(self, member: IO[bytes]) -> str:
        """Return the path of the copy."""
        self._files += 1
        path = f"{self._folder}/{self._files}"
        with member, Path(path).open("wb") as file:
            shutil.copyfileobj(member, file, _COPIED_BYTES)
        return path


class _Blocks:
    """The bytes of a tar archive for tarfile: keeps the last read, and bounds what headers take."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.last = b""
        self.tell, self.seek = stream.tell, stream.seek
        self._left: float = _MOST_READ

    def members(self, archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
        """Iterate over the members; between two of them only headers are read, up to a bound."""
        for member in archive:
            self._left = math.inf
            yield member
            self._left = _MOST_READ

    def read(self, size: int) -> bytes:
        """Return the next bytes."""
        if size > self._left:
            raise tarfile.ReadError(f"a header claims more than {_MOST_READ:,} bytes")
        self._left -= size
        self.last = self._stream.read(size)
        return self.last


def _open(archive: Path) -> BinaryIO:
    with archive.open("rb") as file:
        start = file.read(6)
    openers: dict[bytes, Any] = {
        b"\x1f\x8b": gzip.open,
        b"BZh": bz2.open,
        b"\xfd7zXZ\x00": lzma.open,
    }
    opener = next((one for magic, one in openers.items() if start.startswith(magic)), open)
    return cast("BinaryIO", opener(archive, "rb"))
