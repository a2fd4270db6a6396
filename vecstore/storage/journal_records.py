"""Records of the journal: what one commit did to the rows, as bytes.

A record holds the new rows and the numbers of the deleted rows, so replaying it looks nothing up.
The length of each part is a multiple of eight bytes::

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

#: The first bytes of every record; a reader that meets a bad record looks for the next by them.
MAGIC = b"vrec"

# Magic, checksum of all that follows, length of the whole record, generation, whether everything
# before was synced when this was written, rows, dead rows, bytes of strings, bytes of attributes.
RECORD_HEADER = struct.Struct("<4sIQQQQQQQ")
_CHECKED_FROM = 8
_UNIT = 8


class Record(NamedTuple):
    """One commit: n new rows and m deleted ones."""

    generation: int  # of the store after it
    keys: Sequence[Any] | npt.NDArray[Any]  # (n,) str or int
    vectors: npt.NDArray[Any]  # (n, dim), float32 or float16
    # (m,) global rows: counted through the segments, then the journal, this record included.
    dead: npt.NDArray[np.int64]
    attributes: bytes = b""  # of the new rows, as `encode_attributes` returns them


def encode(record: Record, seed: int, *, synced: bool) -> bytes:
    """Return a record as a journal stores it, a multiple of eight bytes.

    `seed` starts its checksum, so that a record of another journal is not valid here. `synced` says
    that everything before it in the journal is known to be on the device.
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
    """Return the bytes of the record at a place; 0 unless its magic, length and checksum hold."""
    if len(data) - at < RECORD_HEADER.size:
        return 0
    magic, checksum, length, *_ = RECORD_HEADER.unpack_from(data, at)
    if magic != MAGIC or not RECORD_HEADER.size <= length <= len(data) - at:
        return 0
    checked = data[at + _CHECKED_FROM : at + length]
    return length if zlib.crc32(checked, seed) == checksum else 0


def decode(data: memoryview, at: int, manifest: Manifest) -> tuple[Record, bool]:
    """Return the whole record at a place, as views of `data`, and whether all before it was synced.

    Raises ValueError if it contradicts itself or is not of this store.
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
