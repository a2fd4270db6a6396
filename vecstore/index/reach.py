"""How far neighbours lie from a query, which tells queries that are unlike the rows.

The farther a query is from all rows, the fewer of its neighbours a walk finds, whatever the metric
and the data. A measured recall holds for queries as far away as those that it was measured with.
"""

from collections.abc import Sequence
from math import log
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from vecstore.kernels import Float32s, Found

__all__ = ["DEPTHS", "Reach", "beyond", "remoteness"]

#: The values of k at which recall and distances are measured.
DEPTHS = (1, 10, 100)

_USUAL = 0.95  # share of the queries that do not count as far


class Reach(NamedTuple):
    """At each of `DEPTHS`, how far the neighbour of nearly all queries is, and of the farthest."""

    usual: tuple[float, ...]
    farthest: tuple[float, ...]

    @classmethod
    def measured(cls, truth: Found, queries: Float32s, metric: str) -> Self:
        """Return the reach of queries, from their exact answers."""
        far = remoteness(truth.distances, queries, metric)
        there = int(truth.counts.min(initial=DEPTHS[-1]))
        far = far[:, [min(k, max(1, there)) - 1 for k in DEPTHS]]
        usual, farthest = np.quantile(far, [_USUAL, 1.0], axis=0)
        return cls(tuple(usual.tolist()), tuple(farthest.tolist()))

    @classmethod
    def from_json(cls, fields: Any) -> Self | None:
        """Return what `_asdict` described; None for indexes measured by older versions."""
        if not isinstance(fields, dict):
            return None
        reach = cls(*(tuple(float(far) for far in fields[name]) for name in cls._fields))
        if any(len(depths) != len(DEPTHS) for depths in reach):
            raise ValueError(f"distances are not those at {DEPTHS}")
        return reach

    def nearest(self, share: float) -> tuple[float, float]:
        """Return both distances of the nearest row, if only a share of rows (>= 0.1) may answer."""
        # If half of the rows may answer, the nearest of those is about the second nearest of all.
        place = min(1.0, -log(share) / log(10))
        usual, farthest = (a + place * (b - a) for a, b, *_ in self)
        return usual, farthest


def remoteness(
    distances: npt.NDArray[np.float64], queries: Float32s, metric: str
) -> npt.NDArray[np.float64]:
    """Return distances made independent of the length of a query, where its answer is."""
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
    """Return which queries are farther than usual from their nearest row, and than the farthest.

    ``limits[i]`` holds for rows from ``first_rows[i]`` on; None means the least of the others.
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
