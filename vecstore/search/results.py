"""The answer to a search: keys, distances and counts, as arrays or as a sequence of matches."""

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore import metrics
from vecstore.forks import check_polars

if TYPE_CHECKING:
    import polars

__all__ = ["Match", "Matches", "Plan"]

_SHOWN = 5


class Match(NamedTuple):
    """One neighbour: a named tuple of its key and its distance.

    Attributes
    ----------
    key : str or int
        The key of the neighbour.
    distance : float
        Its distance under the metric of the store; smaller is nearer.

    Examples
    --------
    >>> import vecstore
    >>> store = vecstore.from_arrays([[1, 0], [0, 1]], keys=["east", "north"])
    >>> key, distance = store.search([1, 0], k=1)[0]
    >>> key, distance
    ('east', 0.0)
    """

    key: str | int
    distance: float


@dataclass(frozen=True, slots=True)
class Plan:
    """How an answer was found.

    Every path but ``"graph"`` gives the same answer, the exact one.

    Attributes
    ----------
    path : str
        ``"codes"``: 8-bit codes ruled rows out. ``"float"``: float32 arithmetic on the vectors did.
        ``"gather"``: the few rows that qualify were copied, and the copy was searched. ``"sums"``:
        many analogies shared the cosines of the vectors that they are sums of. ``"graph"``: a walk
        through the graph of an index looked at some of the rows, which only `approximate` allows.
    engine, level : str
        The engine that computed, and its instruction set.
    threads : int
        How many threads it could use.
    scanned : float
        Rows looked at, per query.
    survivors : float or None
        Rows that were not ruled out, and so were scored in float64, per query; None if the engine
        does not count them.
    ef : int or None
        The width of the walk, on the path ``"graph"``.
    recall : float or None
        The mean recall that the index was measured to reach at least, if a recall was asked for.
    note : str or None
        Why an approximate search was exact after all, or what it did beyond its usual walks.

    Examples
    --------
    >>> import vecstore
    >>> store = vecstore.from_arrays([[1, 0], [0, 1], [1, 1]])
    >>> plan = store.search([2, 0], k=1).plan
    >>> plan.path, plan.scanned
    ('float', 3.0)
    """

    path: str
    engine: str
    level: str
    threads: int
    scanned: float
    survivors: float | None
    ef: int | None = None
    recall: float | None = None
    note: str | None = None


@dataclass(frozen=True)
class _Kept:
    """Values of the rows of an answer: what a pickled answer keeps instead of the store."""

    rows: npt.NDArray[np.int64]  # ascending
    values: Any  # an array or a table, a line for each

    def __call__(self, rows: npt.NDArray[np.int64]) -> Any:
        return self.values[np.searchsorted(self.rows, rows)]


class Matches:
    """The nearest keys of one query, or of every query of a batch.

    This is a sequence of what was found. For one query it holds a `Match` per neighbour, so
    ``for key, distance in matches`` works. For a batch it holds the `Matches` of each query.

    The arrays have a place for each of the k neighbours asked for. Only a k above both 100 and the
    number of rows of the store is cut, to the larger of the two. Places past `counts` hold distance
    ``inf`` and no key: None, or -1 if keys are integers. Since -1 may also be a key, rely on
    `counts`. A pickle or a copy holds the keys and the attributes of what was found.

    Parameters
    ----------
    distances : ndarray of float64, shape (n, k)
        Distances, ascending along each row.
    rows : ndarray of int64, shape (n, k)
        Row numbers of the matches in the snapshot searched; -1 in unused places.
    counts : ndarray of int64, shape (n,)
        How many places of each row are used.
    metric : str
        The metric of the distances.
    take : callable
        Returns the keys of an array of row numbers.
    attributes : callable or None
        Returns the table of attributes of an array of row numbers.
    single : bool
        Whether there was one query, of shape (dim,), rather than a batch of n.
    plan : Plan or None
        How the answer was found.

    Examples
    --------
    >>> import vecstore
    >>> store = vecstore.from_arrays([[1, 0], [0, 1], [1, 1]], keys=["east", "north", "between"])
    >>> matches = store.search([2, 0], k=2)
    >>> matches.keys
    array(['east', 'between'], dtype=object)
    >>> matches.distances.round(3)
    array([0.   , 0.293])
    >>> batch = store.search([[2, 0], [0, 2]], k=2)
    >>> batch.keys.shape, batch[1][0].key
    ((2, 2), 'north')
    """

    def __init__(
        self,
        distances: npt.NDArray[np.float64],
        rows: npt.NDArray[np.int64],
        counts: npt.NDArray[np.int64],
        *,
        metric: str,
        take: Callable[[npt.NDArray[np.int64]], npt.NDArray[Any]],
        attributes: "Callable[[npt.NDArray[np.int64]], polars.DataFrame] | None" = None,
        single: bool,
        plan: Plan | None = None,
    ) -> None:
        self.metric = metric
        self.single = single
        self.plan = plan
        self._distances = distances
        self._rows = rows
        self._counts = counts
        self._take = take
        self._attributes = attributes

    @property
    def distances(self) -> npt.NDArray[np.float64]:
        """Distances, ascending: ndarray of float64, shape (k,) or (n, k)."""
        return self._distances[0] if self.single else self._distances

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """Row numbers in the snapshot searched: ndarray of int64, shape (k,) or (n, k)."""
        return self._rows[0] if self.single else self._rows

    @property
    def counts(self) -> int | npt.NDArray[np.int64]:
        """How many were found: int, or ndarray of int64 of shape (n,) for a batch."""
        return int(self._counts[0]) if self.single else self._counts

    @property
    def keys(self) -> npt.NDArray[Any]:
        """Keys: ndarray of shape (k,) or (n, k), of object (str) or int64.

        Only the first `counts` places of a query are answers. The others hold None, or -1, which
        may also be an integer key. Iteration, `to_frame`, the CLI and pickles give only answers.

        Examples
        --------
        >>> import vecstore
        >>> matches = vecstore.from_arrays([[1, 0]], keys=[-1]).search([1, 0], k=2)
        >>> matches.keys.tolist(), matches.counts, [key for key, _ in matches]
        ([-1, -1], 1, [-1])
        """
        return self._keys[0] if self.single else self._keys

    @property
    def similarities(self) -> npt.NDArray[np.float64]:
        """Cosine similarity or dot product: ndarray of float64, shape (k,) or (n, k).

        Raises
        ------
        ValueError
            Under any other metric, because it has no agreed similarity.

        Examples
        --------
        >>> import vecstore
        >>> vecstore.from_arrays([[1, 0], [0, 1]]).search([1, 0], k=2).similarities
        array([1., 0.])
        """
        return metrics.similarities(self.distances, self.metric)

    def to_frame(self) -> "polars.DataFrame":
        """Return what was found as a table, one row per match.

        Returns
        -------
        polars.DataFrame
            Columns ``key`` and ``distance``, nearest first, then the attributes of the keys. For a
            batch, ``query`` comes first, the number of the query.

        Examples
        --------
        >>> import vecstore
        >>> store = vecstore.from_arrays([[1, 0], [0, 1]], keys=["east", "north"])
        >>> store.search([1, 0], k=2).to_frame().rows()
        [('east', 0.0), ('north', 1.0)]
        """
        check_polars()
        import polars

        found = self._rows >= 0
        keys = self._keys[found]
        # An object array names no type, and an empty one leaves nothing to infer it from.
        dtype = polars.String if keys.dtype == object else polars.Int64
        columns: dict[str, Any] = {
            "key": polars.Series(keys.tolist(), dtype=dtype),
            "distance": self._distances[found],
        }
        if not self.single:
            columns = {"query": np.nonzero(found)[0], **columns}
        table = polars.DataFrame(columns)
        return table.hstack(self._attributes(self._rows[found])) if self._attributes else table

    def __len__(self) -> int:
        return int(self._counts[0]) if self.single else len(self._counts)

    # Any: Match for one query, Matches for a batch. A union would make every caller narrow it.
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            if self.single:
                return [self[place] for place in range(len(self))[index]]
            return self._queries(index, single=False)
        place = range(len(self))[operator.index(index)]
        if self.single:
            key = self._keys[0, place]
            return Match(
                key if isinstance(key, str) else int(key), float(self._distances[0, place])
            )
        return self._queries(slice(place, place + 1), single=True)

    def _queries(self, chosen: slice, *, single: bool) -> "Matches":
        part = Matches(
            self._distances[chosen],
            self._rows[chosen],
            self._counts[chosen],
            metric=self.metric,
            take=self._take,
            attributes=self._attributes,
            single=single,
            plan=self.plan,
        )
        if "_keys" in self.__dict__:  # decoded already
            part._keys = self._keys[chosen]
        return part

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def __getstate__(self) -> dict[str, Any]:
        rows = np.unique(self._rows[self._rows >= 0])
        table = self._attributes and self._attributes(rows)
        kept = None if table is None or not table.width else _Kept(rows, table)
        return {**self.__dict__, "_take": _Kept(rows, self._take(rows)), "_attributes": kept}

    def __repr__(self) -> str:
        k = self._distances.shape[1]
        if not self.single:
            return f"<Matches of {len(self)} queries, k={k}>"
        first = [self[place] for place in range(min(len(self), _SHOWN))]
        shown = [f"{match.key} {match.distance:.4g}" for match in first]
        if len(self) > _SHOWN:
            shown.append("...")
        return f"<Matches {len(self)} of k={k}: {', '.join(shown)}>"

    @cached_property
    def _keys(self) -> npt.NDArray[Any]:
        found = self._rows >= 0
        taken = self._take(self._rows[found])
        keys = np.full(self._rows.shape, None if taken.dtype == object else -1, taken.dtype)
        keys[found] = taken
        return keys
