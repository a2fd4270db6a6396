"""A store as layers of a model: from keys to ids, from ids to vectors."""

from collections.abc import Iterable, Sequence
from inspect import signature
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from vecstore.arrays import check_count
from vecstore.ingest.keras.live import load_keras
from vecstore.snapshot import as_keys
from vecstore.storage import build_keys
from vecstore.store import Store

__all__ = ["KeyedEmbedding", "embedding_layer"]

# Arguments of `Embedding` that follow from the store.
_SETTLED = {"input_dim", "output_dim", "weights", "embeddings_initializer"}


class KeyedEmbedding(NamedTuple):
    """Two layers to apply one after the other: ``embedding(lookup(keys))``.

    Attributes
    ----------
    lookup : keras.layers.StringLookup or keras.layers.IntegerLookup
        From keys to ids.
    embedding : keras.layers.Embedding
        From ids to vectors.

    Examples
    --------
    >>> from vecstore.ingest.keras import KeyedEmbedding
    >>> KeyedEmbedding._fields
    ('lookup', 'embedding')
    """

    lookup: Any
    embedding: Any


def embedding_layer(
    store: Store,
    keys: Iterable[Any] | None = None,
    trainable: bool = False,
    oov: int = 1,
    *,
    mask_zero: bool = False,
    name: str | None = None,
    **options: Any,
) -> KeyedEmbedding:
    """Make a Keras layer of the vectors of a store, and a layer that turns keys into its ids.

    Parameters
    ----------
    store : Store
        The vectors.
    keys : iterable of n keys, or None
        Which keys to take, in this order. None takes all, in the order of insertion.
    trainable : bool, default False
        Whether training may change the vectors.
    oov : int, default 1
        How many ids there are for unknown keys: 0 to ``oov - 1``, chosen by hash. Their vectors are
        zeros. With 0, an unknown key is an error.
    mask_zero : bool, default False
        Whether id 0 is padding, which later layers leave out. It stands for the empty string (among
        integer keys for 0, or for the largest negative number that is not a key), its vector is
        zeros, and the other ids are one higher.
    name : str or None
        The name of the embedding; the lookup is called ``"{name}_lookup"``. None lets Keras choose.
    **options
        Other arguments of `keras.layers.Embedding`, such as ``embeddings_regularizer``.

    Returns
    -------
    KeyedEmbedding
        The layers, built: a `StringLookup` (an `IntegerLookup` for integer keys) and an `Embedding`
        with ``n + oov`` rows, or one more with padding. Key i has the id ``oov + i``, with padding
        ``oov + i + 1``.

    Raises
    ------
    KeyNotFoundError
        If a key is not in the store.
    DuplicateKeyError
        If a key occurs twice.
    ValueError
        If there are no keys, or the empty string is a key and `mask_zero` is True.
    TypeError
        If one of `options` is not an argument of `Embedding`, or follows from the store, such as
        its sizes and weights.
    ImportError
        If Keras is not installed.

    Notes
    -----
    Both are standard Keras layers: a model with them is saved and loaded like any other, with the
    keys in its configuration and the vectors among its weights. Two models that use the same layer
    share its weights. The vectors are copied from the store and do not follow its changes.

    Lookups run on TensorFlow, also under other backends.

    Examples
    --------
    >>> import vecstore
    >>> from vecstore.ingest.keras import embedding_layer
    >>> store = vecstore.from_arrays([[0, 1], [1, 0]], keys=["north", "east"])
    >>> lookup, embedding = embedding_layer(store)  # doctest: +SKIP
    >>> embedding(lookup([["east", "up"]])).numpy()  # doctest: +SKIP
    array([[[1., 0.],
            [0., 0.]]], dtype=float32)
    """
    keras = load_keras()
    oov = check_count(oov, "oov", least=0)
    chosen = store.keys().tolist() if keys is None else list(as_keys(keys, store.key_kind))
    build_keys(chosen, store.key_kind)  # refuses duplicates
    if not len(chosen):
        raise ValueError("`keys` must hold a key; got none.")
    if settled := sorted(_SETTLED & options.keys()):
        raise TypeError(f"`{settled[0]}` is what the store says; leave it out.")
    first = oov + bool(mask_zero)
    rows = np.zeros((first + len(chosen), store.dim), np.float32)
    rows[first:] = store[chosen]
    lookup = _lookup(chosen, store.key_kind, oov, mask_zero, name)
    options |= {"trainable": trainable, "mask_zero": bool(mask_zero), "name": name}
    embedding = keras.layers.Embedding(*rows.shape, **_known(options))
    embedding.build(None)
    embedding.set_weights([rows])
    return KeyedEmbedding(lookup, embedding)


def _known(options: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of an `Embedding`; TypeError if one is unknown."""
    layers = load_keras().layers
    classes = (layers.Embedding, layers.Layer)
    known = {name for one in classes for name in signature(one.__init__).parameters}
    if unknown := sorted(options.keys() - known):
        raise TypeError(f"`{unknown[0]}` must be an argument of keras.layers.Embedding.")
    return options


def _lookup(keys: Sequence[Any], kind: str, oov: int, mask_zero: bool, name: str | None) -> Any:
    """Return the lookup of the keys; its tokens for padding and unknown keys are not keys."""
    layers, taken = load_keras().layers, set(keys)
    named = {"name": None if name is None else f"{name}_lookup", "num_oov_indices": oov}
    if kind == "int":
        if mask_zero:
            named["mask_token"] = next(number for number in count(0, -1) if number not in taken)
            taken.add(named["mask_token"])
        unknown = next(number for number in count(-1, -1) if number not in taken)
        return layers.IntegerLookup(vocabulary=keys, oov_token=unknown, **named)
    if mask_zero and "" in taken:
        raise ValueError("`mask_zero` must be False where the empty string is a key.")
    word = "[UNK]"
    while word in taken:
        word = f"[{word}]"
    mask = "" if mask_zero else None
    return layers.StringLookup(vocabulary=keys, oov_token=word, mask_token=mask, **named)
