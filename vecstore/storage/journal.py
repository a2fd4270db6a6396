"""The journal: commits that are not in segments yet, one record each, appended and synced.

A journal begins with the generation of the manifest that names it. Every record is one commit and
makes the next generation. A process that dies while it appends leaves part of a record at the end;
replay stops there, and the next writer cuts it off.

A bad record with good ones behind it is different: acknowledged data was damaged. To tell it from
an interrupted write, each record says whether all before it was on the device when it was written.
"""

import os
import struct
import zlib
from io import FileIO
from pathlib import Path
from typing import NamedTuple
from weakref import finalize

from vecstore.errors import StoreMovedError
from vecstore.storage.disk import files
from vecstore.storage.disk.damage import damaged
from vecstore.storage.disk.directory import Directory, as_directory, as_identity
from vecstore.storage.disk.names import journal_name
from vecstore.storage.disk.versions import FORMAT, check_format
from vecstore.storage.journal_records import MAGIC, Record, decode, encode, record_length
from vecstore.storage.manifest import Manifest

__all__ = ["JOURNAL_HEADER_BYTES", "Journal", "Replay", "create_journal", "read_journal"]

_NAME = b"vecstore journal"
# Magic, format, generation, id, checksum of all before.
_HEADER = struct.Struct("<16sQQ16s12xI")

# A larger number is damage, not a version.
_LAST_VERSION = 0xFFFF

#: Where the first record of a journal begins.
JOURNAL_HEADER_BYTES = _HEADER.size


class Replay(NamedTuple):
    """The records of a journal from some place on."""

    records: list[Record]  # the whole ones, up to the first that is not
    end: int  # the byte after the last of them
    size: int  # bytes of the file; those beyond `end` were never acknowledged


def create_journal(folder: Directory, generation: int) -> str:
    """Write an empty journal durably; return its random id, 32 hex digits, for the manifest."""
    identity = os.urandom(16)
    header = _header(generation, identity)
    folder.publish(journal_name(generation), lambda new: new.write_bytes(header))
    return identity.hex()


def read_journal(
    folder: Path, manifest: Manifest, start: int = JOURNAL_HEADER_BYTES, generation: int = 0
) -> Replay:
    """Read the records from `start`, the `end` of an earlier replay that led to `generation`.

    Needs no lock: a record that is being appended is read whole or not at all. Raises
    CorruptStoreError if the journal is missing, another store's, or damaged where acknowledged.
    """
    path = folder / journal_name(manifest.generation)
    try:
        with files.open_regular(path) as file:
            return _replay(file, path, manifest, start, generation or manifest.generation)
    except FileNotFoundError:
        raise damaged(path, "the file is missing") from None


class Journal:
    """The end of a journal, where the holder of the lock appends records.

    `replay` holds all records; an unfinished one behind them is cut off. Appends wait if `durable`.
    """

    def __init__(
        self, folder: Path | Directory, manifest: Manifest, replay: Replay, *, durable: bool
    ) -> None:
        self._folder = as_directory(folder)
        self._name = journal_name(manifest.generation)
        self._durable = durable
        self._seed = zlib.crc32(bytes.fromhex(manifest.journal))
        self._end = replay.end
        self._header = _header(manifest.generation, bytes.fromhex(manifest.journal))
        self._file = self._folder.open(self._name, "r+")
        self._identity = as_identity(os.fstat(self._file.fileno()))
        # A store that is collected unclosed closes its files without a ResourceWarning.
        self._closing = finalize(self, self._file.close)
        try:
            self._verify_place()
            if replay.size > replay.end:
                files.disk.truncate(self._file, replay.end)
            # A writer with durable=False may have left records that are not on the device.
            if replay.size > JOURNAL_HEADER_BYTES:
                files.disk.sync(self._file)
            self._file.seek(replay.end)
        except BaseException:
            self.close()
            raise

    @property
    def end(self) -> int:
        """The byte after the last record."""
        return self._end

    def append(self, record: Record) -> None:
        """Add a record of the next generation: a commit. The caller has called `verify`.

        After an OSError nobody knows what the device holds: do not append to this journal again.
        """
        data = encode(record, self._seed, synced=self._durable)
        # After an error the next manifest brings a new journal.
        files.append(self._file, data, durable=self._durable)
        self._end += len(data)

    def close(self) -> None:
        """Close the file; what was appended stays."""
        self._closing()

    def verify(self) -> None:
        """Raise StoreMovedError unless readers would find what is appended after what is there."""
        # A backup may have been copied over the file: same name and inode, other content.
        size = self._verify_place()
        self._file.seek(0)
        known = self._file.read(JOURNAL_HEADER_BYTES)
        self._file.seek(self._end)
        if size != self._end or known != self._header:
            raise self._replaced()

    def _verify_place(self) -> int:
        """Raise unless the name leads to the open file; return its size."""
        found = self._folder.status_of(self._name)
        if found is None or as_identity(found) != self._identity:
            raise self._replaced()
        return found.st_size

    def _replaced(self) -> StoreMovedError:
        return StoreMovedError(
            f"{self._folder / self._name} was removed or replaced while this writer had it. "
            f"Nothing more is written; open the store again."
        )


def _header(generation: int, identity: bytes) -> bytes:
    content = _HEADER.pack(_NAME, FORMAT, generation, identity, 0)[:-4]
    return content + struct.pack("<I", zlib.crc32(content))


def _replay(file: FileIO, path: Path, manifest: Manifest, start: int, generation: int) -> Replay:
    seed = _check_header(file, path, manifest)
    while True:
        data = _from(file, path, start)
        records, at = _whole_records(path, data, manifest, seed, generation)
        if not _acknowledged_beyond(data, at, manifest, seed, path):
            return Replay(records, start + at, start + len(data))
        # 1) We read half of a record. 2) Its writer found the disk full, cut it off, and wrote
        # another one. 3) We read on. Then the file differs from what we read: start over.
        if _from(file, path, start)[: len(data)] == data:
            raise damaged(path, f"the record at byte {start + at} is not as it was written")


def _check_header(file: FileIO, path: Path, manifest: Manifest) -> int:
    """Return the seed of the checksums, if the journal is the expected one."""
    found = file.read(_HEADER.size)
    if len(found) < _HEADER.size or not found.startswith(_NAME):
        raise damaged(path, "it does not begin as a journal does")
    _, version, generation, identity, _ = _HEADER.unpack(found)
    if version <= _LAST_VERSION:
        check_format(path.parent, version)
    if found != _header(generation, identity):
        raise damaged(path, "the checksum of its first bytes is wrong")
    if (generation, identity.hex()) != (manifest.generation, manifest.journal):
        raise damaged(
            path,
            f"generation {manifest.generation} with id {manifest.journal} expected, "
            f"generation {generation} with id {identity.hex()} found",
        )
    return zlib.crc32(identity)


def _from(file: FileIO, path: Path, start: int) -> bytes:
    """Return the present content of a file from a place on."""
    size = os.fstat(file.fileno()).st_size
    if size < start:
        raise damaged(path, f"at least {start} bytes expected, {size} found")
    file.seek(start)
    pieces = []
    while size > start and (piece := file.read(size - start)):
        pieces.append(piece)
        start += len(piece)
    return b"".join(pieces)


def _whole_records(
    path: Path, data: bytes, manifest: Manifest, seed: int, generation: int
) -> tuple[list[Record], int]:
    """Return the records at the beginning of `data`, and where they end."""
    records: list[Record] = []
    view, at = memoryview(data), 0
    while length := record_length(view, at, seed):
        try:
            record, _ = decode(view, at, manifest)
        except ValueError as error:
            raise damaged(path, str(error)) from None
        generation += 1
        if record.generation != generation:
            raise damaged(path, f"generation {generation} expected, {record.generation} found")
        records.append(record)
        at += length
    return records, at


def _acknowledged_beyond(data: bytes, at: int, manifest: Manifest, seed: int, path: Path) -> bool:
    """Return whether a record behind the bad one says that all before it was durable."""
    view = memoryview(data)
    while (at := data.find(MAGIC, at + 1)) >= 0:
        if record_length(view, at, seed):
            try:
                return decode(view, at, manifest)[1]
            except ValueError as error:
                raise damaged(path, str(error)) from None
    return False
