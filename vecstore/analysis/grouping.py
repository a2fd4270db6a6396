"""Groups of vectors that are nearly the same."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.search import metric_name
from vecstore.store import Store

__all__ = ["Group", "duplicates"]

Places = npt.NDArray[np.int64]

_METRICS = ("cosine", "euclidean")  # under which what is near is alike
_FIRST_K = 8
_GROWTH = 4
_ANSWER_BYTES = 64 << 20  # of one batch of answers; a neighbour takes 16 bytes


class Group(NamedTuple):
    """Keys whose vectors are nearly the same.

    Attributes
    ----------
    keys : list of str or int
        At least two, in the order of insertion.
    distance : float
        How far the loneliest of them is from the one that is nearest to it.
    """

    keys: list[Any]
    distance: float


def duplicates(store: Store, within: float = 0.02, *, threads: int | None = None) -> list[Group]:
    """Find the groups of keys that are connected by distances of at most `within`.

    Parameters
    ----------
    store : Store
        With the metric cosine or euclidean.
    within : float, default 0.02
        Two keys that are no farther apart are in one group. So are two that are farther apart, if
        others lead from one to the other in steps that are not.
    threads : int or None
        As for `Store.search`.

    Returns
    -------
    list of Group
        The largest first; of those of equal size, the one whose first key came first.

    Raises
    ------
    ValueError
        If `within` is negative or no number, or the store has another metric.

    Notes
    -----
    Exact: no pair is missed. One search of all rows finds their few nearest; rows that have more
    than that within reach are searched again for more. Of vectors that are equal to the last bit
    only one is. A group of m different vectors costs up to m answers for each of them.

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
    if len(store) < 2:
        return []
    keys = store.keys()
    matches = store.neighbors(min(_FIRST_K, len(store) - 1), threads=threads)
    near = matches.distances <= within
    forest = _Forest(len(store))
    owners, found = near.nonzero()
    forest.join(owners, matches.rows[owners, found])
    full = np.flatnonzero(near.all(axis=1)) if near.shape[1] < len(store) - 1 else owners[:0]
    for owners, rows in _crowded(store, keys, full, within, threads):
        forest.join(owners, rows)
    return _groups(forest.roots(), keys, matches.distances[:, 0])


def _check(store: Store, within: float) -> None:
    if store.metric not in _METRICS:
        raise ValueError(
            f"`store` must have the metric {' or '.join(_METRICS)}, under which what is near is "
            f"alike; it has {metric_name(store.metric)}."
        )
    if not within >= 0:
        raise ValueError(f"`within` must be at least 0; got {within}.")


class _Forest:
    """Which places are connected: union by root, with paths cut in half."""

    def __init__(self, n: int) -> None:
        self._parents = list(range(n))

    def root(self, place: int) -> int:
        parents = self._parents
        while parents[place] != place:
            parents[place] = parents[parents[place]]
            place = parents[place]
        return place

    def join(self, some: Places, others: Places) -> None:
        for one, other in zip(some.tolist(), others.tolist(), strict=True):
            first, second = sorted((self.root(one), self.root(other)))
            self._parents[second] = first

    def roots(self) -> Places:
        """Return the first place of the group of each place."""
        return np.array([self.root(place) for place in range(len(self._parents))], np.int64)


def _crowded(
    store: Store, keys: npt.NDArray[Any], full: Places, within: float, threads: int | None
) -> Iterator[tuple[Places, Places]]:
    """Give the pairs of places that have more within reach than the first search found."""
    if not len(full):
        return
    # Equal vectors have equal answers: one of each is searched, and found, for all of them.
    _, first, twin_of = np.unique(
        store[keys[full].tolist()], axis=0, return_index=True, return_inverse=True
    )
    yield full, full[first[twin_of.ravel()]]
    asked, one_of_each = full[np.sort(first)], np.ones(len(keys), np.bool_)
    one_of_each[full] = False
    one_of_each[asked] = True
    place_of = {key: place for place, key in enumerate(keys.tolist())}
    reachable = int(one_of_each.sum()) - 1
    k = _FIRST_K
    while len(asked) and reachable:
        k = min(_GROWTH * k, reachable)
        step = max(1, _ANSWER_BYTES // (16 * k))
        more = []
        for start in range(0, len(asked), step):
            some = asked[start : start + step]
            matches = store.similar(keys[some].tolist(), k=k, where=one_of_each, threads=threads)
            near = matches.distances <= within
            owners, _ = near.nonzero()
            rows = [place_of[key] for key in matches.keys[near].tolist()]
            yield some[owners], np.array(rows, np.int64)
            more.append(some[near.all(axis=1)])
        asked = np.concatenate(more) if k < reachable else asked[:0]


def _groups(roots: Places, keys: npt.NDArray[Any], nearest: npt.NDArray[np.float64]) -> list[Group]:
    order = np.argsort(roots, kind="stable")
    starts = np.flatnonzero(np.diff(roots[order], prepend=-1))
    members = [some for some in np.split(order, starts[1:]) if len(some) > 1]
    members.sort(key=lambda some: (-len(some), some[0]))
    return [Group(keys[some].tolist(), float(nearest[some].max())) for some in members]
