"""Attributes in files: columns as arrays of a segment, and as bytes of a journal record.

Both hold the same arrays under the same names::

    attributes/<column>/<kind>      the values; for strings their bytes and eight zero bytes
    attributes/<column>/offsets     for strings: where each one begins, and the last one ends
    attributes/<column>/valid       uint8, 0 where a value is missing; absent if none is
"""

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.storage.columns import KINDS, Column, Columns, check_name
from vecstore.storage.disk.damage import damaged
from vecstore.storage.keys.strings import PADDING, PackedStrings

__all__ = ["attribute_arrays", "decode_attributes", "encode_attributes", "read_attributes"]

_FOLDER = "attributes/"

# Header of an array: bytes of its name, NumPy's code of its dtype, bytes of its values.
_ARRAY = struct.Struct("<I4sQ")
_DTYPES = {np.dtype(name).str.encode(): np.dtype(name) for name in (*KINDS.values(), "uint64")}
_UNIT = 8

Arrays = Mapping[str, npt.NDArray[Any]]


def attribute_arrays(columns: Columns) -> dict[str, npt.NDArray[Any]]:
    """Return columns of at least one row as arrays by their path in a file."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name, column in columns.items():
        folder = f"{_FOLDER}{name}/"
        if isinstance(column.values, PackedStrings):
            utf8, offsets = column.values.content()
            padding = np.zeros(PADDING, np.uint8)
            arrays[folder + "string"] = np.concatenate([utf8, padding])
            arrays[folder + "offsets"] = offsets
        else:
            arrays[folder + column.kind] = column.values
        if column.valid is not None and not column.valid.all():
            arrays[folder + "valid"] = column.valid
    return arrays


def read_attributes(arrays: Arrays, rows: int, path: Path | str) -> dict[str, Column]:
    """Return the columns among the arrays of a file, mapped as these are; no value is read.

    Raises CorruptStoreError if an array has a wrong name, dtype or shape.
    """
    groups: dict[str, dict[str, npt.NDArray[Any]]] = {}
    for name, array in arrays.items():
        if name.startswith(_FOLDER):
            column, _, part = name.removeprefix(_FOLDER).rpartition("/")
            groups.setdefault(column, {})[part] = array
    return {name: _column(name, group, rows, path) for name, group in groups.items()}


def encode_attributes(columns: Columns) -> bytes:
    """Return columns as bytes, a multiple of eight; empty for no columns."""
    pieces = []
    for name, array in attribute_arrays(columns).items():
        encoded = name.encode()
        pieces.append(_ARRAY.pack(len(encoded), array.dtype.str.encode(), array.nbytes))
        pieces += [_padded(encoded, _ARRAY.size), _padded(array.tobytes(), 0)]
    return b"".join(pieces)


def decode_attributes(data: bytes, rows: int, path: Path | str) -> dict[str, Column]:
    """Return what `encode_attributes` encoded, as views of `data`, or raise CorruptStoreError."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    at = 0
    while at < len(data):
        name, at = _read_array(data, at, arrays)
        if name is None:
            raise damaged(path, f"its attributes end within a column, at byte {at}")
    return read_attributes(arrays, rows, path)


def _read_array(
    data: bytes, at: int, arrays: dict[str, npt.NDArray[Any]]
) -> tuple[str | None, int]:
    """Add the array at a place; return its name, or None if it is not whole, and its end."""
    if len(data) - at < _ARRAY.size:
        return None, at
    length, code, size = _ARRAY.unpack_from(data, at)
    dtype = _DTYPES.get(code.rstrip(b"\0"))
    start = at + _ARRAY.size
    first = start + length + _padding(length + _ARRAY.size)
    end = first + size + _padding(size)
    if dtype is None or size % dtype.itemsize or end > len(data):
        return None, at
    name = data[start : start + length].decode("utf-8", "replace")
    arrays[name] = np.frombuffer(data, dtype, size // dtype.itemsize, first)
    return name, end


def _column(name: str, group: dict[str, npt.NDArray[Any]], rows: int, path: Path | str) -> Column:
    try:
        check_name(name)
    except ValueError:
        raise damaged(path, f"it has a column of the name {name!r}") from None
    kinds = set(group) - {"offsets", "valid"}
    kind = kinds.pop() if len(kinds) == 1 else ""
    if kind not in KINDS or ("offsets" in group) != (kind == "string"):
        raise damaged(path, f'column "{name}" consists of {", ".join(sorted(group))}')
    values = group[kind]
    wanted = {kind: KINDS[kind], "offsets": "uint64", "valid": "uint8"}
    lengths = {kind: rows, "offsets": rows + 1, "valid": rows}
    if kind == "string":
        lengths[kind] = max(len(values) if values.ndim == 1 else 0, PADDING)
    for part, array in group.items():
        if array.dtype.name != wanted[part] or array.shape != (lengths[part],):
            raise damaged(
                path,
                f'"{part}" of column "{name}" must be {wanted[part]} of shape '
                f"({lengths[part]},); got {array.dtype.name} of shape {array.shape}",
            )
    if kind == "string":
        strings = PackedStrings(values, group["offsets"], str(path))
        return Column(kind, strings, group.get("valid"))
    return Column(kind, values, group.get("valid"))


def _padding(size: int) -> int:
    return -size % _UNIT


def _padded(data: bytes, before: int) -> bytes:
    return data + bytes(_padding(before + len(data)))
