"""Rows that occur more than once: found, kept out of the way of a graph, and linked to it as one.

Copies are nearest to each other, so they would link to each other, and their graph would fall
apart. Only the first copy gets links. The others hang below it, as a tree.
"""

import numpy as np
import numpy.typing as npt

from vecstore.index.graph import NOBODY, Graph
from vecstore.kernels import Int64s, Vectors

__all__ = ["first_copies", "with_copies"]

_ROWS_AT_ONCE = 1 << 14


def first_copies(vectors: Vectors) -> Int64s:
    """Return for each row the first row with the same bytes, often itself."""
    n = len(vectors)
    hashes = _hashes(vectors)
    order = np.argsort(hashes, kind="stable")
    same = np.zeros(n, np.bool_)
    same[1:] = hashes[order[1:]] == hashes[order[:-1]]
    starts = np.maximum.accumulate(np.where(same, 0, np.arange(n)))
    first = np.empty(n, np.int64)
    first[order] = order[starts]
    later = np.flatnonzero(first != np.arange(n))
    for start in range(0, len(later), _ROWS_AT_ONCE):
        some = later[start : start + _ROWS_AT_ONCE]
        equal = (vectors[some] == vectors[first[some]]).all(axis=1)
        first[some[~equal]] = some[~equal]  # same hash by chance: a row of its own
    return first


def _hashes(vectors: Vectors) -> npt.NDArray[np.uint64]:
    dim = vectors.shape[1]
    bits = np.uint32 if vectors.dtype == np.float32 else np.uint16
    odd = np.random.default_rng(0).integers(0, 1 << 63, dim, np.uint64) * np.uint64(2) + np.uint64(
        1
    )
    hashes = np.empty(len(vectors), np.uint64)
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        some = np.ascontiguousarray(vectors[start : start + _ROWS_AT_ONCE]).view(bits)
        hashes[start : start + len(some)] = some.astype(np.uint64) @ odd
    return hashes


def with_copies(graph: Graph, first: Int64s) -> Graph:
    """Return a graph of first copies as one of all rows: the others hang below the first."""
    rows = np.flatnonzero(first == np.arange(len(first)))
    numbers = np.append(rows, NOBODY).astype(np.uint32)
    width = graph.links.shape[1]
    links = np.full((len(first), width), NOBODY, np.uint32)
    links[rows] = numbers[np.minimum(graph.links, len(rows))]
    later = np.flatnonzero(first != np.arange(len(first)))
    later = later[np.argsort(first[later], kind="stable")]
    groups = np.split(later, np.flatnonzero(np.diff(first[later])) + 1) if len(later) else []
    for copies in groups:
        _hang(links, int(first[copies[0]]), copies)
    levels = list(graph.levels)
    if levels:
        levels[-1] = levels[-1]._replace(down=numbers[levels[-1].down])
        return graph._replace(links=links, levels=tuple(levels))
    return graph._replace(links=links, entry=int(rows[graph.entry]))


def _hang(links: npt.NDArray[np.uint32], head: int, copies: Int64s) -> None:
    """Hang copies below a row as a tree: each links to some next ones, and back to its parent."""
    width = links.shape[1]
    free = np.flatnonzero(links[head] == NOBODY)
    links[head, free[0] if len(free) else width - 1] = copies[0]
    links[copies[0], 0] = head
    for place, copy in enumerate(copies.tolist()):
        below = copies[1 + place * (width - 1) : 1 + (place + 1) * (width - 1)]
        links[copy, 1 : 1 + len(below)] = below
        links[below, 0] = copy
