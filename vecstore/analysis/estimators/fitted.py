"""The rows that a fitted estimator searches: an array, or the rows of a store that have a label."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.errors import VecstoreError
from vecstore.metrics import Metric
from vecstore.search import Matches
from vecstore.store import Store, from_arrays

__all__ = ["FittedRows"]

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Found = tuple[Floats, Places]

# Queries per call. It bounds memory, and Ctrl-C takes effect between calls.
_TILE = 8_192


class FittedRows:
    """Rows to search, numbered from 0 in the order of insertion."""

    def __init__(self, store: Store, chosen: npt.NDArray[np.bool_] | None = None) -> None:
        self._store = store
        # A mask over the rows of the store; None takes all.
        self._chosen = None if chosen is None or chosen.all() else chosen
        self._state = self._state_now()
        keys = store.keys() if self._chosen is None else store.keys()[self._chosen]
        self._keys = keys.tolist()
        self._place = {key: place for place, key in enumerate(self._keys)}

    @classmethod
    def of_array(cls, rows: npt.NDArray[np.floating], metric: Metric) -> "FittedRows":
        """Copy the rows of an array as float32."""
        return cls(from_arrays(np.array(rows, np.float32), metric=metric))

    def __len__(self) -> int:
        return len(self._keys)

    def nearest(self, queries: npt.NDArray[np.floating], k: int, threads: int | None) -> Found:
        """Return distances and places of the k nearest rows to each query: shape (m, k)."""
        self._refuse_when_changed()
        return self._tiled(self._store.search, queries, k, threads)

    def nearest_others(self, k: int, threads: int | None) -> Found:
        """Return distances and places of the k nearest other rows to each row: shape (n, k)."""
        self._refuse_when_changed()
        if self._chosen is None:
            matches = self._store.neighbors(k, threads=threads)
            return matches.distances, matches.rows
        return self._tiled(self._store.similar, self._keys, k, threads)

    def _tiled(
        self, search: Callable[..., Matches], asked: Any, k: int, threads: int | None
    ) -> Found:
        distances, places = np.empty((len(asked), k)), np.empty((len(asked), k), np.int64)
        for first in range(0, len(asked), _TILE):
            here = slice(first, first + _TILE)
            matches = search(asked[here], k=k, where=self._chosen, threads=threads)
            distances[here] = matches.distances
            # Translate by key: row numbers of a store also count deleted rows.
            found = [self._place[key] for key in matches.keys.ravel().tolist()]
            places[here] = np.array(found, np.int64).reshape(matches.rows.shape)
        return distances, places

    def _state_now(self) -> tuple[int, int]:
        return self._store.generation, len(self._store)

    def _refuse_when_changed(self) -> None:
        if self._state_now() != self._state:
            raise VecstoreError("The store has changed since this model was fitted; fit it again.")

    def __getstate__(self) -> dict[str, Any]:
        if self._store.path is not None:
            raise TypeError(
                "A model that was fitted on a store cannot be pickled, for the store cannot; "
                "fit it on an array."
            )
        keys = self._store.keys().tolist()
        return {"rows": self._store[keys], "metric": self._store.metric, "chosen": self._chosen}

    def __setstate__(self, state: dict[str, Any]) -> None:
        store = from_arrays(state["rows"], metric=state["metric"])
        self.__init__(store, state["chosen"])  # type: ignore[misc]
