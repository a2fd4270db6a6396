"""How far neighbours lie from a query, which tells queries that are unlike the rows.

The farther a query is from all rows, the less a walk finds of its neighbours, whatever the metric
and the data. A recall that was measured holds for queries as far as those that it was measured of.
"""

from collections.abc import Sequence
from math import log
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from vecstore.kernels import Float32s, Found

__all__ = ["DEPTHS", "Reach", "beyond", "remoteness"]

#: The k that recall and distances are measured at.
DEPTHS = (1, 10, 100)

_USUAL = 0.95  # so many of the queries are nearer than what counts as far


class Reach(NamedTuple):
    """At each of `DEPTHS`, how far a neighbour was of nearly all queries, and of the farthest."""

    usual: tuple[float, ...]
    farthest: tuple[float, ...]

    @classmethod
    def measured(cls, truth: Found, queries: Float32s, metric: str) -> Self:
        """Return it of queries and their exact answers."""
        far = remoteness(truth.distances, queries, metric)
        there = int(truth.counts.min(initial=DEPTHS[-1]))
        far = far[:, [min(k, max(1, there)) - 1 for k in DEPTHS]]
        usual, farthest = np.quantile(far, [_USUAL, 1.0], axis=0)
        return cls(tuple(usual.tolist()), tuple(farthest.tolist()))

    @classmethod
    def from_json(cls, fields: Any) -> Self | None:
        """Return what `_asdict` described; None for what older versions measured."""
        if not isinstance(fields, dict):
            return None
        reach = cls(*(tuple(float(far) for far in fields[name]) for name in cls._fields))
        if any(len(depths) != len(DEPTHS) for depths in reach):
            raise ValueError(f"distances are not those at {DEPTHS}")
        return reach

    def nearest(self, share: float) -> tuple[float, float]:
        """Return how far the nearest is where a share of the rows, a tenth at least, may answer."""
        # Where half may answer, the nearest that does is about the second of all.
        place = min(1.0, -log(share) / log(10))
        usual, farthest = (a + place * (b - a) for a, b, *_ in self)
        return usual, farthest


def remoteness(
    distances: npt.NDArray[np.float64], queries: Float32s, metric: str
) -> npt.NDArray[np.float64]:
    """Return distances that do not depend on the length of a query where its answer does not."""
    if metric != "dot":
        return distances
    lengths = np.sqrt(np.square(queries, dtype=np.float64).sum(axis=1, keepdims=True))
    scaled: npt.NDArray[np.float64] = distances / np.maximum(lengths, np.finfo(np.float64).tiny)
    return scaled


def beyond(
    found: Found,
    queries: Float32s,
    metric: str,
    first_rows: Sequence[int],
    limits: Sequence[tuple[float, float] | None],
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return which queries are farther from their nearest row than usual, and than the farthest.

    A limit is that of the rows from one of `first_rows` on; where it is None, the least of the
    others counts.
    """
    known = [limit for limit in limits if limit is not None]
    if not known or not found.distances.shape[1]:
        nobody = np.zeros(len(queries), np.bool_)
        return nobody, nobody
    least = tuple(map(min, zip(*known, strict=True)))
    table = np.array([limit or least for limit in limits])
    owner = np.searchsorted(first_rows, found.rows[:, 0], side="right") - 1
    nearest = remoteness(found.distances[:, :1], queries, metric)[:, 0]
    there = found.counts > 0
    usual, farthest = (there & (nearest > table[owner, place]) for place in (0, 1))
    return usual, farthest
