"""Columns: the attributes of rows, typed; any value may be missing.

========== ========================================== ==========
kind       a value                                    stored as
========== ========================================== ==========
bool       true or false                              uint8
date       days since 1970-01-01                      int32
datetime   microseconds since 1970-01-01, no zone     int64
float64    a number, NaN included                     float64
int64      a whole number                             int64
string     text                                       UTF-8
========== ========================================== ==========
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.storage.keys.strings import PADDING, PackedStrings

__all__ = [
    "KINDS",
    "RESERVED",
    "Column",
    "Columns",
    "as_kind",
    "check_name",
    "first_rounded",
    "join_columns",
    "take_columns",
    "widened",
    "wider",
]

#: The kinds of columns, and the dtypes of their values; strings are packed.
KINDS: Mapping[str, str] = {
    "bool": "uint8",
    "date": "int32",
    "datetime": "int64",
    "float64": "float64",
    "int64": "int64",
    "string": "uint8",
}

#: Names of the library's own columns in tables of rows and of matches.
RESERVED = frozenset({"key", "distance", "query"})

# Bytes. HDF5 stores the name in the link of a dataset; file names have this limit too.
_LONGEST_NAME = 255

# Rows of strings gathered at a time: the gather takes an index of eight bytes for each byte.
_STEP = 65536


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """The values of one attribute; may be mapped."""

    kind: str  # a key of KINDS
    values: npt.NDArray[Any] | PackedStrings  # (n,); 0 or "" where a value is missing
    valid: npt.NDArray[np.uint8] | None = None  # (n,), 0: missing; None: no value is

    def __len__(self) -> int:
        return len(self.values)


#: Columns by name, all of the same length. An absent column is missing in every row.
Columns = Mapping[str, Column]


def check_name(name: object) -> str:
    """Return the name of a column unchanged; raises TypeError or ValueError if none can have it."""
    if not isinstance(name, str):
        raise TypeError(f"`attributes` must name its columns with str; got {name!r}.")
    if name in RESERVED:
        raise ValueError(
            f'`attributes` must not name a column "{name}"; '
            f"reserved are {', '.join(sorted(RESERVED))}."
        )
    # Paths in HDF5 cannot hold "/" and NUL.
    size = len(name.encode("utf-8", "surrogatepass"))
    whole = size == len(name.encode("utf-8", "ignore"))
    if name in ("", ".") or "/" in name or "\0" in name or size > _LONGEST_NAME or not whole:
        raise ValueError(
            f"`attributes` must name columns with 1 to {_LONGEST_NAME} bytes of UTF-8, not "
            f'".", without "/" and NUL; got {name[:_LONGEST_NAME]!r}.'
        )
    return name


def wider(one: str, other: str) -> str | None:
    """Return the kind that takes the values of both kinds; None if there is none."""
    if one == other:
        return one
    return "float64" if {one, other} == {"int64", "float64"} else None


def widened(schema: Mapping[str, str], kinds: Mapping[str, str]) -> dict[str, str]:
    """Return a schema with columns added, whose kinds must be compatible with its own."""
    return {
        **schema,
        **{name: wider(schema.get(name, kind), kind) or kind for name, kind in kinds.items()},
    }


def as_kind(column: Column, kind: str) -> Column:
    """Return a column as a schema has it: int64 may have to become float64."""
    if column.kind == kind:
        return column
    return Column(kind, np.asarray(column.values, KINDS[kind]), column.valid)


def first_rounded(column: Column) -> int | None:
    """Return the first integer of a column that float64 cannot hold; None if there is none."""
    if column.kind != "int64":
        return None
    whole = np.asarray(column.values)
    near = whole.astype(np.float64)
    inside = near < 2.0**63  # 2**63 itself does not fit into int64
    rounded = ~inside | (np.where(inside, near, 0).astype(np.int64) != whole)
    return int(whole[np.argmax(rounded)]) if rounded.any() else None


def take_columns(columns: Columns, rows: npt.NDArray[np.int64]) -> dict[str, Column]:
    """Return some rows of columns, in any order, in memory."""
    return {name: _take(column, rows) for name, column in columns.items()}


def join_columns(parts: Sequence[tuple[int, Columns]]) -> dict[str, Column]:
    """Return columns one after another, in memory; `parts` are pairs of a row count and columns.

    A column that a part lacks is missing in its rows. int64 and float64 join to float64.
    """
    kinds: dict[str, str] = {}
    for _, columns in parts:
        kinds = widened(kinds, {name: column.kind for name, column in columns.items()})
    return {
        name: _joined(kind, [_of_part(name, kind, *part) for part in parts])
        for name, kind in kinds.items()
    }


def _of_part(name: str, kind: str, rows: int, columns: Columns) -> Column:
    found = columns.get(name)
    return _missing(kind, rows) if found is None else as_kind(found, kind)


def _take(column: Column, rows: npt.NDArray[np.int64]) -> Column:
    valid = None if column.valid is None else column.valid[rows]
    if not isinstance(column.values, PackedStrings):
        return Column(column.kind, column.values[rows], valid)
    steps = [rows[start : start + _STEP] for start in range(0, len(rows), _STEP)]
    return Column(column.kind, _concatenated([column.values.select(step) for step in steps]), valid)


def _joined(kind: str, columns: list[Column]) -> Column:
    strings = [one.values for one in columns if isinstance(one.values, PackedStrings)]
    values = _concatenated(strings) if strings else np.concatenate([c.values for c in columns])
    if all(column.valid is None for column in columns):
        return Column(kind, values)
    masks = [np.ones(len(c), np.uint8) if c.valid is None else c.valid for c in columns]
    return Column(kind, values, np.concatenate(masks))


def _missing(kind: str, rows: int) -> Column:
    valid = np.zeros(rows, np.uint8)
    if kind == "string":
        return Column(
            kind, PackedStrings(np.zeros(PADDING, np.uint8), np.zeros(rows + 1, np.uint64)), valid
        )
    return Column(kind, np.zeros(rows, KINDS[kind]), valid)


def _concatenated(strings: list[PackedStrings]) -> PackedStrings:
    pieces, offsets, end = [], [np.zeros(1, np.uint64)], np.uint64(0)
    for one in strings:
        utf8, ends = one.content()
        pieces.append(utf8)
        offsets.append(ends[1:] + end)
        end += ends[-1]
    utf8 = np.concatenate([*pieces, np.zeros(PADDING, np.uint8)])
    return PackedStrings(utf8, np.concatenate(offsets))
