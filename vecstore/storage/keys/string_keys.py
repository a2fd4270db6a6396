"""String keys: packed, with a table of sorted hashes in place of a dict.

Opening millions of keys builds nothing and reads nothing. Looking one up is a binary search among
the hashes; the row found is believed only after its bytes have been compared.
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


# No key holds half of a surrogate pair, so looking one up finds nothing; it is not an error.
_LOOKUP = "surrogatepass"


class StrKeys:
    """The string keys of the rows of a part.

    Parameters
    ----------
    utf8 : ndarray of uint8, shape (n_bytes + 8,)
        The keys one after another, then eight zero bytes.
    offsets : ndarray of uint64, shape (n + 1,)
        Key i is ``utf8[offsets[i]:offsets[i + 1]]``.
    hash_table : ndarray of uint64, shape (2, n)
        The sorted hashes of the keys, over the row of each.
    path : str, default "memory"
        The file they are mapped from, for the errors.

    Examples
    --------
    >>> keys = StrKeys.build(["king", "queen", "rød"])
    >>> keys.find(["queen", "kat"]), keys.find_one("rød"), keys.take(np.array([0]))
    (array([ 1, -1]), 2, array(['king'], dtype=object))
    """

    kind: str = "str"

    def __init__(
        self,
        utf8: npt.NDArray[np.uint8],
        offsets: npt.NDArray[np.uint64],
        hash_table: npt.NDArray[np.uint64],
        path: str = "memory",
    ) -> None:
        self._strings = PackedStrings(utf8, offsets, path)
        self._table = SortedTable(hash_table, path)

    @classmethod
    def build(cls, keys: Sequence[str]) -> Self:
        """Index keys in memory.

        Parameters
        ----------
        keys : sequence of str, shape (n,)
            A list, or an array of strings or objects.

        Returns
        -------
        StrKeys
            Row i has ``keys[i]``.

        Raises
        ------
        DuplicateKeyError
            Naming the first key that comes a second time.
        TypeError
            If a key is not a string.
        ValueError
            If a key holds half of a surrogate pair.
        """
        return cls.from_packed(_packed(keys, "strict"))

    @classmethod
    def from_packed(cls, strings: PackedStrings) -> Self:
        """Index keys that are packed already.

        Parameters
        ----------
        strings : PackedStrings
            The key of every row.

        Returns
        -------
        StrKeys
            Shares their arrays.

        Raises
        ------
        DuplicateKeyError
            Naming the first key that comes a second time.
        """
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
        """Return what a segment stores of the keys.

        Returns
        -------
        dict of ndarray
            By path in the file.
        """
        return {
            "keys/utf8": self._strings.utf8,
            "keys/offsets": self._strings.offsets,
            "keys/hash_table": self._table.array,
        }

    def find(self, keys: Sequence[str] | npt.NDArray[Any]) -> Rows:
        """Return the row of every key.

        Parameters
        ----------
        keys : sequence of str, shape (m,)
            A list, or an array of strings or objects.

        Returns
        -------
        ndarray of int64, shape (m,)
            -1 where a key is absent.

        Raises
        ------
        TypeError
            If a key is not a string.
        CorruptStoreError
            If the mapped arrays contradict each other.
        """
        wanted = _packed(keys, _LOOKUP)
        hashes = wanted.hashes()
        places = self._table.places(hashes)
        found = np.full(len(wanted), -1, np.int64)
        pending = np.arange(len(wanted))
        # Once around, but for hashes that several keys share: then on to the next place.
        while len(pending := pending[places[pending] < len(self)]):
            pending = pending[self._table.values(places[pending]) == hashes[pending]]
            rows = self._table.rows(places[pending])
            same = self._strings.same(rows, wanted, pending)
            found[pending[same]] = rows[same]
            pending = pending[~same]
            places[pending] += 1
        return found

    def find_one(self, key: str) -> int:
        """Return the row of one key, as `find`, but in a few microseconds.

        Parameters
        ----------
        key : str
            The key wanted.

        Returns
        -------
        int
            -1 if it is absent.
        """
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
        """Return which keys have a capital letter, or one that is not ASCII.

        Returns
        -------
        ndarray of int64, shape (m,)
            Their rows, ascending.
        """
        return self._strings.cased()

    def take(self, rows: Rows) -> npt.NDArray[Any]:
        """Return the keys of rows.

        Parameters
        ----------
        rows : ndarray of int64, shape (m,)
            In any order.

        Returns
        -------
        ndarray of object, shape (m,)
            Of str.
        """
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
    """Raise DuplicateKeyError if two of `rows`, which share their hashes, hold the same key."""
    first_rows: dict[bytes, int] = {}
    for row in rows.tolist():
        key = strings.encoded(row)
        if key in first_rows:
            raise DuplicateKeyError(
                f'Key "{key.decode()}" is given twice, at places {first_rows[key]} and {row}.'
            )
        first_rows[key] = row
