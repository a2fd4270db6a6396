"""Vectors by key: looking up one or many, or going through all of them in order."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.arrays import check_count
from vecstore.metrics import Metric
from vecstore.snapshot import Snapshot, as_keys, is_key, require_rows

__all__ = ["Vectors", "snapshot_of"]


class Vectors(ABC):
    """The vectors of a store, by key.

    Attributes
    ----------
    metric : str or callable
        ``"cosine"``, ``"euclidean"``, ``"dot"``, or a Numba function ``f(x, y) -> float``.
    """

    metric: Metric

    @property
    @abstractmethod
    def _shown(self) -> Snapshot:
        """The snapshot to ask now, without a check of its files: nothing in them is read."""

    @property
    def _snapshot(self) -> Snapshot:
        """The snapshot to ask now; a question takes it once, and so sees one state."""
        snapshot = self._shown
        snapshot.check()
        return snapshot

    @property
    def dim(self) -> int:
        """The length of every vector: int."""
        return self._shown.dim

    @property
    def dtype(self) -> np.dtype[Any]:
        """How vectors are stored: numpy.dtype of float32 or float16."""
        return self._shown.dtype

    @property
    def key_kind(self) -> str:
        """The type of the keys: ``"str"`` or ``"int"``."""
        return self._shown.key_kind

    def get(self, keys: Any, default: Any = None) -> Any:
        """Return the vectors of keys that may be missing.

        Parameters
        ----------
        keys : key, or list of n keys
            What to look up.
        default : object, default None
            Stands for a missing key.

        Returns
        -------
        ndarray of shape (dim,) or `default`, or list of n of these
            Copies of the stored values, in the dtype of the store.

        Raises
        ------
        TypeError
            If a key is not of the type of the store.

        Examples
        --------
        >>> import vecstore
        >>> store = vecstore.from_arrays([[0, 1], [1, 0]], keys=["north", "east"])
        >>> store.get(["east", "up"])
        [array([1., 0.], dtype=float32), None]
        """
        snapshot, single = self._snapshot, is_key(keys)
        rows = snapshot.find(as_keys([keys] if single else keys, snapshot.key_kind))
        found = iter(snapshot.gather(rows[rows >= 0], snapshot.dtype))
        vectors = [next(found) if row >= 0 else default for row in rows]
        return vectors[0] if single else vectors

    def __getitem__(self, keys: Any) -> npt.NDArray[Any]:
        snapshot, single = self._snapshot, is_key(keys)
        rows = require_rows(snapshot, keys)
        vectors = snapshot.gather(rows, snapshot.dtype)
        return vectors[0] if single else vectors

    def __contains__(self, key: object) -> bool:
        snapshot = self._snapshot
        kept = isinstance(key, str) == (snapshot.key_kind == "str") and is_key(key)
        return kept and snapshot.find_one(key) >= 0

    def __len__(self) -> int:
        return len(self._shown)

    def __iter__(self) -> Iterator[Any]:
        return (key for keys, _ in self.batches() for key in keys.tolist())

    def keys(self) -> npt.NDArray[Any]:
        """Return all keys, in the order of insertion.

        Returns
        -------
        ndarray of object (str) or int64, shape (n,)
            All keys are decoded now; `batches` goes through a large store in steps. ``tolist()`` of
            the array gives Python's str or int, which JSON takes too.

        Examples
        --------
        >>> import vecstore
        >>> vecstore.from_arrays([[0, 1], [1, 0]], keys=["north", "east"]).keys().tolist()
        ['north', 'east']
        """
        snapshot = self._snapshot
        return snapshot.take(snapshot.live)

    def batches(self, size: int = 65536) -> Iterator[tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
        """Go through the whole store in the order of insertion.

        Parameters
        ----------
        size : int, default 65536
            The most rows of a step.

        Yields
        ------
        keys : ndarray of object (str) or int64, shape (m,)
            The keys of the step.
        vectors : ndarray, shape (m, dim)
            The stored values, read-only.

        Raises
        ------
        ValueError
            If `size` is less than 1.

        Examples
        --------
        >>> import vecstore
        >>> store = vecstore.from_arrays([[0, 1], [1, 0], [0, 2]])
        >>> [(keys.tolist(), vectors.shape) for keys, vectors in store.batches(2)]
        [([0, 1], (2, 2)), ([2], (1, 2))]
        """
        return self._snapshot.batches(check_count(size, "size"))


def snapshot_of(store: Vectors) -> Snapshot:
    """Return the snapshot that a store shows now, for work on rows instead of keys."""
    return store._snapshot
