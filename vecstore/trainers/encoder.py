"""Trainers that turn anything of the kind they learned from into a vector."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.metrics import check_metric
from vecstore.store import Store
from vecstore.trainers.trainer import Trainer

__all__ = ["Encoder"]


class Encoder(Trainer):
    """Base of the trainers whose models have vectors for what they have not seen, too."""

    @abstractmethod
    def encode(self, data: Any) -> npt.NDArray[np.float32]:
        """Return a vector for each of these.

        Parameters
        ----------
        data : sequence or array_like of n items
            Of the kind that `fit` takes.

        Returns
        -------
        ndarray of float32, shape (n, dim)
            In the order of `data`.
        """

    def encode_to_store(
        self,
        store: str | PathLike[str] | Store,
        data: Any,
        *,
        keys: Sequence[Any] | None = None,
        attributes: Mapping[str, Sequence[Any]] | None = None,
        metric: str = "cosine",
    ) -> Store:
        """Put the vectors of these into a store.

        Parameters
        ----------
        store : path-like or Store
            A path at which to make a store, or a store that is open for writing.
        data : sequence or array_like of n items
            As for `encode`.
        keys : sequence of n str or int, or None
            None numbers them from 0.
        attributes : mapping of str to sequence of n values, or None
            What shall be known about them, such as their labels.
        metric : str, default "cosine"
            Of a new store.

        Returns
        -------
        Store
            Open for writing; close it when done with it.

        Raises
        ------
        ValueError
            If there are not as many keys as items, the store has another dimension, or a vector is
            zero under cosine.
        """
        check_metric(metric)
        vectors = self.encode(data)
        if keys is None:
            keys = range(len(vectors))
        return self._write(store, keys, vectors, attributes, metric)
