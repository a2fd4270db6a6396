"""The base of trainers that can also encode data that they have not seen."""

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
    """Base of the trainers whose models have a vector for unseen data, too."""

    @abstractmethod
    def encode(self, data: Any) -> npt.NDArray[np.float32]:
        """Return a vector for each item.

        Parameters
        ----------
        data : sequence or array_like of n items
            The kind of data that `fit` takes, without labels.

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
        """Encode items and put their vectors into a store.

        Parameters
        ----------
        store : path-like or Store
            A path for a new store, or a store that is open for writing.
        data : sequence or array_like of n items
            As for `encode`.
        keys : sequence of n str or int, or None
            None numbers the items from 0.
        attributes : mapping of str to sequence of n values, or None
            Columns to store with the items, such as their labels.
        metric : str, default "cosine"
            The metric of a new store.

        Returns
        -------
        Store
            Open for writing; close it when done.

        Raises
        ------
        ValueError
            If there are not as many keys as items, the store has another dimension, or a vector is
            zero under cosine.

        Examples
        --------
        >>> from vecstore.trainers import DenseAutoencoder
        >>> trainer = DenseAutoencoder((2,)).fit(np.eye(3), epochs=1)
        >>> with trainer.encode_to_store("codes", np.eye(2, 3), keys=["x", "y"]) as store:
        ...     list(store.keys())
        ['x', 'y']
        """
        check_metric(metric)
        vectors = self.encode(data)
        if keys is None:
            keys = range(len(vectors))
        return self._write(store, keys, vectors, attributes, metric)
