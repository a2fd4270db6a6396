"""The vectors of the fields of records, out of the stores that have those of their parts."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.analysis.event_fields import Field
from vecstore.errors import KeyNotFoundError

__all__ = ["FieldVectors", "unit"]

# Vectors are stored with seven digits. Where so little is left of what was added, the direction of
# the rest is that of their rounding.
_CANCELLED = 1e-6

Floats = npt.NDArray[np.float64]


def unit(vectors: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return sums of unit vectors scaled to unit length, and which have a direction at all.

    Parameters
    ----------
    vectors : ndarray of float64, shape (n, dim)
        Each a mean of unit vectors, or zero.

    Returns
    -------
    scaled : ndarray of float64, shape (n, dim)
        Zero where nothing is left but rounding.
    found : ndarray of bool, shape (n,)
        Where there is more.
    """
    lengths = np.linalg.norm(vectors, axis=1)
    found = lengths > _CANCELLED
    return vectors * np.where(found, 1 / np.where(found, lengths, 1), 0)[:, np.newaxis], found


class FieldVectors:
    """The vectors of a field, fetched when a value first asks for them.

    Parameters
    ----------
    name : str
        Of the field.
    field : Field
        What it is.
    strict : bool
        Whether a part that is not in the store is an error.

    Attributes
    ----------
    missing : int
        How many parts were not in the store.
    """

    def __init__(self, name: str, field: Field, *, strict: bool) -> None:
        self.name = name
        self.field = field
        self.missing = 0
        self._strict = strict
        self._unit = field.store.metric == "cosine"
        self._rows: dict[Any, int] = {}  # of the table, by key
        self._rows_of_part: dict[str, list[int]] = {}
        self._table: Floats = np.empty((0, field.store.dim))

    def means(self, values: Sequence[Any]) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Return the mean of the parts of every value.

        Parameters
        ----------
        values : sequence of n str or numbers
            None where one is missing.

        Returns
        -------
        means : ndarray of float64, shape (n, dim)
            Under cosine, of unit vectors, and of unit length.
        found : ndarray of bool, shape (n,)
            Whether there was a part to take the mean of.
        """
        rows = [self._rows_of(value) for value in values]
        self._fetch()
        counts = np.array([len(some) for some in rows])
        found = counts > 0
        means = np.zeros((len(rows), self._table.shape[1]))
        if found.any():
            flat = np.concatenate([some for some in rows if some])
            starts = np.cumsum(counts[found]) - counts[found]
            means[found] = np.add.reduceat(self._table[flat], starts) / counts[found, np.newaxis]
        return unit(means) if self._unit else (means, found)

    def _rows_of(self, value: Any) -> list[int]:
        rows: list[int] = []
        for part in self.field.parts(value):
            if part not in self._rows_of_part:
                self._rows_of_part[part] = self._look_up(part)
            self.missing += not self._rows_of_part[part]
            rows += self._rows_of_part[part]
        return rows

    def _look_up(self, part: str) -> list[int]:
        """Return the rows of the table for a part, none if the store does not have it."""
        store = self.field.store
        keys = self.field.keys(part, self.name)
        if not all(key in store for key in keys):
            if self._strict:
                raise self._not_found(keys)
            return []
        return [self._rows.setdefault(key, len(self._rows)) for key in keys]

    def _not_found(self, keys: list[Any]) -> KeyNotFoundError:
        way_out = 'Pass missing="ignore" to leave such parts out.'
        try:
            self.field.store[keys]
        except KeyNotFoundError as error:
            reason, suggestions = str(error), error.suggestions
        except TypeError:
            reason, suggestions = f'"{keys[0]}" is no key of a store of integers.', ()
        return KeyNotFoundError(
            f'Field "{self.name}": {reason} {way_out}', key=keys[0], suggestions=suggestions
        )

    def _fetch(self) -> None:
        new = list(self._rows)[len(self._table) :]
        if new:
            vectors = self.field.store[new].astype(np.float64)
            if self._unit:
                vectors /= np.linalg.norm(vectors, axis=1)[:, np.newaxis]
            self._table = np.concatenate((self._table, vectors))
