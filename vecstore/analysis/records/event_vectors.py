"""The mean vector of each value of a field, from the store that has the vectors of its parts."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.analysis.records.event_fields import Field
from vecstore.errors import KeyNotFoundError
from vecstore.search import CANCELLED

__all__ = ["FieldVectors", "unit"]

Floats = npt.NDArray[np.float64]


def unit(vectors: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Scale means of unit vectors, (n, dim), to unit length; also return which have a direction.

    Where nothing but rounding error is left, the result is zero.
    """
    lengths = np.linalg.norm(vectors, axis=1)
    found = lengths > CANCELLED
    return vectors * np.where(found, 1 / np.where(found, lengths, 1), 0)[:, np.newaxis], found


class FieldVectors:
    """The vectors of a field, fetched when a value first needs them."""

    def __init__(self, name: str, field: Field, *, strict: bool) -> None:
        self.name = name
        self.field = field
        self.missing = 0  # how many parts were not in the store
        self._strict = strict
        self._unit = field.store.metric == "cosine"
        self._table: Floats = np.empty((0, field.store.dim))
        self._rows: dict[str, list[int]] = {}  # of the table, by part
        self._unknown: set[str] = set()

    def means(self, values: Sequence[Any]) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Return the mean of the parts of every value, (n, dim), and which values have known parts.

        Under cosine the parts and the mean have unit length. A missing value is None.
        """
        parts = [self.field.parts(value) for value in values]
        self._learn([part for part in dict.fromkeys(chain(*parts)) if part not in self._rows])
        rows = [[row for part in some for row in self._rows[part]] for some in parts]
        if self._unknown:
            self.missing += sum(part in self._unknown for part in chain(*parts))
        counts = np.array([len(some) for some in rows])
        found = counts > 0
        means = np.zeros((len(rows), self._table.shape[1]))
        if found.any():
            flat = np.fromiter(chain(*rows), np.intp, counts.sum())
            starts = np.cumsum(counts[found]) - counts[found]
            means[found] = np.add.reduceat(self._table[flat], starts) / counts[found, np.newaxis]
        return unit(means) if self._unit else (means, found)

    def _learn(self, parts: list[str]) -> None:
        """Fetch the vectors of parts that are new."""
        keys = {part: self.field.key_of(part, self.name) for part in parts}
        asked = [part for part in parts if keys[part] is not None]
        vectors = dict(
            zip(asked, self.field.store.get([keys[part] for part in asked]), strict=True)
        )
        new: list[Any] = []
        for part in parts:
            found = [vectors[part]] if vectors.get(part) is not None else []
            found = found or [self.field.store[key] for key in self.field.spelled(part)]
            if not found:
                if self._strict:
                    raise self._not_found(part, keys[part])
                self._unknown.add(part)
            first = len(self._table) + len(new)
            self._rows[part] = list(range(first, first + len(found)))
            new += found
        if new:
            table = np.array(new, np.float64)
            if self._unit:
                table /= np.linalg.norm(table, axis=1)[:, np.newaxis]
            self._table = np.concatenate((self._table, table))

    def _not_found(self, part: str, key: Any) -> KeyNotFoundError:
        suggestions: tuple[str, ...] = ()
        reason = f'"{part}" is not a key of a store of integers.'
        if key is not None:
            try:
                self.field.store[key]
            except KeyNotFoundError as error:
                reason, suggestions = str(error), error.suggestions
        return KeyNotFoundError(
            f'Field "{self.name}": {reason} Pass missing="ignore" to leave such parts out.',
            key=key,
            suggestions=suggestions,
        )
