"""Records of the journal: what one commit did to the rows, as bytes.

A record is physical: it holds the rows that came, and the numbers of the rows that went, so that
replaying it looks nothing up. Everything in it is a multiple of eight bytes long::

    header   magic, checksum, length, generation, and the sizes of what follows
    dead     int64: global rows that this commit deletes
    keys     int64, or uint32 lengths and then the strings in UTF-8
    vectors  in the dtype of the store
    attributes
"""

import struct
import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.storage.manifest import Manifest

__all__ = ["MAGIC", "RECORD_HEADER", "Record", "decode", "encode", "record_length"]

#: The first bytes of every record; a reader that lost its place looks for them.
MAGIC = b"vrec"

# Magic, checksum of all that follows, length of the whole record, generation, whether everything
# before was synced when this was written, rows, dead rows, bytes of strings, bytes of attributes.
RECORD_HEADER = struct.Struct("<4sIQQQQQQQ")
_CHECKED_FROM = 8
_UNIT = 8


class Record(NamedTuple):
    """What one commit did.

    Attributes
    ----------
    generation : int
        Of the store after it.
    keys : sequence of str or of int, length n
        Of the rows that came.
    vectors : ndarray of float32 or float16, shape (n, dim)
        Theirs.
    dead : ndarray of int64, shape (m,)
        The global rows that went: counted through the segments, then through the rows of the
        journal, this record's own included.
    attributes : bytes
        Those of the rows that came, as `attributes` encodes them; empty for none.
    """

    generation: int
    keys: Sequence[Any] | npt.NDArray[Any]
    vectors: npt.NDArray[Any]
    dead: npt.NDArray[np.int64]
    attributes: bytes = b""


def encode(record: Record, seed: int, *, synced: bool) -> bytes:
    """Return a record as a journal stores it.

    Parameters
    ----------
    record : Record
        Its keys and vectors are of the kind and dtype of the store.
    seed : int
        Where the journal's checksums begin, so that a record of another journal is not one here.
    synced : bool
        Whether everything before it in the journal is known to be on the device.

    Returns
    -------
    bytes
        A multiple of eight of them.
    """
    strings = b""
    if isinstance(record.keys, np.ndarray):
        keys = record.keys.astype("<i8").tobytes()
    else:
        encoded = [key.encode() for key in record.keys]
        strings = b"".join(encoded)
        keys = _padded(np.fromiter(map(len, encoded), "<u4", len(encoded)).tobytes())
    body = b"".join(
        [
            np.asarray(record.dead, "<i8").tobytes(),
            keys,
            _padded(strings),
            _padded(record.vectors.tobytes()),
            _padded(record.attributes),
        ]
    )
    rest = struct.pack(
        "<7Q",
        RECORD_HEADER.size + len(body),
        record.generation,
        synced,
        len(record.keys),
        len(record.dead),
        len(strings),
        len(record.attributes),
    )
    checksum = zlib.crc32(body, zlib.crc32(rest, seed))
    return b"".join([MAGIC, struct.pack("<I", checksum), rest, body])


def record_length(data: memoryview, at: int, seed: int) -> int:
    """Return how many bytes the record at a place has; 0 if there is none, or not a whole one.

    Parameters
    ----------
    data : memoryview of bytes
        A journal.
    at : int
        The place.
    seed : int
        Where the journal's checksums begin.

    Returns
    -------
    int
        Its magic, its length and its checksum are right.
    """
    if len(data) - at < RECORD_HEADER.size:
        return 0
    magic, checksum, length, *_ = RECORD_HEADER.unpack_from(data, at)
    if magic != MAGIC or not RECORD_HEADER.size <= length <= len(data) - at:
        return 0
    checked = data[at + _CHECKED_FROM : at + length]
    return length if zlib.crc32(checked, seed) == checksum else 0


def decode(data: memoryview, at: int, manifest: Manifest) -> tuple[Record, bool]:
    """Read the record at a place, which `record_length` has found whole.

    Parameters
    ----------
    data : memoryview of bytes
        A journal.
    at : int
        The place.
    manifest : Manifest
        Says what keys and vectors look like.

    Returns
    -------
    record : Record
        Its arrays are views of `data`.
    synced : bool
        Whether everything before it was on the device when it was written.

    Raises
    ------
    ValueError
        If it contradicts itself, or is not of this store.
    """
    _, _, length, generation, synced, rows, dead, strings, attributes = RECORD_HEADER.unpack_from(
        data, at
    )
    dtype = np.dtype(manifest.dtype)
    text = manifest.key_kind == "str"
    sizes = [
        dead * 8,
        rows * (4 if text else 8),
        strings,
        rows * manifest.dim * dtype.itemsize,
        attributes,
    ]
    if RECORD_HEADER.size + sum(map(_rounded, sizes)) != length or (strings and not text):
        raise ValueError(f"a record of {length} bytes does not hold {rows} rows and {dead} deleted")
    places = [at + RECORD_HEADER.size]
    for size in sizes:
        places.append(places[-1] + _rounded(size))
    vectors = np.frombuffer(data, dtype, rows * manifest.dim, places[3])
    if text:
        lengths = np.frombuffer(data, "<u4", rows, places[1])
        keys: Sequence[Any] | npt.NDArray[Any] = _split(
            bytes(data[places[2] : places[2] + strings]), lengths
        )
    else:
        keys = np.frombuffer(data, "<i8", rows, places[1])
    record = Record(
        generation,
        keys,
        vectors.reshape(rows, manifest.dim),
        np.frombuffer(data, "<i8", dead, places[0]),
        bytes(data[places[4] : places[4] + attributes]),
    )
    return record, bool(synced)


def _split(strings: bytes, lengths: npt.NDArray[np.uint32]) -> list[str]:
    if int(lengths.sum(dtype=np.uint64)) != len(strings):
        raise ValueError(f"the lengths of its keys do not add up to {len(strings)} bytes")
    keys, start = [], 0
    for length in lengths.tolist():
        keys.append(str(strings[start : start + length], "utf-8"))
        start += length
    return keys


def _rounded(size: int) -> int:
    return -(-size // _UNIT) * _UNIT


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % _UNIT)
