"""Find groups of vectors that are nearly the same."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.arrays import as_groups
from vecstore.metrics import metric_name
from vecstore.search import nearest
from vecstore.snapshot import Snapshot
from vecstore.store import Store, snapshot_of

__all__ = ["Group", "duplicates"]

Places = npt.NDArray[np.int64]

_METRICS = ("cosine", "euclidean")  # under these, near vectors are similar
_FIRST_K = 8
_GROWTH = 4
_BATCH = 8192  # rows, at most
_ANSWER_BYTES = 64 << 20  # per batch of answers; a neighbour takes 16 bytes


class Group(NamedTuple):
    """Keys whose vectors are nearly the same.

    Attributes
    ----------
    keys : list of str or int
        At least two, in the order of insertion.
    distance : float
        The largest distance from a key of the group to its nearest neighbour.
    """

    keys: list[Any]
    distance: float


def duplicates(store: Store, within: float = 0.02, *, threads: int | None = None) -> list[Group]:
    """Find the groups of keys that are connected by distances of at most `within`.

    Parameters
    ----------
    store : Store
        A store with the metric cosine or euclidean.
    within : float, default 0.02
        Two keys at most this far apart are in one group. So are two keys farther apart, if a chain
        of such steps connects them.
    threads : int or None
        As for `Store.search`.

    Returns
    -------
    list of Group
        The largest first; of equal size, the one whose first key was inserted first.

    Raises
    ------
    ValueError
        If `within` is negative or NaN, or the store has another metric.

    Notes
    -----
    Exact: no pair is missed. Equal vectors are found by their hashes, and one of each is searched.
    One search of all rows finds their few nearest; rows with more neighbours than that within reach
    are searched again for more. A group of m different vectors takes up to m answers for each of
    them.

    Examples
    --------
    >>> import vecstore
    >>> places = [[0.0], [5.0], [0.01], [0.02], [9.0]]
    >>> store = vecstore.from_arrays(places, keys=list("abcde"), metric="euclidean")
    >>> [group] = duplicates(store, within=0.015)
    >>> group.keys, round(group.distance, 6)
    (['a', 'c', 'd'], 0.01)
    """
    _check(store, within)
    snapshot = snapshot_of(store)
    if len(snapshot) < 2:
        return []
    twins = _first_twins(snapshot)
    places = np.arange(len(twins))
    singles = np.flatnonzero(twins == places)
    groups, nearest_one = _connected(snapshot, str(store.metric), singles, within, threads)
    labels = groups[np.searchsorted(singles, twins)]
    distances = nearest_one[np.searchsorted(singles, twins)]
    distances[np.bincount(twins)[twins] > 1] = 0
    return _groups(labels, snapshot.take(snapshot.live), distances)


def _check(store: Store, within: float) -> None:
    if store.metric not in _METRICS:
        raise ValueError(
            f"`store` must have the metric {' or '.join(_METRICS)}, under which what is near is "
            f"alike; it has {metric_name(store.metric)}."
        )
    if not within >= 0:
        raise ValueError(f"`within` must be at least 0; got {within}.")


def _first_twins(snapshot: Snapshot) -> Places:
    """Return for every place the first one with an equal vector."""
    rows, n = snapshot.live, len(snapshot)
    hashes = np.empty(n, np.uint64)
    for start in range(0, n, _BATCH):
        here = slice(start, start + _BATCH)
        hashes[here] = _hashes(snapshot.gather(rows[here], snapshot.dtype))
    _, firsts, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    twins = firsts[inverse]
    later = np.flatnonzero(twins != np.arange(n))
    for start in range(0, len(later), _BATCH):
        some = later[start : start + _BATCH]
        mine, theirs = (
            snapshot.gather(rows[which], snapshot.dtype) for which in (some, twins[some])
        )
        other = some[(mine != theirs).any(axis=1)]
        twins[other] = other  # a hash collision: searched as if it had no twin
    return twins


def _hashes(vectors: npt.NDArray[Any]) -> npt.NDArray[np.uint64]:
    """Return numbers that are equal for equal vectors, and hardly ever for others."""
    factors = np.random.default_rng(0).integers(0, 1 << 64, vectors.shape[1], np.uint64)
    bits = (vectors + 0.0).view(f"u{vectors.itemsize}")  # turns -0.0 into 0.0
    return np.asarray(bits @ factors)


def _connected(
    snapshot: Snapshot, metric: str, singles: Places, within: float, threads: int | None
) -> tuple[Places, npt.NDArray[np.float64]]:
    """Return a group label for each of some distinct vectors, and the distance to its nearest.

    Connected vectors have equal labels; the label of a group is its first place.
    """
    labels, distances = np.arange(len(singles)), np.full(len(singles), np.inf)
    rows, reachable = snapshot.live[singles], len(singles) - 1
    where = np.isin(np.arange(snapshot.rows), rows, assume_unique=True)
    asked, k = np.arange(len(singles)), _FIRST_K
    while len(asked) and reachable:
        k = min(k, reachable)
        step = max(1, min(_BATCH, _ANSWER_BYTES // (16 * k)))
        full = []
        for start in range(0, len(asked), step):
            some = asked[start : start + step]
            matches = nearest(
                snapshot,
                snapshot.gather(rows[some], np.float32),
                k,
                metric,
                single=False,
                where=where,
                exclude=as_groups([1] * len(some), rows[some]),
                threads=threads,
            )
            near = matches.distances <= within
            owners = near.nonzero()[0]
            labels = _joined(labels, some[owners], np.searchsorted(rows, matches.rows[near]))
            distances[some] = matches.distances[:, 0]
            full.append(some[near.all(axis=1)])
        asked = np.concatenate(full) if k < reachable else asked[:0]
        k *= _GROWTH
    return labels, distances


def _joined(labels: Places, some: Places, others: Places) -> Places:
    """Return the labels after joining the groups of some places with those of others."""
    while True:
        first, second = labels[some], labels[others]
        least = np.minimum(first, second)
        if (first == second).all():
            return labels
        labels = labels.copy()
        np.minimum.at(labels, first, least)
        np.minimum.at(labels, second, least)
        while ((ahead := labels[labels]) != labels).any():
            labels = ahead


def _groups(
    labels: Places, keys: npt.NDArray[Any], nearest: npt.NDArray[np.float64]
) -> list[Group]:
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.diff(labels[order], prepend=-1))
    members = [some for some in np.split(order, starts[1:]) if len(some) > 1]
    members.sort(key=lambda some: (-len(some), some[0]))
    return [Group(keys[some].tolist(), float(nearest[some].max())) for some in members]
