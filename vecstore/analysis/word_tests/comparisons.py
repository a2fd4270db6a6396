"""Small questions about a few words: which is odd, which is nearer, how similar they are."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.arrays import check_count
from vecstore.snapshot import is_key
from vecstore.store import Store

__all__ = ["closer_than", "n_similarity", "odd_one_out", "rank", "relative_cosine_similarity"]


def odd_one_out(store: Store, keys: Sequence[Any]) -> Any:
    """Return the key that fits the others least: gensim's ``doesnt_match``.

    Parameters
    ----------
    store : Store
        The store with the vectors.
    keys : sequence of keys
        At least one; all in the store.

    Returns
    -------
    str or int
        The key whose cosine with the mean direction is smallest; of equals, the one that sorts
        first.

    Raises
    ------
    KeyNotFoundError
        If a key is missing; gensim ignores it.
    ValueError
        If there are no keys.
    TypeError
        If `keys` is a single key.

    Examples
    --------
    >>> import vecstore
    >>> vectors = [[3, 1], [2, 1], [1, 2], [4, 1]]
    >>> store = vecstore.from_arrays(vectors, keys=["lunch", "dinner", "car", "breakfast"])
    >>> odd_one_out(store, ["lunch", "car", "dinner", "breakfast"])
    'car'
    """
    directions = _directions(_vectors(store, keys, "keys"))
    mean = directions.mean(axis=0)
    return min(zip(directions @ mean, keys, strict=True))[1]


def closer_than(store: Store, key: Any, other: Any) -> npt.NDArray[Any]:
    """Return the keys that are nearer to `key` than `other` is, nearest first.

    Parameters
    ----------
    store : Store
        The store with the vectors.
    key, other : str or int
        Keys of the store.

    Returns
    -------
    ndarray of object (str) or int64, shape (n,)
        Without `key` itself. Empty if `other` is `key`.

    Raises
    ------
    KeyNotFoundError
        If a key is missing.

    Notes
    -----
    Distances are those of the store's metric; under cosine the result is gensim's.

    Examples
    --------
    >>> import vecstore
    >>> store = vecstore.from_arrays([[1, 0], [3, 1], [1, 1], [0, 1]], keys=["e", "ene", "ne", "n"])
    >>> closer_than(store, "e", "n").tolist()
    ['ene', 'ne']
    """
    store[[key, other]]  # both are there, or the error says which is not
    matches = store.similar(key, k=len(store))
    if key == other:
        return matches.keys[:0]
    place = np.flatnonzero(matches.keys == other)[0]
    return matches.keys[: np.searchsorted(matches.distances, matches.distances[place])]


def rank(store: Store, key: Any, other: Any) -> int:
    """Return the place of `other` among the neighbours of `key`, from 1.

    Parameters
    ----------
    store : Store
        The store with the vectors.
    key, other : str or int
        Keys of the store.

    Returns
    -------
    int
        One more than the number of keys that are nearer; see `closer_than`.

    Raises
    ------
    KeyNotFoundError
        If a key is missing.

    Examples
    --------
    >>> import vecstore
    >>> store = vecstore.from_arrays([[1, 0], [3, 1], [1, 1], [0, 1]], keys=["e", "ene", "ne", "n"])
    >>> rank(store, "e", "n")
    3
    """
    return len(closer_than(store, key, other)) + 1


def n_similarity(store: Store, keys: Sequence[Any], others: Sequence[Any]) -> float:
    """Return how similar two sets of keys are.

    Parameters
    ----------
    store : Store
        The store with the vectors.
    keys, others : sequence of keys
        At least one each; all in the store.

    Returns
    -------
    float
        The cosine between the means of their vectors, as stored; 0 if a mean is zero.

    Raises
    ------
    KeyNotFoundError
        If a key is missing; gensim ignores it.
    ValueError
        If there are no keys.
    TypeError
        If `keys` or `others` is a single key.

    Examples
    --------
    >>> import vecstore
    >>> store = vecstore.from_arrays([[1, 0], [0, 1], [2, 2]], keys=["east", "north", "between"])
    >>> round(n_similarity(store, ["east", "north"], ["between"]), 6)
    1.0
    """
    means = [_vectors(store, keys, "keys").mean(axis=0), _vectors(store, others, "others").mean(0)]
    return float(np.dot(*_directions(np.array(means))))


def relative_cosine_similarity(store: Store, key: Any, other: Any, k: int = 10) -> float:
    """Return the cosine of two keys relative to the cosines of the first key's nearest neighbours.

    Parameters
    ----------
    store : Store
        A store with the metric cosine.
    key, other : str or int
        Keys of the store.
    k : int, default 10
        The number of neighbours.

    Returns
    -------
    float
        ``cos(key, other)`` divided by the sum of the cosines of `key` with its k nearest. With ten
        neighbours, more than 0.1 suggests synonyms.

    Raises
    ------
    KeyNotFoundError
        If a key is missing.
    ValueError
        If the store has another metric, or only one key.

    References
    ----------
    .. [1] Leeuwenberg, Vela, Dehdari and van Genabith, 2016, "A minimally supervised approach for
       synonym extraction with word embeddings", PBML 105.

    Examples
    --------
    >>> import vecstore
    >>> store = vecstore.from_arrays([[1, 0], [1, 1], [0, 1]], keys=["big", "large", "red"])
    >>> round(relative_cosine_similarity(store, "big", "large", k=2), 6)
    1.0
    """
    if store.metric != "cosine":
        raise ValueError(f'`store` must have the metric "cosine"; it has "{store.metric}".')
    similarity = n_similarity(store, [key], [other])
    matches = store.similar(key, k=check_count(k, "k"))
    if not len(matches):
        raise ValueError("`store` must have keys beside the one asked for; got 1.")
    return float(similarity / matches.similarities[: len(matches)].sum())


def _vectors(store: Store, keys: Sequence[Any], name: str) -> npt.NDArray[np.float64]:
    if is_key(keys):
        raise TypeError(f"`{name}` must be a sequence of keys; got one {type(keys).__name__}.")
    if not len(keys):
        raise ValueError(f"`{name}` must hold at least one key; got none.")
    return np.asarray(store[keys], dtype=np.float64)


def _directions(vectors: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the rows scaled to length 1; zero rows stay zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0))
