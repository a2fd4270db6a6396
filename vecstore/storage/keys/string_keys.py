"""String keys: packed strings, with a table of sorted hashes in place of a dict.

Opening millions of keys builds nothing and reads nothing. A lookup is a binary search among the
hashes; the row found counts only once its bytes have been compared.
"""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Rows
from vecstore.errors import DuplicateKeyError
from vecstore.storage.keys.hashing import hash_bytes
from vecstore.storage.keys.sorted_table import SortedTable
from vecstore.storage.keys.strings import PackedStrings

__all__ = ["StrKeys"]


# No stored key holds half of a surrogate pair. Looking one up finds nothing, which is no error.
_LOOKUP = "surrogatepass"


class StrKeys:
    """The string keys of the rows of a part.

    >>> keys = StrKeys.build(["king", "queen", "rød"])
    >>> keys.find(["queen", "kat"]), keys.find_one("rød"), keys.take(np.array([0]))
    (array([ 1, -1]), 2, array(['king'], dtype=object))
    """

    kind: str = "str"

    def __init__(
        self,
        utf8: npt.NDArray[np.uint8],  # the keys, then eight zero bytes
        offsets: npt.NDArray[np.uint64],  # (n + 1,); key i is utf8[offsets[i]:offsets[i + 1]]
        hash_table: npt.NDArray[np.uint64],  # (2, n): sorted hashes, and the row of each
        path: str = "memory",
    ) -> None:
        self._strings = PackedStrings(utf8, offsets, path)
        self._table = SortedTable(hash_table, path)

    @classmethod
    def build(cls, keys: Sequence[str]) -> Self:
        """Index keys in memory: a list, or an array of strings or objects.

        Raises DuplicateKeyError, TypeError, and ValueError for half of a surrogate pair.
        """
        return cls.from_packed(_packed(keys, "strict"))

    @classmethod
    def from_packed(cls, strings: PackedStrings) -> Self:
        """Index packed keys, sharing their arrays; raises DuplicateKeyError."""
        table = SortedTable.build(strings.hashes())
        _refuse_duplicates(strings, table.shared())
        return cls(strings.utf8, strings.offsets, table.array)

    def __len__(self) -> int:
        return len(self._strings)

    @property
    def strings(self) -> PackedStrings:
        """All keys, in the order of the rows."""
        return self._strings

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the arrays that a segment stores, by path in the file."""
        return {
            "keys/utf8": self._strings.utf8,
            "keys/offsets": self._strings.offsets,
            "keys/hash_table": self._table.array,
        }

    def find(self, keys: Sequence[str] | npt.NDArray[Any]) -> Rows:
        """Return the row of every key, -1 where a key is absent.

        Raises TypeError for a key that is not a string.
        """
        wanted = _packed(keys, _LOOKUP)
        hashes = wanted.hashes()
        places = self._table.places(hashes)
        found = np.full(len(wanted), -1, np.int64)
        pending = np.arange(len(wanted))
        # One pass, unless several keys share a hash: then those go on to the next place.
        while len(pending := pending[places[pending] < len(self)]):
            pending = pending[self._table.values(places[pending]) == hashes[pending]]
            rows = self._table.rows(places[pending])
            same = self._strings.same(rows, wanted, pending)
            found[pending[same]] = rows[same]
            pending = pending[~same]
            places[pending] += 1
        return found

    def find_one(self, key: str) -> int:
        """Return the row of one key or -1, as `find` does, but in a few microseconds."""
        if not isinstance(key, str):
            raise TypeError(f"`key` must be a string; got {type(key).__name__} {key!r}.")
        wanted = key.encode("utf-8", _LOOKUP)
        value = hash_bytes(wanted)
        place = self._table.place(value)
        while place < len(self) and self._table.value(place) == value:
            row = self._table.row(place)
            if self._strings.encoded(row) == wanted:
                return row
            place += 1
        return -1

    def cased(self) -> Rows:
        """Return the rows, ascending, whose keys have an ASCII capital or a non-ASCII letter."""
        return self._strings.cased()

    def take(self, rows: Rows) -> npt.NDArray[Any]:
        """Return the keys of rows, as objects."""
        return self._strings.take(rows)


def _packed(keys: Sequence[str] | npt.NDArray[Any], errors: str) -> PackedStrings:
    strings = keys.tolist() if isinstance(keys, np.ndarray) else keys
    try:
        return PackedStrings.pack(strings, errors)
    except TypeError:
        place, key = next((i, k) for i, k in enumerate(strings) if not isinstance(k, str))
        raise TypeError(
            f"`keys` must be strings; place {place} holds {type(key).__name__} {key!r}."
        ) from None
    except UnicodeEncodeError:
        place, key = next((i, k) for i, k in enumerate(strings) if _has_surrogate(k))
        raise ValueError(f"`keys` must be valid Unicode; place {place} holds {key!r}.") from None


def _has_surrogate(key: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in key)


def _refuse_duplicates(strings: PackedStrings, rows: Rows) -> None:
    """Raise DuplicateKeyError if two of `rows`, which share hashes, have the same key."""
    first_rows: dict[bytes, int] = {}
    for row in rows.tolist():
        key = strings.encoded(row)
        if key in first_rows:
            raise DuplicateKeyError(
                f'Key "{key.decode()}" is given twice, at places {first_rows[key]} and {row}.'
            )
        first_rows[key] = row
