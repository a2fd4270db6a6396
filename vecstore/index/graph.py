"""A graph over the rows of one segment: its arrays, and what can be wrong in them.

It is a hierarchical navigable small world. Level 0 links every row to rows near it. Each level
above holds a few of the nodes of the level below, with longer links. A walk starts at the top, goes
down greedily, and searches level 0 with a list of candidates.

See Malkov and Yashunin, 2018, "Efficient and robust approximate nearest neighbor search using
Hierarchical Navigable Small World graphs", IEEE TPAMI 42 (4).
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.arrays import check_count
from vecstore.kernels import Graph, Level

__all__ = [
    "NOBODY",
    "Graph",
    "Level",
    "as_arrays",
    "check_links",
    "from_arrays",
    "problems",
    "reached",
]

#: Fills unused places of links.
NOBODY = 0xFFFFFFFF

# No paper gives a node more links than this, and hnswlib takes no more.
_MOST_LINKS = 10_000


def check_links(M: int, ef_construction: int) -> tuple[int, int]:
    """Return `M` (2 to 10,000) and `ef_construction` (from 1); TypeError or ValueError if wrong."""
    M = check_count(M, "M", 2)
    if M > _MOST_LINKS:
        raise ValueError(f"`M` must be at most {_MOST_LINKS}; got {M}.")
    return M, check_count(ef_construction, "ef_construction")


def as_arrays(graph: Graph) -> dict[str, npt.NDArray[Any]]:
    """Return a graph as named arrays: ``links``, ``entry``, ``level0_links``, ``level0_down``, ...

    In these names level 0 is the highest. No array is empty, except the links of an empty graph.
    """
    arrays: dict[str, npt.NDArray[Any]] = {"links": graph.links, "entry": np.array([graph.entry])}
    for i, level in enumerate(graph.levels):
        arrays[f"level{i}_links"], arrays[f"level{i}_down"] = level
    return arrays


def from_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> Graph:
    """Return the graph that `as_arrays` took apart, on the same memory.

    Checks shapes and dtypes but no values; ValueError if an array is missing or wrong.
    """
    links, entry = _array(arrays, "links", np.uint32, 2), _array(arrays, "entry", np.int64, 1)
    levels: list[Level] = []
    while (name := f"level{len(levels)}") + "_links" in arrays:
        level = Level(
            _array(arrays, f"{name}_links", np.uint32, 2),
            _array(arrays, f"{name}_down", np.uint32, 1),
        )
        if len(level.down) != len(level.links):
            raise ValueError(
                f"`{name}_down` must have shape ({len(level.links)},); got {level.down.shape}."
            )
        levels.append(level)
    if len(entry) != 1:
        raise ValueError(f"`entry` must have shape (1,); got {entry.shape}.")
    return Graph(links, tuple(levels), int(entry[0]))


def _array(
    arrays: Mapping[str, npt.NDArray[Any]], name: str, dtype: type, ndim: int
) -> npt.NDArray[Any]:
    array = arrays.get(name)
    if array is None:
        raise ValueError(f"`{name}` must be among the arrays; got {', '.join(sorted(arrays))}.")
    if array.dtype != dtype or array.ndim != ndim or not array.flags.c_contiguous:
        wanted = f"{np.dtype(dtype).name} in C order with {ndim} axes"
        raise ValueError(f"`{name}` must be {wanted}; got {array.dtype} of shape {array.shape}.")
    return array


def problems(graph: Graph, n: int) -> Iterator[str]:
    """Yield what is wrong with a graph over n rows, in sentences, reading every link.

    A graph without problems leads from its entry to every row.
    """
    if len(graph.links) != n:
        yield f"The graph has {len(graph.links)} rows; the segment has {n}."
        return
    sizes = [len(level.down) for level in graph.levels] + [n]
    if n and not 0 <= graph.entry < sizes[0]:
        yield f"The walk starts at {graph.entry}, which is not among {sizes[0]} nodes."
        return
    for i, level in enumerate(graph.levels):
        if wrong := np.count_nonzero(level.down >= sizes[i + 1]):
            yield f"On level {i} from the top, {wrong} nodes are not among those below."
            return
        yield from _wrong_links(level.links, f"on level {i} from the top")
    yield from _wrong_links(graph.links, "of rows")
    if n and (lost := n - np.count_nonzero(reached(graph))):
        yield f"{lost} rows cannot be reached from where a walk starts."


def _wrong_links(links: npt.NDArray[np.uint32], where: str) -> Iterator[str]:
    used = links < len(links)
    if wrong := np.count_nonzero(~used & (links != NOBODY)):
        yield f"{wrong} links {where} lead nowhere."
    if late := np.count_nonzero(used[:, 1:] & ~used[:, :-1]):
        yield f"{late} links {where} stand behind the end of their list."


def _start(graph: Graph) -> int:
    """Return the row that the entry leads down to."""
    place = graph.entry
    for level in graph.levels:
        place = int(level.down[place])
    return place


def reached(graph: Graph) -> npt.NDArray[np.bool_]:
    """Return which rows a walk can come to, if it is wide enough, by the links of level 0."""
    links, there = graph.links, np.zeros(len(graph.links), np.bool_)
    wave = np.array([_start(graph)])
    while len(wave):
        there[wave] = True
        ahead = np.unique(links[wave])
        ahead = ahead[ahead < len(links)]
        wave = ahead[~there[ahead]]
    return there
