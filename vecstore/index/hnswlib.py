"""Graphs built by hnswlib, for who wants to compare: `growing` builds them faster."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Progress
from vecstore.index.graph import NOBODY, Graph, Level, check_links
from vecstore.kernels import Vectors, norms, reciprocals, thread_count

__all__ = ["as_graph", "hnsw_graph"]

# What near means, in hnswlib's words. Under cosine the rows are scaled to unit length for it.
_SPACES = {"cosine": "ip", "euclidean": "l2", "dot": "ip"}
# Rows handed over at a time, between which an interrupt is noticed: a second's work or so.
_STEP = 4096
# The layout of its state that is read here.
_STATE_VERSION = 1


def hnsw_graph(
    vectors: Vectors,
    metric: str,
    *,
    M: int = 16,
    ef_construction: int = 200,
    threads: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Graph:
    """Build a graph by inserting row after row.

    Parameters
    ----------
    vectors : ndarray of float32 or float16, shape (n, dim)
        The rows of a segment.
    metric : str
        ``"cosine"``, ``"euclidean"`` or ``"dot"``.
    M : int, default 16
        Links of a node on the upper levels; a row has up to twice as many.
    ef_construction : int, default 200
        How many near rows are found for each row, to choose its links from.
    threads : int or None
        None takes all.
    seed : int, default 0
        Of the random levels. With one thread the same seed gives the same graph.
    progress : callable or None
        Called as ``progress(rows, n)``.

    Returns
    -------
    Graph
        Of ``n * (8 * M + 1)`` bytes or so.

    Raises
    ------
    ImportError
        If hnswlib is not installed.
    ValueError
        If `M` or `ef_construction` is out of range.

    Notes
    -----
    For 300,000 rows of 100 dimensions about a minute on two cores. Takes two copies of the rows and
    their links in memory, until it is done.
    """
    M, ef_construction = check_links(M, ef_construction)
    try:
        import hnswlib
    except ImportError:
        raise ImportError(
            'An index of kind "hnswlib" needs hnswlib; pip install "vecstore-exact[hnsw]".'
        ) from None
    n, dim = vectors.shape
    if n == 0:
        return Graph(np.empty((0, 2 * M), np.uint32), (), 0)
    index = hnswlib.Index(_SPACES[metric], dim)
    index.init_index(n, M=M, ef_construction=min(n, ef_construction), random_seed=seed)
    for first in range(0, n, _STEP):
        rows = vectors[first : first + _STEP].astype(np.float32)
        if metric == "cosine":
            wide = rows.astype(np.float64)
            rows = (wide * reciprocals(norms(wide))[:, None]).astype(np.float32)
        labels = np.arange(first, first + len(rows))
        index.add_items(rows, labels, num_threads=thread_count(threads))
        if progress:
            progress(first + len(rows), n)
    return as_graph(index)


def as_graph(index: Any) -> Graph:
    """Return the graph of an index.

    Parameters
    ----------
    index : hnswlib.Index
        Whose labels are the numbers of its rows.

    Returns
    -------
    Graph
        A copy, with labels in place of hnswlib's own numbers.

    Raises
    ------
    ImportError
        If this version of hnswlib keeps its state in a way of its own.
    """
    (state,) = index.__getstate__()
    if state["ser_version"] != _STATE_VERSION:
        raise ImportError(
            f"The installed hnswlib keeps its state in version {state['ser_version']}; "
            f"version {_STATE_VERSION} can be read."
        )
    n = state["cur_element_count"]
    nodes = state["data_level0"].view(np.uint8).reshape(n, state["size_data_per_element"])
    rows = np.full(n + 1, NOBODY, np.uint32)
    rows[:n] = _column(nodes, state["label_offset"], np.uint64)
    lowest = _lists(nodes, state["offset_level0"], state["max_M0"], rows)
    links = np.empty_like(lowest)
    links[rows[:n]] = lowest
    levels, places = _levels(state, rows)
    return Graph(links, levels, int(places[state["enterpoint_node"]]))


def _levels(
    state: Mapping[str, Any], rows: npt.NDArray[np.uint32]
) -> tuple[tuple[Level, ...], npt.NDArray[np.uint32]]:
    """Return the upper levels, and where each number stands on the highest level there is."""
    heights = state["element_levels"][: len(rows) - 1]
    lists = state["link_lists"].view(np.uint8).reshape(-1, state["size_links_per_element"])
    firsts = np.cumsum(heights) - heights  # a node's lists lie together, from its lowest up
    below, levels = rows, list[Level]()
    for height in range(1, state["max_level"] + 1):
        nodes = np.flatnonzero(heights >= height)
        places = np.full(len(rows), NOBODY, np.uint32)
        places[nodes] = np.arange(len(nodes))
        here = lists[firsts[nodes] + height - 1]
        levels.append(Level(_lists(here, 0, state["max_M"], places), below[nodes]))
        below = places
    return tuple(reversed(levels)), below


def _lists(
    nodes: npt.NDArray[np.uint8], offset: int, width: int, names: npt.NDArray[np.uint32]
) -> npt.NDArray[np.uint32]:
    """Return the links of nodes by other names; the last name is that of nobody."""
    counts = _column(nodes, offset, np.uint16)
    inside = slice(offset + 4, offset + 4 + 4 * width)
    numbers = np.ascontiguousarray(nodes[:, inside]).view(np.uint32)
    numbers[np.arange(width) >= counts[:, None]] = len(names) - 1
    return names[numbers]


def _column(nodes: npt.NDArray[np.uint8], offset: int, dtype: type) -> npt.NDArray[Any]:
    inside = slice(offset, offset + np.dtype(dtype).itemsize)
    return np.ascontiguousarray(nodes[:, inside]).view(dtype)[:, 0]
