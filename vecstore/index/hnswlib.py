"""Graphs built by hnswlib, for comparison: `building` makes them faster.

300,000 rows of 100 dimensions take about a minute on two cores.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Progress
from vecstore.index.graph import NOBODY, Graph, Level, check_links
from vecstore.kernels import Vectors, norms, reciprocals, thread_count

__all__ = ["as_graph", "hnsw_graph"]

# Our metrics in hnswlib's words. Under cosine, rows are scaled to unit length first.
_SPACES = {"cosine": "ip", "euclidean": "l2", "dot": "ip"}
# Rows handed over at a time, about a second of work: interrupts are noticed in between.
_STEP = 4096
# The only layout of its state that this module can read.
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
    """Build a graph by inserting row after row, in ``n * (8 * M + 1)`` bytes or so.

    Nodes of upper levels have at most `M` links, rows twice as many. `seed` draws the levels: with
    one thread, the same seed gives the same graph. ImportError without hnswlib.
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
    # Until it is done, hnswlib holds two copies of the rows and their links in memory.
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
    """Return the graph of an ``hnswlib.Index`` whose labels are row numbers, as a copy.

    ImportError if this version of hnswlib keeps its state in another layout.
    """
    (state,) = index.__getstate__()
    if state["ser_version"] != _STATE_VERSION:
        raise ImportError(
            f"The installed hnswlib keeps its state in version {state['ser_version']}; "
            f"version {_STATE_VERSION} can be read."
        )
    # hnswlib numbers nodes in its own way; the links are rewritten to labels.
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
    """Return the upper levels, and the place of each number of hnswlib on the highest of them."""
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
    """Return the links of nodes, renamed by `names`, whose last entry stands for nobody."""
    counts = _column(nodes, offset, np.uint16)
    inside = slice(offset + 4, offset + 4 + 4 * width)
    numbers = np.ascontiguousarray(nodes[:, inside]).view(np.uint32)
    numbers[np.arange(width) >= counts[:, None]] = len(names) - 1
    return names[numbers]


def _column(nodes: npt.NDArray[np.uint8], offset: int, dtype: type) -> npt.NDArray[Any]:
    inside = slice(offset, offset + np.dtype(dtype).itemsize)
    return np.ascontiguousarray(nodes[:, inside]).view(dtype)[:, 0]
