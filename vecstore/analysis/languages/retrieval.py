"""Find keys of one store for vectors of another in the same space: nearest neighbours or CSLS."""

from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.analysis.selection import unit_vectors
from vecstore.arrays import Progress, as_queries, check_count
from vecstore.search import Matches
from vecstore.store import Store, from_arrays

__all__ = ["NEIGHBORHOOD", "RETRIEVALS", "Retrieval", "check_dims", "mutual_nearest"]

RETRIEVALS = ("nn", "csls")
#: Neighbours that measure how crowded a place is, as Conneau et al. have it.
NEIGHBORHOOD = 10

# Rows searched in one call.
_BATCH = 8192

Floats = npt.NDArray[np.float64]


class Retrieval:
    """Finds keys of one store for vectors of another.

    Parameters
    ----------
    source : Store
        The store that the query vectors come from.
    target : Store
        The store to search; its vectors must be in the same space.
    method : str, default "csls"
        ``"nn"`` for the nearest neighbours, or ``"csls"`` for cross-domain similarity local
        scaling, which penalises keys that are near everything.
    threads : int or None
        As for `Store.search`.
    progress : callable or None
        Called as ``progress(rows, total)`` while CSLS is prepared.

    Raises
    ------
    ValueError
        If the stores differ in dimension, if one is empty, if the method is unknown, or if it is
        CSLS and a store has another metric than cosine.

    Notes
    -----
    CSLS of x and y is ``2 cos(x, y) - r(x) - r(y)``, where r is the mean cosine to the ten nearest
    neighbours in the other store [1]_. One exact search finds the best y, because ``2 cos(x, y) -
    r(y)`` is the dot product of ``(2x, -1)`` and ``(y, r(y))``. Preparing it takes one search for
    every row of the target, and a float32 copy of its vectors.

    References
    ----------
    .. [1] Conneau, Lample, Ranzato, Denoyer and Jégou, 2018, "Word translation without parallel
       data", ICLR.

    Examples
    --------
    >>> import vecstore
    >>> english = vecstore.from_arrays([[1, 0], [0, 1]], ["cat", "dog"])
    >>> french = vecstore.from_arrays([[3, 1], [1, 3]], ["chat", "chien"])
    >>> Retrieval(english, french)(english[["dog", "cat"]], k=1).keys.tolist()
    [['chien'], ['chat']]
    """

    def __init__(
        self,
        source: Store,
        target: Store,
        method: str = "csls",
        *,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        _check(source, target, method)
        self.method = method
        self._target = target
        self._threads = threads
        if method == "csls":
            self._keys: npt.NDArray[Any] = target.keys()
            units = np.empty((len(target), target.dim), np.float32)
            first = 0
            for _, vectors in target.batches(_BATCH):
                units[first : first + len(vectors)] = unit_vectors(vectors, "cosine")
                first += len(vectors)
            self._scaled = _scaled(units, _crowding(units, source, threads, progress))

    def __call__(self, vectors: npt.ArrayLike, k: int) -> Matches:
        """Find the best k keys of the target for each vector.

        Parameters
        ----------
        vectors : array_like of numbers, shape (dim,) or (n, dim)
            Vectors in the space of the source.
        k : int
            Answers for each vector.

        Returns
        -------
        Matches
            As from `Store.search`. Under CSLS the similarities are the CSLS scores, and the
            distances are their negatives.

        Raises
        ------
        ValueError
            If `vectors` have the wrong shape, or one is not finite, or is zero under cosine.
        """
        k, threads = check_count(k, "k"), self._threads
        rows, single = as_queries(vectors, self._target.dim, self._target.metric, "vectors")
        if self.method == "nn":
            return self._target.search(rows[0] if single else rows, k=k, threads=threads)
        units = unit_vectors(rows, "cosine")
        found = self._scaled.search(_doubled(units), k=k, threads=threads)
        crowding = _crowding(units, self._target, threads)
        return Matches(
            found.distances + crowding[:, np.newaxis],
            found.rows,
            np.asarray(found.counts),
            metric="dot",
            take=lambda rows: self._keys[rows],
            single=single,
        )


def check_dims(source: Store, target: Store) -> None:
    """Refuse two stores of different dimensions with ValueError."""
    if source.dim != target.dim:
        raise ValueError(f"`target` must have dim {source.dim}, as `source` has; got {target.dim}.")


def mutual_nearest(
    source: Store, target: Store, *, threads: int | None = None
) -> npt.NDArray[np.int64]:
    """Return the rows of two stores that are each other's nearest, (m, 2); by CSLS under cosine.

    Both stores must be in one space, in memory, and keyed by row number.
    """
    ours, theirs = (store[store.keys()] for store in (source, target))
    if source.metric == "cosine":
        ours, theirs = (unit_vectors(some, "cosine") for some in (ours, theirs))
        away, back = (
            _scaled(units, _crowding(units, other, threads)).search(
                _doubled(asked), k=1, threads=threads
            )
            for units, other, asked in ((theirs, source, ours), (ours, target, theirs))
        )
    else:
        away = target.search(ours, k=1, threads=threads)
        back = source.search(theirs, k=1, threads=threads)
    there, again = away.rows[:, 0], back.rows[:, 0]
    rows = np.arange(len(there))
    mutual = again[there] == rows
    return np.column_stack([rows[mutual], there[mutual]])


def _crowding(
    units: npt.NDArray[Any], store: Store, threads: int | None, progress: Progress | None = None
) -> Floats:
    """Return the mean cosine of each vector to its nearest neighbours in a store."""
    k, means = min(NEIGHBORHOOD, len(store)), np.empty(len(units))
    for first in range(0, len(units), _BATCH):
        here = slice(first, first + _BATCH)
        near = store.search(units[here], k=k, threads=threads)
        means[here] = near.similarities.mean(axis=1)
        if progress:
            progress(min(here.stop, len(units)), len(units))
    return means


def _scaled(units: npt.NDArray[Any], crowding: Floats) -> Store:
    """Return ``(y, r(y))`` for each ``y``: the store in which to search `_doubled` vectors."""
    rows = np.empty((len(units), units.shape[1] + 1), np.float32)
    rows[:, :-1], rows[:, -1] = units, crowding
    return from_arrays(rows, metric="dot")


def _doubled(units: Floats) -> Floats:
    return np.column_stack([2 * units, np.full(len(units), -1.0)])


def _check(source: Store, target: Store, method: str) -> None:
    if method not in RETRIEVALS:
        raise ValueError(f'`retrieval` must be "nn" or "csls"; got {method!r}.')
    check_dims(source, target)
    for name, store in (("source", source), ("target", target)):
        if not len(store):
            raise ValueError(f"`{name}` must hold vectors; it is empty.")
        if method == "csls" and store.metric != "cosine":
            raise ValueError(
                f'`{name}` must have the metric "cosine" for CSLS; it has "{store.metric}".'
            )
