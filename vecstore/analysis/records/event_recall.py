"""Measure whether records are found by the parts that they are composed of."""

from collections.abc import Iterable
from math import nan
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.analysis.records.events import Events
from vecstore.arrays import check_count
from vecstore.input_tables import as_table, record_keys
from vecstore.store import Store

__all__ = ["found_by_parts"]

Floats = npt.NDArray[np.float64]

# Tolerance for a distance that is computed in two ways, relative to the product of the lengths of
# the vectors, or to the norm of their difference.
_ROUNDING = 1e-12


def found_by_parts(
    events: Events,
    store: Store,
    table: Any,
    key: str | None = None,
    *,
    parts: Iterable[str] | None = None,
    k: int = 10,
    sample: int = 1000,
    seed: int = 0,
) -> float:
    """Return recall@k: the share of records that are found by their own parts.

    Parameters
    ----------
    events : Events
        The fields that the store was made with.
    store : Store
        The store that `Events.to_store` made.
    table : polars or pandas frame, mapping of str to sequence, or path-like
        The records in the store.
    key : str or None
        As for `Events.to_store`.
    parts : iterable of str, or None
        The fields to search with; None takes all.
    k : int, default 10
        A record is found if it is no farther than the k-th nearest. Records with the same parts are
        equally far, so they are found together.
    sample : int, default 1000
        The most records to search for.
    seed : int, default 0
        Seed for drawing them.

    Returns
    -------
    float
        From 0 to 1; NaN if no sampled record has a vector for these parts.

    Raises
    ------
    KeyNotFoundError
        If a record is not in the store.
    ValueError, TypeError
        As for `Events.compose`.

    Notes
    -----
    Searched with all its parts, a record is at distance 0 under cosine and euclidean, so a result
    below 1 means that the store does not hold these records. Searched with some parts, the result
    says how much these parts tell.

    Examples
    --------
    >>> import vecstore
    >>> from vecstore.analysis import Events
    >>> words = vecstore.from_arrays(np.eye(4), keys=["army", "navy", "1944", "1980"])
    >>> table = {"who": ["army", "navy", "army"], "year": [1944, 1944, 1980]}
    >>> events = Events({"who": words, "year": words})
    >>> with events.to_store("events.vecs", table) as store:
    ...     [found_by_parts(events, store, table, parts=some, k=1) for some in (None, ["who"])]
    [1.0, 1.0]
    """
    frame = as_table(table, name="table")
    keys = record_keys(frame, key)
    k, sample = check_count(k, "k"), check_count(sample, "sample")
    chosen = np.random.default_rng(seed).permutation(len(frame))[:sample]
    asked = events.compose(frame[chosen], parts)
    if not len(asked.rows):
        return nan
    own = store[[keys[row] for row in chosen[asked.rows].tolist()]]
    matches = store.search(asked.vectors, k=k)
    farthest = matches.distances[np.arange(len(own)), matches.counts - 1]
    distances, sizes = _distances(asked.vectors, own, store.metric)
    return float(np.mean(distances <= farthest + _ROUNDING * sizes))


def _distances(
    queries: npt.NDArray[np.float32], vectors: npt.NDArray[Any], metric: Any
) -> tuple[Floats, Floats]:
    """Return the distance of each query to the vector beside it, and the scale of its rounding."""
    x, y = queries.astype(np.float64), vectors.astype(np.float64)
    if metric == "euclidean":
        distances = np.linalg.norm(x - y, axis=1)
        return distances, distances
    products, sizes = np.einsum("ij,ij->i", x, y), np.linalg.norm(x, axis=1)
    sizes *= np.linalg.norm(y, axis=1)
    return (-products, sizes) if metric == "dot" else (1 - products / sizes, np.ones(len(sizes)))
