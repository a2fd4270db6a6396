"""Graphs grown by walks of our own: each row walks to the rows near it and links to them.

Rows come in batches, so the graph does not depend on the number of threads (Dobson Manohar et al.,
2024, "ParlayANN", PPoPP).
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from vecstore import kernels
from vecstore.arrays import Block, Progress
from vecstore.index.codes import encode
from vecstore.index.graph import NOBODY, Graph, Level, check_links
from vecstore.kernels import Vectors

__all__ = ["grown_graph"]

# Rows come in random order, so links between the first ones are long. One node in 32 is also on the
# level above, with the links that it had when the nodes of that level were all rows there were.
_RARER = 32
# Rows linked at once do not see each other, so a batch has at most 1/64 as many rows as came before
# it. It has at most 4096, because interrupts are noticed only between batches.
_SHARE, _MOST_AT_ONCE = 64, 4096


def grown_graph(
    vectors: Vectors,
    metric: str,
    *,
    M: int = 16,
    ef_construction: int = 200,
    threads: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Graph:
    """Build a graph with about the links of `hnswlib.hnsw_graph`, in ``8 * M * n`` bytes or so.

    A new row links to at most `M` of the `ef_construction` near rows that a walk finds. `seed` is
    for the order of rows; the same seed gives the same graph on any number of threads.
    """
    M, ef_construction = check_links(M, ef_construction)
    n = len(vectors)
    links = np.full((n, 2 * M), NOBODY, np.uint32)  # M links of its own, and M back to a row
    if n == 0:
        return Graph(links, (), 0)
    engine = kernels.engine()
    # The walks read 8-bit codes, which are made for them and thrown away.
    block = Block(vectors, None, 0, None, encode([vectors], metric, threads=threads))
    order = np.random.default_rng(seed).permutation(n)
    graph, sizes = Graph(links, (), int(order[0])), _sizes(n)
    for first, stop in _batches(n, sizes):
        rows = order[first:stop]
        engine.grow(graph, block, rows, M, min(n, ef_construction), metric, threads=threads)
        if stop in sizes:
            graph = Graph(links, _with_level(graph, order[:stop], M), 0)
        if progress:
            progress(stop, n)
    return graph


def _sizes(n: int) -> list[int]:
    """Return how many nodes the upper levels have, highest first."""
    sizes: list[int] = []
    while (n := n // _RARER) >= _RARER:
        sizes.insert(0, n)
    return sizes


def _batches(n: int, sizes: list[int]) -> Iterator[tuple[int, int]]:
    """Yield the ends of the batches linked at once: after the first row, up to each level."""
    first = 1
    for end in [*sizes, n]:
        while first < end:
            stop = min(end, first + max(1, min(first // _SHARE, _MOST_AT_ONCE)))
            yield first, stop
            first = stop


def _with_level(graph: Graph, rows: npt.NDArray[np.int64], width: int) -> tuple[Level, ...]:
    """Return the levels of a graph of these rows, plus a new lowest level of all of them."""
    # A level begins with the nodes of the one above it, in the same order.
    places = np.full(len(graph.links) + 1, NOBODY, np.uint32)
    places[rows] = np.arange(len(rows))
    numbers = np.minimum(graph.links[rows, :width], len(graph.links))
    above = [Level(links, np.arange(len(links), dtype=np.uint32)) for links, _ in graph.levels]
    return (*above, Level(places[numbers], rows.astype(np.uint32)))
