"""Tombstones: the deleted rows of a segment, as one bit each.

Bit ``r % 64`` of word ``r // 64`` stands for row r. In a file, a set bit is a deleted row; in a
mask, as engines take it, a set bit is a row that may answer.
"""

import re
import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vecstore.storage.disk.damage import damaged
from vecstore.storage.disk.directory import Directory, as_directory
from vecstore.storage.disk.mapped import open_regular
from vecstore.storage.disk.names import parse_number, tombstones_name
from vecstore.storage.manifest import FileEntry

__all__ = [
    "Words",
    "all_rows",
    "clear_rows",
    "count_rows",
    "has_row",
    "have_rows",
    "read_tombstones",
    "rows_of",
    "write_tombstones",
]

#: One bit for each row, shape (ceil(n / 64),).
Words = npt.NDArray[np.uint64]

_BITS = 64

# A .npy file begins with a magic string, the length of its description, and the description, here
# that of uint64. NumPy itself would parse the description as Python and believe any shape in it.
_MAGIC = b"\x93NUMPY\x01\x00"
_START = struct.Struct("<8sH")
_DESCRIPTION = re.compile(
    rb"\{\s*'descr':\s*'<u8',\s*'fortran_order':\s*(False|True),"
    rb"\s*'shape':\s*\((\d{1,18}),\),?\s*\}\s*"
)


def all_rows(n: int) -> Words:
    """Return the mask of n rows that may all answer; bits past the last row are clear."""
    words = np.full(-(-n // _BITS), 2**_BITS - 1, np.uint64)
    if n % _BITS:
        words[-1] = np.uint64(2 ** (n % _BITS) - 1)
    return words


def clear_rows(words: Words, rows: npt.NDArray[np.int64]) -> None:
    """Clear the bits of rows, in any order, in place."""
    bits = np.uint64(1) << (rows % _BITS).astype(np.uint64)
    np.bitwise_and.at(words, rows // _BITS, ~bits)


def count_rows(words: Words) -> int:
    """Return how many bits are set."""
    return int(np.bitwise_count(words).sum(dtype=np.int64))


def has_row(words: Words, row: int) -> bool:
    """Return whether the bit of a row is set."""
    return bool(int(words[row // _BITS]) >> (row % _BITS) & 1)


def have_rows(words: Words, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return whether the bit of each row is set."""
    bits: npt.NDArray[np.uint64] = words[rows // _BITS] >> (rows % _BITS).astype(np.uint64)
    return (bits & np.uint64(1)).astype(np.bool_)


def rows_of(words: Words) -> npt.NDArray[np.int64]:
    """Return the rows whose bits are set, in ascending order."""
    little = words.astype("<u8", copy=False)
    return np.flatnonzero(np.unpackbits(little.view(np.uint8), bitorder="little"))


def write_tombstones(
    folder: Path | Directory, segment: FileEntry, generation: int, deleted: Words
) -> FileEntry:
    """Write the deleted rows of a segment, at least one, all or nothing; durable when this returns.

    The tombstones are named by `generation`, and their id is that of the segment.
    """
    content = BytesIO()
    np.save(content, deleted.astype("<u8", copy=False), allow_pickle=False)
    name = tombstones_name(parse_number(segment.name), generation)
    stamp = as_directory(folder).publish(name, lambda new: new.write_bytes(content.getbuffer()))
    count = count_rows(deleted)
    return FileEntry(name, "tombstones", count, stamp.size, stamp.checksum, segment.id)


def read_tombstones(folder: Path, entry: FileEntry, segment: FileEntry) -> Words:
    """Read the deleted rows of a segment; raises CorruptStoreError unless all is as written."""
    path = folder / entry.name
    with open_regular(path) as file:
        content = file.readall()  # it is small, so its checksum is verified on every read
    if (len(content), zlib.crc32(content)) != (entry.size, entry.checksum):
        raise damaged(path, f"{entry.size} bytes expected, other content found")
    words = _words(content)
    if words is None:
        raise damaged(path, "it is not an array of uint64 as NumPy writes it")
    wanted = (-(-segment.rows // _BITS),)
    if words.shape != wanted or entry.id != segment.id:
        raise damaged(path, f"it is not of the {segment.rows} rows of {segment.name}")
    if count_rows(words) != entry.rows or (words & ~all_rows(segment.rows)).any():
        raise damaged(path, f"{entry.rows} deleted rows expected, other rows found")
    return words.astype(np.uint64, copy=False)


def _words(content: bytes) -> Words | None:
    """Return what `np.save` wrote; None if the content is anything else."""
    if len(content) < _START.size:
        return None
    magic, length = _START.unpack_from(content)
    start = _START.size + length
    described = _DESCRIPTION.fullmatch(content[_START.size : start])
    if magic != _MAGIC or not described or len(content) - start != 8 * int(described[2]):
        return None
    return np.frombuffer(content, "<u8", offset=start)
