"""A store as a layer of a model: from keys to ids, from ids to vectors."""

from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from vecstore.arrays import check_count
from vecstore.ingest.keras_live import load_keras
from vecstore.lookup import as_keys
from vecstore.storage import build_keys
from vecstore.store import Store

__all__ = ["KeyedEmbedding", "embedding_layer"]


class KeyedEmbedding(NamedTuple):
    """Two layers that go one behind the other: ``embedding(lookup(keys))``.

    Attributes
    ----------
    lookup : keras.layers.StringLookup or keras.layers.IntegerLookup
        From keys to ids.
    embedding : keras.layers.Embedding
        From ids to vectors.
    """

    lookup: Any
    embedding: Any


def embedding_layer(
    store: Store, keys: Iterable[Any] | None = None, trainable: bool = False, oov: int = 1
) -> KeyedEmbedding:
    """Make a Keras layer of the vectors of a store, and one that turns keys into its ids.

    Parameters
    ----------
    store : Store
        Where the vectors are.
    keys : iterable of n keys, or None
        Which of them, in this order; None takes all, in the order of insertion.
    trainable : bool, default False
        Whether training may change the vectors.
    oov : int, default 1
        How many ids there are for keys that are none of these: 0 to ``oov - 1``, chosen by hash.
        Their vectors are zeros. With 0 such a key is an error.

    Returns
    -------
    KeyedEmbedding
        The layers, built: a `StringLookup` (for keys that are integers an `IntegerLookup`) and an
        `Embedding` with ``n + oov`` rows. Key i has the id ``oov + i``.

    Raises
    ------
    KeyNotFoundError
        If a key is not in the store.
    DuplicateKeyError
        If a key comes twice.
    ValueError
        If there are no keys.
    ImportError
        If Keras is not installed.

    Notes
    -----
    Both are layers of Keras itself: a model with them is saved and loaded like any other, the keys
    in its configuration and the vectors among its weights. Two models that use the same layer have
    the same weights. The vectors are those of the store now; they do not follow it.

    Lookups run on TensorFlow, under other backends too.
    """
    keras = load_keras()
    oov = check_count(oov, "oov", least=0)
    chosen = store.keys().tolist() if keys is None else list(as_keys(keys, store.key_kind))
    build_keys(chosen, store.key_kind)  # for what it refuses
    if not len(chosen):
        raise ValueError("`keys` must hold a key; got none.")
    rows = np.zeros((oov + len(chosen), store.dim), np.float32)
    rows[oov:] = store[chosen]
    embedding = keras.layers.Embedding(*rows.shape, trainable=trainable)
    embedding.build(None)
    embedding.set_weights([rows])
    return KeyedEmbedding(_lookup(chosen, store.key_kind, oov), embedding)


def _lookup(keys: Sequence[Any], kind: str, oov: int) -> Any:
    """Return the layer of Keras that has the keys; what it calls an unknown one is none of them."""
    layers, taken = load_keras().layers, set(keys)
    if kind == "int":
        unknown = next(number for number in count(-1, -1) if number not in taken)
        return layers.IntegerLookup(vocabulary=keys, num_oov_indices=oov, oov_token=unknown)
    name = "[UNK]"
    while name in taken:
        name = f"[{name}]"
    return layers.StringLookup(vocabulary=keys, num_oov_indices=oov, oov_token=name)
