"""Find keys that are far from all others, and keys that are near to many."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vecstore.arrays import check_count
from vecstore.attributes import key_series
from vecstore.search import Matches
from vecstore.store import Store

if TYPE_CHECKING:
    import polars

__all__ = ["Hubness", "hubness", "outliers"]


def outliers(
    store: Store, k: int = 10, n: int = 20, *, threads: int | None = None
) -> "polars.DataFrame":
    """Return the keys that are farthest from their neighbours.

    Parameters
    ----------
    store : Store
        A store of at least two keys.
    k : int, default 10
        The number of neighbours to average over; all others, if there are fewer.
    n : int, default 20
        The number of keys to return.
    threads : int or None
        As for `Store.search`.

    Returns
    -------
    polars.DataFrame
        Columns ``key`` and ``distance``, the mean distance to the k nearest. The largest comes
        first; ties are in the order of insertion.

    Raises
    ------
    ValueError
        If `k` or `n` is less than 1, or the store has fewer than two keys.

    Notes
    -----
    Takes one search of all rows, and 16 k bytes a row for its answer.

    References
    ----------
    .. [1] Angiulli and Pizzuti, 2002, "Fast outlier detection in high dimensional spaces", PKDD.

    Examples
    --------
    >>> import vecstore
    >>> places = [[0.0], [1.0], [2.0], [9.0]]
    >>> store = vecstore.from_arrays(places, keys=list("abcd"), metric="euclidean")
    >>> outliers(store, k=2, n=1).rows()
    [('d', 7.5)]
    """
    n = check_count(n, "n")
    mean = _graph(store, k, threads).distances.mean(axis=1)
    places = np.argsort(-mean, kind="stable")[:n]
    return key_series(store.keys()[places]).to_frame().with_columns(distance=mean[places])


@dataclass(frozen=True)
class Hubness:
    """How unevenly keys are neighbours of others.

    Attributes
    ----------
    counts : polars.DataFrame
        Columns ``key`` and ``count``: for how many other keys it is among the k nearest. The
        largest comes first; ties are in the order of insertion. The mean is k.
    k : int
        Neighbours per key.
    skewness : float
        The third standardised moment of the counts. At 0 no key is preferred. Above about 1, a few
        keys, the hubs, are neighbours of very many, and most keys of hardly any.
    """

    counts: "polars.DataFrame"
    k: int
    skewness: float


def hubness(store: Store, k: int = 10, *, threads: int | None = None) -> Hubness:
    """Count how often each key is among the k nearest of others.

    Parameters
    ----------
    store : Store
        A store of at least two keys.
    k : int, default 10
        Neighbours per key; all others, if there are fewer.
    threads : int or None
        As for `Store.search`.

    Returns
    -------
    Hubness
        The counts and their skewness.

    Raises
    ------
    ValueError
        If `k` is less than 1, or the store has fewer than two keys.

    Notes
    -----
    Takes one search of all rows, and 16 k bytes a row for its answer.

    References
    ----------
    .. [1] Radovanovic, Nanopoulos and Ivanovic, 2010, "Hubs in space: popular nearest neighbors in
       high-dimensional data", JMLR 11.

    Examples
    --------
    >>> import vecstore
    >>> places = [[0.0], [1.0], [2.1], [9.0]]
    >>> store = vecstore.from_arrays(places, keys=list("abcd"), metric="euclidean")
    >>> hubness(store, k=1).counts.rows()
    [('b', 2), ('a', 1), ('c', 1), ('d', 0)]
    """
    rows = _graph(store, k, threads).rows
    counts = np.bincount(rows.ravel(), minlength=len(store))
    places = np.argsort(-counts, kind="stable")
    table = key_series(store.keys()[places]).to_frame().with_columns(count=counts[places])
    away = counts - counts.mean()
    spread = float(np.sqrt(np.mean(away**2)))
    skewness = float(np.mean(away**3)) / spread**3 if spread else 0.0
    return Hubness(counts=table, k=rows.shape[1], skewness=skewness)


def _graph(store: Store, k: int, threads: int | None) -> Matches:
    k = check_count(k, "k")
    if len(store) < 2:
        raise ValueError(f"`store` must have at least two keys; it has {len(store)}.")
    return store.neighbors(min(k, len(store) - 1), threads=threads)
