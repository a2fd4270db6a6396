"""Links to rows that no walk would reach.

Insertion links a row to rows near it, and those back to it. But a full list drops links again, and
a row that keeps no link to it is lost. Under cosine that happens to a few rows in a million. Under
``"dot"``, where short vectors are near nobody, it happens to up to a tenth of all.
"""

import numpy as np
import numpy.typing as npt

from vecstore.index.graph import NOBODY, Graph, reached

__all__ = ["joined"]

# Replacing a link may lose another row; the next round finds it.
_ROUNDS = 20


def joined(graph: Graph) -> Graph:
    """Return a graph with a few other links on level 0, so that all but hopeless rows are reached.

    A lost row gets a link from a row that it links to itself: in a free place, or in that of the
    row which most others link to. If that fails, it gets one from any row with a free place.
    """
    if not len(graph.links):
        return graph
    links, lost_before = graph.links.copy(), len(graph.links)
    for _ in range(_ROUNDS):
        there = reached(graph._replace(links=links))
        lost = np.flatnonzero(~there)
        if not len(lost):
            return graph._replace(links=links)
        if len(lost) >= lost_before:
            break
        lost_before = len(lost)
        linked = np.bincount(links[links < len(links)], minlength=len(links))
        for row in lost.tolist():
            if not there[row]:
                _link(links, row, there, linked)
    _adopt(graph._replace(links=links))
    return graph._replace(links=links)


def _adopt(graph: Graph) -> None:
    """Link to rows that none of their own neighbours can take, from any row with a free place."""
    there, free = reached(graph), graph.links == NOBODY
    hosts = np.flatnonzero(there & free.any(axis=1))
    lost = np.flatnonzero(~there)[: len(hosts)]
    hosts = hosts[: len(lost)]
    graph.links[hosts, free[hosts].argmax(axis=1)] = lost


def _link(
    links: npt.NDArray[np.uint32],
    row: int,
    there: npt.NDArray[np.bool_],
    linked: npt.NDArray[np.int64],
) -> None:
    """Link to one row from the first of its own neighbours that can do it."""
    for host in links[row][links[row] < len(links)].tolist():
        if not there[host]:
            continue
        free = np.flatnonzero(links[host] == NOBODY)
        if len(free):
            place = free[0]
        else:
            place = np.argmax(linked[links[host]])  # the row with the most links to it
            if linked[links[host, place]] < 2:
                continue
            linked[links[host, place]] -= 1
        links[host, place] = row
        linked[row] += 1
        there[row] = True
        return
