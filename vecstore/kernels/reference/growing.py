"""Linking rows into a graph: the specification of `grow`, in Python and float64.

Rows choose their links by algorithm 4 of Malkov and Yashunin, 2018, "Efficient and robust
approximate nearest neighbor search using Hierarchical Navigable Small World graphs", IEEE TPAMI 42
(4). They come in batches as in Dobson Manohar et al., 2024, "ParlayANN", PPoPP.
"""

from itertools import groupby

import numpy as np

from vecstore.arrays import Block
from vecstore.kernels.contract import Graph, Int64s
from vecstore.kernels.float64 import distances_to, norms, reciprocals
from vecstore.kernels.reference.walking import Measure, collect

__all__ = ["grow"]

_NOBODY = 0xFFFFFFFF


def grow(
    graph: Graph,
    block: Block,
    rows: Int64s,
    forward: int,
    ef: int,
    metric: str,
    *,
    threads: int | None = None,
) -> None:
    """As `contract.Engine.grow`."""
    width = graph.links.shape[1]
    everyone = np.ones(len(block.vectors), np.bool_)
    links: list[tuple[int, int]] = []
    for row in rows.tolist():
        measure = Measure(block, block.vectors[row].astype(np.float64), metric)
        found = [near for _, near in collect(graph, ef, measure, everyone)]
        chosen = _chosen(block, metric, row, found, min(forward, width))
        _write(graph, row, chosen)
        links += [(near, row) for near in chosen]
    for row, new in groupby(sorted(links), key=lambda link: link[0]):
        numbers = graph.links[row].tolist()
        linked = [number for number in numbers if number != _NOBODY] + [back for _, back in new]
        _write(
            graph,
            row,
            linked if len(linked) <= width else _chosen(block, metric, row, linked, width),
        )


def _chosen(block: Block, metric: str, row: int, rows: list[int], most: int) -> list[int]:
    """Return rows, nearest first, each nearer to `row` than to any row before it."""
    waiting = sorted(zip(_apart(block, metric, row, rows), rows, strict=True))
    chosen: list[int] = []
    while waiting and len(chosen) < most:
        nearest = waiting[0][1]
        chosen.append(nearest)
        away = _apart(block, metric, nearest, [other for _, other in waiting])
        waiting = [
            candidate
            for candidate, distance in zip(waiting, away, strict=True)
            if candidate[1] != nearest and not distance < candidate[0]
        ]
    return chosen


def _apart(block: Block, metric: str, row: int, rows: list[int]) -> list[float]:
    """Return the distance of a row to others: under cosine, that of their unit vectors."""
    wide = block.vectors[[row, *rows]].astype(np.float64)
    if metric == "cosine":
        wide *= reciprocals(norms(wide))[:, None]
    with np.errstate(invalid="ignore"):  # inf - inf, in rows of a foreign file
        away = distances_to(wide[0], wide[1:], "dot" if metric == "dot" else "euclidean")
    found: list[float] = np.nan_to_num(away, nan=np.inf).tolist()
    return found


def _write(graph: Graph, row: int, rows: list[int]) -> None:
    graph.links[row] = _NOBODY
    graph.links[row, : len(rows)] = rows
