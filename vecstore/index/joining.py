"""Links to rows that no walk would reach.

Insertion links a row to rows near it, and these back to it; but a list that is full drops links
again, and a row to which none are left is lost. Under cosine that happens to a few rows in a
million, under ``"dot"``, where short vectors are near nobody, to up to a tenth of all.
"""

import numpy as np
import numpy.typing as npt

from vecstore.index.graph import NOBODY, Graph, reached

__all__ = ["joined"]

# A link that is given away may lose another row; that is found in the next round.
_ROUNDS = 20


def joined(graph: Graph) -> Graph:
    """Return a graph all rows of which can be reached, but for hopeless ones.

    Parameters
    ----------
    graph : Graph
        Of any rows.

    Returns
    -------
    Graph
        The same links but for a few on level 0.

    Notes
    -----
    A lost row gets a link from a row that it is linked to itself: in a free place, or in that of
    the row which most others are linked to; where that does not help, from any with a free place.

    Examples
    --------
    >>> lost = Graph(np.array([[1, NOBODY], [0, NOBODY], [0, 1]], np.uint32), (), 0)
    >>> joined(lost).links.tolist()
    [[1, 2], [0, 4294967295], [0, 1]]
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
    """Give rows that none of their own neighbours can take to any that have a free place."""
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
    """Link one row from the first of its own neighbours that can do it."""
    for host in links[row][links[row] < len(links)].tolist():
        if not there[host]:
            continue
        free = np.flatnonzero(links[host] == NOBODY)
        if len(free):
            place = free[0]
        else:
            place = np.argmax(linked[links[host]])  # the row that misses a link least
            if linked[links[host, place]] < 2:
                continue
            linked[links[host, place]] -= 1
        links[host, place] = row
        linked[row] += 1
        there[row] = True
        return
