"""The rows that an analysis is about: their keys, vectors and attributes."""

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vecstore.filters import Where
from vecstore.metrics import Metric
from vecstore.store import Store

if TYPE_CHECKING:
    import polars

__all__ = ["MEMORY", "Selection", "unit_vectors"]

#: Bytes of vectors that an analysis keeps in memory. Beyond that it works batch by batch.
MEMORY = 1 << 30

_BATCH = 16_384  # rows


def unit_vectors(vectors: npt.NDArray[Any], metric: Metric) -> npt.NDArray[np.float64]:
    """Return a float64 copy of vectors for euclidean methods: of unit length under cosine.

    None may be zero under cosine. Other metrics keep the lengths, which mean something to them.
    """
    wide = vectors.astype(np.float64)
    if metric == "cosine":
        wide /= np.linalg.norm(wide, axis=1, keepdims=True)
    return wide


class Selection:
    """Some rows of a store, in the order of insertion; raises ValueError if there are none."""

    def __init__(self, store: Store, where: Where = None) -> None:
        self.store = store
        self._where = where
        if not len(self):
            raise ValueError(
                f"`where` must leave some rows; none of {len(store):,} qualifies."
                if len(store)
                else "`store` must have rows; it has none."
            )

    def __len__(self) -> int:
        return len(self.store) if self.whole else len(self.frame)

    @property
    def whole(self) -> bool:
        """Whether these are all rows of the store."""
        return self._where is None

    @property
    def nbytes(self) -> int:
        """The size of the vectors in memory."""
        return 4 * len(self) * self.store.dim

    @cached_property
    def frame(self) -> "polars.DataFrame":
        """Keys with their attributes."""
        return self.store.frame(where=self._where)

    @cached_property
    def keys(self) -> npt.NDArray[Any]:
        """Keys as ndarray of object (str) or int64."""
        return self.store.keys() if self.whole else self.frame["key"].to_numpy()

    def stored(self, size: int = _BATCH) -> Iterator[npt.NDArray[Any]]:
        """Yield the vectors in batches, as they are stored."""
        if self.whole:
            yield from (vectors for _, vectors in self.store.batches(size))
        else:
            firsts = range(0, len(self), size)
            yield from (self.store[self.keys[first : first + size]] for first in firsts)

    def batches(self, size: int = _BATCH) -> Iterator[npt.NDArray[np.float32]]:
        """Yield the vectors in batches, as `unit_vectors` makes them."""
        for vectors in self.stored(size):
            yield unit_vectors(vectors, self.store.metric).astype(np.float32)

    def vectors(self) -> npt.NDArray[np.float32]:
        """Return all vectors as `batches` gives them: shape (n, dim)."""
        return np.concatenate(list(self.batches()))

    def sample(self, size: int, seed: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Return places and vectors of at most `size` rows, drawn uniformly."""
        rng = np.random.default_rng(seed)
        places = np.sort(rng.permutation(len(self))[:size])
        drawn, first = [], 0
        for vectors in self.batches():
            here = places[(places >= first) & (places < first + len(vectors))]
            drawn.append(vectors[here - first])
            first += len(vectors)
        return places, np.concatenate(drawn)

    def column(self, name: str, argument: str) -> "polars.Series":
        """Return an attribute; raises ValueError, which calls it `argument`, if no row has it."""
        names = [column for column in self.frame.columns if column != "key"]
        if name not in names:
            there = f"its columns are {', '.join(names)}" if names else "it has no columns"
            raise ValueError(
                f'`{argument}` must name a column of the store; got "{name}", and {there}.'
            )
        values = self.frame[name]
        if values.null_count() == len(values):
            raise ValueError(
                f'`{argument}` must name a column with values; "{name}" has none '
                f"in {len(values):,} rows."
            )
        return values
