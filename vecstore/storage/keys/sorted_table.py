"""Sorted 64-bit values over the row of each: the mapped stand-in for a dict from value to row."""

from bisect import bisect_left
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Rows
from vecstore.storage.disk.damage import damaged

__all__ = ["SortedTable"]


class SortedTable:
    """An immutable table of values and rows.

    Parameters
    ----------
    table : ndarray of int64 or uint64, shape (2, n)
        Values in ascending order, over their rows; may be mapped.
    path : str, default "memory"
        The file it is mapped from, for the errors: a damaged one may name rows that are not.

    Examples
    --------
    >>> table = SortedTable.build(np.array([30, 10, 20]))
    >>> table.array
    array([[10, 20, 30],
           [ 1,  2,  0]])
    >>> table.place(20), table.row(1), table.places(np.array([10, 25]))
    (1, 2, array([0, 2]))
    """

    def __init__(self, table: npt.NDArray[Any], path: str = "memory") -> None:
        self.array = table
        self._path = path
        # Searching these from Python costs a third of searching arrays.
        self._values, self._rows = (line.data for line in table)

    @classmethod
    def build(cls, values: npt.NDArray[Any]) -> Self:
        """Sort the values of rows.

        Parameters
        ----------
        values : ndarray of int64 or uint64, shape (n,)
            The value of every row.

        Returns
        -------
        SortedTable
            In memory.
        """
        order = np.argsort(values)
        return cls(np.stack([values[order], order.astype(values.dtype)]))

    def __len__(self) -> int:
        return len(self._values)

    def shared(self) -> Rows:
        """Return the rows whose value another row has too.

        Returns
        -------
        ndarray of int64, shape (m,)
            Ascending.
        """
        equal = self.array[0, 1:] == self.array[0, :-1]
        if not equal.any():
            return np.empty(0, np.int64)
        shared = np.zeros(len(self), bool)
        shared[1:] |= equal
        shared[:-1] |= equal
        return np.sort(self.array[1, shared]).astype(np.int64)

    def places(self, values: npt.NDArray[Any]) -> Rows:
        """Find values.

        Parameters
        ----------
        values : ndarray of int64 or uint64, shape (m,)
            In any order, of the table's dtype.

        Returns
        -------
        ndarray of int64, shape (m,)
            The first place of each value, or where it would have been.
        """
        # In ascending order neighbouring searches read the same cache lines: four times as fast.
        order = np.argsort(values)
        places = np.empty(len(values), np.int64)
        places[order] = np.searchsorted(self.array[0], values[order])
        return places

    def values(self, places: Rows) -> npt.NDArray[Any]:
        """Return the values at places.

        Parameters
        ----------
        places : ndarray of int64, shape (m,)
            Inside the table.

        Returns
        -------
        ndarray of int64 or uint64, shape (m,)
            A copy.
        """
        values: npt.NDArray[Any] = self.array[0][places]
        return values

    def rows(self, places: Rows) -> Rows:
        """Return the rows at places.

        Parameters
        ----------
        places : ndarray of int64, shape (m,)
            Inside the table.

        Returns
        -------
        ndarray of int64, shape (m,)
            All of them rows that exist.

        Raises
        ------
        CorruptStoreError
            If the table names a row that is not there.
        """
        rows: Rows = self.array[1][places].astype(np.int64)
        if not ((rows >= 0) & (rows < len(self))).all():
            raise self._damage()
        return rows

    def place(self, value: int) -> int:
        """Find one value.

        Parameters
        ----------
        value : int
            Of any size.

        Returns
        -------
        int
            Its first place, or where it would have been.
        """
        return bisect_left(self._values, value)

    def value(self, place: int) -> int:
        """Return the value at one place.

        Parameters
        ----------
        place : int
            Inside the table.

        Returns
        -------
        int
            The value.
        """
        return int(self._values[place])

    def row(self, place: int) -> int:
        """Return the row at one place.

        Parameters
        ----------
        place : int
            Inside the table.

        Returns
        -------
        int
            A row that exists.

        Raises
        ------
        CorruptStoreError
            If the table names a row that is not there.
        """
        row = int(self._rows[place])
        if not 0 <= row < len(self):
            raise self._damage()
        return row

    def _damage(self) -> Exception:
        return damaged(self._path, f"the table of keys points outside its {len(self)} rows")
