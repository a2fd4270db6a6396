"""The rows of a journal, in memory: they grow, but what was shown of them stays as it was."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore import kernels
from vecstore.arrays import Rows
from vecstore.snapshot.part import Part
from vecstore.storage import Column, Columns, Manifest, join_columns, widened

__all__ = ["Tail", "TailKeys"]

_LEAST_ROWS = 64


class Tail:
    """The rows at the end of a store that no segment holds yet.

    One thread appends. Any number of threads may read parts meanwhile, because rows are only ever
    put behind those that are there.
    """

    def __init__(self, manifest: Manifest) -> None:
        self.keys: list[Any] = []  # of every row: a key that was written twice is here twice
        self.schema: dict[str, str] = {}
        self._columns: list[tuple[int, Columns]] = []  # (rows, attributes) of each commit
        self._metric = manifest.metric
        self._kind = manifest.key_kind
        self._newest: dict[Any, int] = {}  # from a key to its last row
        self._before: list[int] = []  # per row, the row before it with the same key, or -1
        self._vectors = np.empty((_LEAST_ROWS, manifest.dim), manifest.dtype)
        self._norms = np.empty(_LEAST_ROWS, np.float32)
        self._normed = 0  # rows whose norms are known

    def __len__(self) -> int:
        return len(self.keys)

    def append(
        self, keys: Sequence[Any] | npt.NDArray[Any], vectors: npt.NDArray[Any], columns: Columns
    ) -> None:
        """Copy n checked rows to the end, in time that does not depend on how many there are."""
        first = len(self.keys)
        listed = _listed(keys)
        self._grow(first + len(listed))
        self._vectors[first : first + len(listed)] = vectors
        self._columns.append((len(listed), columns))
        kinds = {name: column.kind for name, column in columns.items()}
        self.schema = widened(self.schema, kinds)
        for row, key in enumerate(listed, first):
            self._before.append(self._newest.get(key, -1))
            self.keys.append(key)
            self._newest[key] = row

    def prepare(self) -> None:
        """Compute what a search needs of the rows that came since the last call."""
        n = len(self.keys)
        if self._metric == "cosine" and self._normed < n:
            new = self._vectors[self._normed : n]
            self._norms[self._normed : n] = kernels.engine().inverse_norms(new)
        self._normed = n

    def columns(self, n: int) -> dict[str, Column]:
        """Return the attributes of the first n rows; n ends at a commit."""
        pieces, rows = [], 0
        for count, columns in self._columns:
            if rows == n:
                break
            pieces.append((count, columns))
            rows += count
        return join_columns(pieces)

    def newest(self, key: Any) -> int:
        """Return the last row with a key, or -1."""
        return self._newest.get(key, -1)

    def part(self, n: int) -> Part:
        """Return the first n rows, all of them prepared, as a part that never changes."""
        keys = TailKeys(self._kind, self.keys, self._newest, self._before, n)
        norms = self._norms[:n] if self._metric == "cosine" else None
        return Part(
            self._vectors[:n],
            keys,
            self._metric,
            inverse_norms=norms,
            attributes=lambda: self.columns(n),
        )

    def _grow(self, n: int) -> None:
        if n > len(self._vectors):
            room = max(n, 2 * len(self._vectors))
            self._vectors = _enlarged(self._vectors, room, len(self.keys))
            self._norms = _enlarged(self._norms, room, self._normed)


class TailKeys:
    """The keys of the first n rows of a tail, whatever is appended to it later."""

    def __init__(
        self, kind: str, keys: list[Any], newest: dict[Any, int], before: list[int], n: int
    ) -> None:
        self.kind = kind
        self._keys = keys
        self._newest = newest
        self._before = before
        self._n = n

    def __len__(self) -> int:
        return self._n

    def find_one(self, key: Any) -> int:
        """Return the last row with a key, or -1."""
        row = self._newest.get(key, -1)
        while row >= self._n:
            row = self._before[row]
        return row

    def find(self, keys: Sequence[Any]) -> Rows:
        """Return the last row with each key, or -1."""
        listed = _listed(keys)
        return np.fromiter(map(self.find_one, listed), np.int64, len(listed))

    def take(self, rows: Rows) -> npt.NDArray[Any]:
        """Return the keys of rows: objects (str) or int64."""
        taken = np.empty(len(rows), object if self.kind == "str" else np.int64)
        taken[:] = [self._keys[row] for row in rows.tolist()]
        return taken


def _listed(keys: Any) -> list[Any]:
    listed: list[Any] = keys.tolist() if isinstance(keys, np.ndarray) else list(keys)
    return listed


def _enlarged(array: npt.NDArray[Any], room: int, filled: int) -> npt.NDArray[Any]:
    larger = np.empty((room, *array.shape[1:]), array.dtype)
    larger[:filled] = array[:filled]
    return larger
