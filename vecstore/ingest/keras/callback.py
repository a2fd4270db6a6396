"""Commit the vectors of a layer to a store during training.

Importing this module loads Keras; `vecstore.ingest.keras` imports it only on demand.
"""

from collections.abc import Iterable
from math import isfinite
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import numpy.typing as npt

from vecstore.arrays import check_count
from vecstore.images import versions
from vecstore.ingest.keras.choice import choose
from vecstore.ingest.keras.live import live_matrices, live_values
from vecstore.snapshot import as_keys
from vecstore.storage import build_keys
from vecstore.store import Store

if TYPE_CHECKING:
    import polars

__all__ = ["StoreEmbeddings"]


class StoreEmbeddings(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Commit the vectors of a layer to a store after epochs of training.

    Every commit is a generation of the store, and its provenance holds the epoch and its losses. A
    reader of the store sees whole epochs only; `Store.refresh` moves it to the newest. Commits stay
    when training is interrupted.

    Parameters
    ----------
    store : Store
        Open for writing, with the dimension of the layer. It may hold other keys as well.
    layer : str or keras.Layer
        An `Embedding`, or the name of a layer with a matrix.
    keys : iterable of n keys
        The key of every row of the layer, or None to leave the row out, such as the row of padding
        or of unknown words.
    every : int, default 1
        Epochs between commits. The last epoch is always committed.

    Raises
    ------
    ValueError, TypeError
        If an argument is invalid. What depends on the model is checked before the first epoch.
    DuplicateKeyError
        If a key occurs twice.
    ReadOnlyError
        If the store was not opened for writing.

    Notes
    -----
    A commit replaces the vectors of all keys and keeps their attributes. It writes a segment and a
    manifest, and the segments of earlier epochs are removed, so the store does not grow.

    A vector that is not finite, or zero under cosine, cannot be stored: it ends the training with
    an error that names its key.

    Examples
    --------
    >>> import keras, numpy as np, vecstore
    >>> from vecstore.ingest.keras import StoreEmbeddings
    >>> ids, targets = np.array([[1], [2]]), np.array([[[0.0]], [[1.0]]])
    >>> embedding = keras.layers.Embedding(3, 4, name="words")
    >>> model = keras.Sequential([keras.Input((1,)), embedding, keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> with vecstore.create("words.vecs", dim=4) as store:
    ...     callback = StoreEmbeddings(store, "words", keys=[None, "north", "south"])
    ...     _ = model.fit(ids, targets, epochs=2, verbose=0, callbacks=[callback])
    ...     print(store.keys().tolist())
    ['north', 'south']
    """

    def __init__(self, store: Store, layer: Any, keys: Iterable[Any], every: int = 1) -> None:
        super().__init__()
        listed = list(keys)
        self.store = store
        self.layer = layer
        self.every = check_count(every, "every")
        self._rows = [row for row, key in enumerate(listed) if key is not None]
        self._keys = as_keys([listed[row] for row in self._rows], store.key_kind)
        self._n = len(listed)
        self._waiting: dict[str, Any] | None = None
        # Both only check: a batch begins nothing before it is entered.
        build_keys(self._keys, store.key_kind)
        store.batch()

    def on_train_begin(self, logs: Any = None) -> None:
        """Check that the layer fits the keys and the store.

        Parameters
        ----------
        logs : dict or None
            Not used.

        Raises
        ------
        ValueError
            If the numbers of rows and keys differ, the dimensions of layer and store differ, or a
            row that has a key is zero under cosine.
        """
        self._name, (n, dim), self._weight = self._find()
        if n != self._n:
            raise ValueError(
                f'`keys` must have {n} keys, one for every row of layer "{self._name}"; '
                f"got {self._n}."
            )
        if dim != self.store.dim:
            raise ValueError(
                f'`store` must have dim {dim}, as layer "{self._name}" has; got {self.store.dim}.'
            )
        zero = np.flatnonzero(~self._vectors().any(axis=1))
        if len(zero) and self.store.metric == "cosine":
            raise ValueError(
                f"`keys` must be None for rows of zeros, which have no cosine; row "
                f"{self._rows[zero[0]]} has {self._keys[zero[0]]!r}."
            )

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Commit, if it is the turn of this epoch.

        Parameters
        ----------
        epoch : int
            The number of the epoch, from 0.
        logs : dict of str to float, or None
            The losses and metrics of the epoch. The finite ones become provenance.
        """
        numbers = {name: float(value) for name, value in (logs or {}).items()}
        finite = {name: value for name, value in numbers.items() if isfinite(value)}
        self._waiting = {"epoch": epoch + 1, "metrics": finite}
        if (epoch + 1) % self.every == 0:
            self._commit()

    def on_train_end(self, logs: Any = None) -> None:
        """Commit the last epoch, unless it is committed already.

        Parameters
        ----------
        logs : dict or None
            Not used.
        """
        self._commit()

    def _commit(self) -> None:
        epoch, self._waiting = self._waiting, None
        if epoch is None:
            return
        provenance = {
            "model": self.model.name,
            "layer": self._name,
            **epoch,
            "packages": versions(),
        }
        with self.store.batch(provenance=provenance) as batch:
            batch.upsert(self._keys, self._vectors(), self._attributes())

    def _find(self) -> tuple[str, tuple[int, int], Any]:
        by_name = isinstance(self.layer, str)
        model, what = (self.model, "model") if by_name else (self.layer, "layer")
        name = self.layer if by_name else None
        found = choose(live_matrices(model), name, f'The {what} "{model.name}"')
        return found.names[0], found.shape, found.weight

    def _vectors(self) -> npt.NDArray[np.float32]:
        return live_values(self._weight)[self._rows]

    def _attributes(self) -> "polars.DataFrame | None":
        """Return the attributes that the store has of the keys; an upsert would drop them."""
        import polars as pl

        known = self.store.frame()
        if known.width == 1:
            return None
        keys = pl.DataFrame({"key": self._keys}, schema={"key": known.schema["key"]})
        return keys.join(known, on="key", how="left", maintain_order="left").drop("key")
