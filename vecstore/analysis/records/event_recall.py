"""Whether records are found by what they are composed of."""

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

# How far distances of the same two vectors are apart that are computed in two ways: as a part of
# the products of their lengths, or of their differences, that were added.
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
    """Return which share of the records are found by their own parts: recall@k.

    Parameters
    ----------
    events : Events
        What the store was made with.
    store : Store
        What `Events.to_store` has made.
    table : polars or pandas frame, mapping of str to sequence, or path-like
        The records that are in it.
    key : str or None
        As for `Events.to_store`.
    parts : iterable of str, or None
        By which fields to look for them; None takes all.
    k : int, default 10
        A record is found if it is no farther than the k-th nearest. Records with the same parts
        are equally far, and are found together.
    sample : int, default 1000
        How many records to look for, at most.
    seed : int, default 0
        Of their choice.

    Returns
    -------
    float
        From 0 to 1; not a number if none of those looked for has such parts.

    Raises
    ------
    KeyNotFoundError
        If a record is not in the store.
    ValueError, TypeError
        As for `Events.compose`.

    Notes
    -----
    Asked with all parts, a record is at distance 0 under cosine and euclidean: less than 1 tells
    that the store is not of these records. Asked with some, the share says how much they tell.

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
    """Return how far each query is from the vector beside it, and what rounding grows with."""
    x, y = queries.astype(np.float64), vectors.astype(np.float64)
    if metric == "euclidean":
        distances = np.linalg.norm(x - y, axis=1)
        return distances, distances
    products, sizes = np.einsum("ij,ij->i", x, y), np.linalg.norm(x, axis=1)
    sizes *= np.linalg.norm(y, axis=1)
    return (-products, sizes) if metric == "dot" else (1 - products / sizes, np.ones(len(sizes)))
