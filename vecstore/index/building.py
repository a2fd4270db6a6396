"""Graphs built by walks of our own, in which each row finds what to link to."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from vecstore import kernels
from vecstore.arrays import Block, Progress
from vecstore.index.codes import encode
from vecstore.index.graph import NOBODY, Graph, Level, check_links
from vecstore.kernels import Vectors

__all__ = ["grown_graph"]

# Rows come in random order, so that links of the first ones are long. One in so many of a level is
# on the next, too, linked as it was when the nodes of that level were all the rows there were.
_RARER = 32
# Rows linked at once do not see each other: no more than this share of those before them, and no
# more than this many, between which an interrupt is noticed.
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
    """Build a graph by letting each row walk to those near it and link to them.

    Parameters
    ----------
    vectors : ndarray of float32 or float16, shape (n, dim)
        The rows of a segment.
    metric : str
        ``"cosine"``, ``"euclidean"`` or ``"dot"``.
    M : int, default 16
        Links of a new row, at most; those back to it may make twice as many.
    ef_construction : int, default 200
        How many near rows are found for each row, to choose its links from.
    threads : int or None
        None takes all.
    seed : int, default 0
        Of the order of rows. The same seed gives the same graph, on any number of threads.
    progress : callable or None
        Called as ``progress(rows, n)``.

    Returns
    -------
    Graph
        Of ``8 * M * n`` bytes and little more.

    Raises
    ------
    ValueError
        If `M` or `ef_construction` is out of range.

    Notes
    -----
    Looks for the links that `building.hnsw_graph` looks for, but by walks over 8-bit codes, and
    lets rows come in batches, so that threads change nothing. Codes are made for it and given up.

    References
    ----------
    .. [1] Dobson Manohar et al., 2024, "ParlayANN: Scalable and deterministic parallel graph-based
       approximate nearest neighbor search algorithms", PPoPP.
    """
    M, ef_construction = check_links(M, ef_construction)
    n = len(vectors)
    links = np.full((n, 2 * M), NOBODY, np.uint32)
    if n == 0:
        return Graph(links, (), 0)
    engine = kernels.engine()
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
    """Return how many nodes the upper levels have, the highest first."""
    sizes: list[int] = []
    while (n := n // _RARER) >= _RARER:
        sizes.insert(0, n)
    return sizes


def _batches(n: int, sizes: list[int]) -> Iterator[tuple[int, int]]:
    """Yield from where to where rows are linked at once: after the first, and up to each level."""
    first = 1
    for end in [*sizes, n]:
        while first < end:
            stop = min(end, first + max(1, min(first // _SHARE, _MOST_AT_ONCE)))
            yield first, stop
            first = stop


def _with_level(graph: Graph, rows: npt.NDArray[np.int64], width: int) -> tuple[Level, ...]:
    """Return the levels of a graph of these rows, and one more below of them all.

    A level begins with the nodes of the one above it, in the same order.
    """
    places = np.full(len(graph.links) + 1, NOBODY, np.uint32)
    places[rows] = np.arange(len(rows))
    numbers = np.minimum(graph.links[rows, :width], len(graph.links))
    above = [Level(links, np.arange(len(links), dtype=np.uint32)) for links, _ in graph.levels]
    return (*above, Level(places[numbers], rows.astype(np.uint32)))
