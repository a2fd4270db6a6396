"""The walk through a graph of near rows: the specification of `walk`, in Python and float64.

Distances are exact here. An engine that estimates them on the way follows the same rules. The
algorithm is that of Malkov and Yashunin, 2018, "Efficient and robust approximate nearest neighbor
search using Hierarchical Navigable Small World graphs", IEEE TPAMI 42 (4).
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Block, Exclusions
from vecstore.kernels.blocks import allowed
from vecstore.kernels.contract import Float32s, Float64s, Found, Graph, Work
from vecstore.kernels.float64 import distances_to

__all__ = ["Candidate", "Measure", "collect", "walk"]

# Expand several rows at once: it costs little more work and hides memory latency.
_AT_ONCE = 6
# Rows that may not answer are followed too, up to this many for each row that may.
_OTHERS = 15

#: (distance, row), compared in that order.
Candidate = tuple[float, int]


def walk(
    graph: Graph,
    block: Block,
    queries: Float32s,
    k: int,
    ef: int,
    metric: str,
    *,
    exclude: Exclusions | None = None,
    threads: int | None = None,
) -> Found:
    """As `contract.Engine.walk`."""
    found = Found(
        np.full((len(queries), k), np.inf),
        np.full((len(queries), k), -1, dtype=np.int64),
        np.zeros(len(queries), dtype=np.int64),
        Work(0, None),
    )
    scanned = 0
    for i, query in enumerate(queries.astype(np.float64) if len(block.vectors) else ()):
        may_answer = allowed(block)
        if exclude is not None:
            offsets, excluded = exclude
            rows = excluded[offsets[i] : offsets[i + 1]] - block.first_row
            may_answer[rows[(rows >= 0) & (rows < len(may_answer))]] = False

        measure = Measure(block, query, metric)
        near = collect(graph, max(ef, k), measure, may_answer)
        scanned += measure.count
        answer = [(d, row) for d, row in near if may_answer[row] and row not in measure.nowhere][:k]
        found.counts[i] = len(answer)
        for place, (distance, row) in enumerate(answer):
            found.distances[i, place] = distance
            found.rows[i, place] = row + block.first_row
    return found._replace(work=Work(scanned, None))


class Measure:
    """Distances of rows to one query; counts them, and remembers the rows that have none."""

    def __init__(self, block: Block, query: Float64s, metric: str) -> None:
        self.count = 0  # distances computed
        self.nowhere = set[int]()  # rows whose distance is NaN
        self._block, self._query, self._metric = block, query, metric

    def __call__(self, rows: list[int]) -> list[float]:
        """Return the distance of each row; ``inf`` where it is NaN."""
        self.count += len(rows)
        wide = self._block.vectors[rows].astype(np.float64)
        with np.errstate(invalid="ignore"):  # inf - inf, in rows of a foreign file
            distances = distances_to(self._query, wide, self._metric)
        unknown = np.isnan(distances)
        self.nowhere.update(row for row, lost in zip(rows, unknown, strict=True) if lost)
        found: list[float] = np.where(unknown, np.inf, distances).tolist()
        return found


def collect(
    graph: Graph, ef: int, distances: Measure, may_answer: npt.NDArray[np.bool_]
) -> list[Candidate]:
    """Follow the links of the nearest rows until those of every kept row were followed."""
    start = _descend(graph, distances)
    near = [*zip(distances([start]), [start], strict=True)]
    seen, followed = {start}, set[int]()
    while ahead := [row for _, row in near if row not in followed][:_AT_ONCE]:
        followed.update(ahead)
        linked = [neighbor for row in ahead for neighbor in _neighbors(graph.links, row)]
        fresh = [row for row in dict.fromkeys(linked) if row not in seen]
        seen.update(fresh)
        near = _kept(sorted([*near, *zip(distances(fresh), fresh, strict=True)]), ef, may_answer)
    return near


def _kept(near: list[Candidate], ef: int, may_answer: npt.NDArray[np.bool_]) -> list[Candidate]:
    """Return the candidates up to the ef-th that may answer, or as many as there is room for."""
    answers = 0
    for place, (_, row) in enumerate(near):
        answers += bool(may_answer[row])
        if answers == ef or place + 1 == (1 + _OTHERS) * ef:
            return near[: place + 1]
    return near


def _descend(graph: Graph, distances: Measure) -> int:
    """Return the row to start at: where greedy steps lead, or row 0 if they lead nowhere."""
    node = graph.entry
    for i, level in enumerate(graph.levels):
        if not 0 <= node < len(level.down):
            return 0
        node = int(level.down[_nearest_node(graph, i, node, distances)])
    return node if 0 <= node < len(graph.links) else 0


def _nearest_node(graph: Graph, level: int, node: int, distances: Measure) -> int:
    links = graph.levels[level].links
    row = _row_of(graph, level, node)
    if row is None:
        return node
    [least], best = distances([row]), None
    while best != node:
        best = node
        nodes = [(near, _row_of(graph, level, near)) for near in _neighbors(links, node)]
        known = [(near, row) for near, row in nodes if row is not None]
        for distance, (near, _) in zip(distances([row for _, row in known]), known, strict=True):
            if distance < least:
                least, node = distance, near
    return node


def _row_of(graph: Graph, level: int, node: int) -> int | None:
    """Return the row of a node, or None where the graph leads out of itself."""
    for below in graph.levels[level:]:
        if node >= len(below.down):
            return None
        node = int(below.down[node])
    return node if node < len(graph.links) else None


def _neighbors(links: npt.NDArray[np.uint32], node: int) -> Iterator[int]:
    for number in links[node].tolist():
        if number >= len(links):
            return
        yield number
