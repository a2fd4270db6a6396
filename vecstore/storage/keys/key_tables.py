"""Key tables: which row has a key, and which key has a row.

========== ================== ====================================================
table      keys               stored as
========== ================== ====================================================
`StrKeys`  strings            UTF-8, offsets, sorted hashes and the row of each
`IntKeys`  64-bit integers    ids in row order, sorted ids and the row of each
`RangeKeys` the row numbers   nothing
========== ================== ====================================================

All are immutable and work on mapped arrays as well as on arrays in memory. They share four
methods: ``find(keys)``, ``find_one(key)``, ``take(rows)`` and ``len``.
"""

import operator
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Rows
from vecstore.errors import DuplicateKeyError
from vecstore.storage.keys.sorted_table import SortedTable
from vecstore.storage.keys.string_keys import StrKeys

__all__ = ["IntKeys", "RangeKeys", "StrKeys", "build_keys"]


def build_keys(keys: Sequence[Any], kind: str) -> "StrKeys | IntKeys":
    """Index keys in memory; `kind` is ``"str"`` or ``"int"``.

    Raises DuplicateKeyError, TypeError for a key of the other kind, and ValueError for a string
    that is not valid Unicode or an integer that does not fit 64 bits.
    """
    return StrKeys.build(keys) if kind == "str" else IntKeys.build(keys)


class IntKeys:
    """The integer keys of the rows of a part.

    >>> keys = IntKeys.build([30, 10, 20])
    >>> keys.find([10, 11]), keys.find_one(20), keys.take(np.array([0]))
    (array([ 1, -1]), 2, array([30]))
    """

    kind: str = "int"

    def __init__(self, ids: Rows, id_table: Rows, path: str = "memory") -> None:
        # `id_table` has shape (2, n): the sorted ids, and the row of each.
        # `path` names the mapped file in errors.
        self._ids = ids
        self._table = SortedTable(id_table, path)

    @classmethod
    def build(cls, keys: Sequence[int] | Rows) -> Self:
        """Index keys in memory; raises as `build_keys` does."""
        ids = _as_ids(keys)
        table = SortedTable.build(ids)
        _refuse_duplicates(ids, table.shared())
        return cls(ids, table.array)

    def __len__(self) -> int:
        return len(self._ids)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the arrays that a segment stores, by path in the file."""
        return {"keys/ids": self._ids, "keys/id_table": self._table.array}

    def find(self, keys: Sequence[int] | Rows) -> Rows:
        """Return the row of every key, -1 where a key is absent.

        Raises TypeError for a key that is not an integer.
        """
        wanted = _as_ids(keys)
        found = np.full(len(wanted), -1, np.int64)
        places = self._table.places(wanted)
        inside = np.flatnonzero(places < len(self))
        hits = inside[self._table.values(places[inside]) == wanted[inside]]
        found[hits] = self._table.rows(places[hits])
        return found

    def find_one(self, key: int) -> int:
        """Return the row of one key or -1, as `find` does, but in a few microseconds."""
        wanted = _as_id(key)
        place = self._table.place(wanted)
        found = place < len(self) and self._table.value(place) == wanted
        return self._table.row(place) if found else -1

    def take(self, rows: Rows) -> Rows:
        """Return a copy of the keys of rows."""
        return self._ids[rows]


class RangeKeys:
    """The keys 0 to n - 1 in order: every row is its own key."""

    kind: str = "int"

    def __init__(self, n: int) -> None:
        self._n = n

    def __len__(self) -> int:
        return self._n

    def find(self, keys: Sequence[int] | Rows) -> Rows:
        """Return the row of every key, -1 where a key is absent."""
        wanted = _as_ids(keys)
        return np.where((wanted >= 0) & (wanted < self._n), wanted, -1)

    def find_one(self, key: int) -> int:
        """Return the row of one key, -1 if it is absent."""
        wanted = _as_id(key)
        return wanted if 0 <= wanted < self._n else -1

    def take(self, rows: Rows) -> Rows:
        """Return a copy of `rows`, which are their own keys."""
        return np.array(rows, np.int64)


def _as_id(key: int) -> int:
    try:
        return operator.index(key)
    except TypeError:
        raise TypeError(f"`key` must be an integer; got {type(key).__name__} {key!r}.") from None


def _as_ids(keys: Sequence[int] | Rows) -> Rows:
    if not len(keys):
        return np.empty(0, np.int64)
    if isinstance(keys, np.ndarray) and keys.dtype == np.int64:
        return keys
    try:
        return np.fromiter(map(operator.index, keys), np.int64, len(keys))
    except TypeError:
        raise TypeError(f"`keys` must be integers; got {keys!r}.") from None
    except OverflowError:
        wrong = next(key for key in keys if not -(2**63) <= key < 2**63)
        raise ValueError(f"`keys` must fit 64 bits; got {wrong}.") from None


def _refuse_duplicates(ids: Rows, rows: Rows) -> None:
    """Raise DuplicateKeyError if `rows` is not empty; it holds the rows with shared ids."""
    first_rows: dict[int, int] = {}
    for row in rows.tolist():
        key = int(ids[row])
        if key in first_rows:
            raise DuplicateKeyError(
                f"Key {key} is given twice, at places {first_rows[key]} and {row}."
            )
        first_rows[key] = row
