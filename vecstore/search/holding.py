"""Rows that are taken out of a graph to be used as queries, with or without their copies.

A row whose copy is still in the graph is found too easily: the copy leads right to its neighbours.
A row counts as a copy if it lies much nearer than other rows do, whatever noise it has.
"""

import numpy as np
import numpy.typing as npt

from vecstore import kernels
from vecstore.arrays import Block, as_words
from vecstore.index import NOBODY, Graph, Level
from vecstore.kernels import Float32s, Int64s, allowed
from vecstore.search import exact

__all__ = ["held_out", "hiding", "without"]

_QUERIES = 512
# One row in 16 at most is taken out, or one in 8 with copies: what is left is still the same data.
_ROWS_PER_QUERY, _ROWS_PER_HIDDEN = 16, 8
# Rows this much nearer than the nearest of a few hundred are copies. Noise of a tenth of the length
# gives 0.2 at most; the nearest of 50,000 words or digits lie at 0.6 to 0.9.
_COPY = 0.3
_FEW = 1.125
_FIRST_LOOK = 16  # neighbours; if all of them are copies, eight times as many, and so on


def held_out(
    graph: Graph, block: Block, metric: str, seed: int, threads: int | None
) -> list[tuple[Float32s, Int64s]]:
    """Return queries, with the rows to hide for them: rows alone, and rows with their copies."""
    free = allowed(block)
    free[_start(graph)] = False
    rows = np.flatnonzero(free)
    size = min(_QUERIES, len(rows) // _ROWS_PER_QUERY)
    if not size:
        return []
    held = np.sort(np.random.default_rng(seed).choice(rows, size, replace=False))
    queries, most = np.asarray(block.vectors[held], np.float32), len(rows) // _ROWS_PER_HIDDEN
    groups = _copies(block, held, queries, metric, most, threads)
    chosen, gone = _apart(held, groups, _start(graph), most)
    alone = (queries, _ends(block, held, groups))
    if not len(chosen):
        return []
    apart = np.asarray(block.vectors[chosen], np.float32), gone
    # A few copies change nothing measurable, so the rows alone need no trial of their own.
    few = len(gone) <= _FEW * len(held) and len(chosen) * _FEW >= len(held)
    return [apart] if few else [alone, apart]


def _ends(block: Block, held: Int64s, groups: list[Int64s]) -> Int64s:
    """Return, for each row, the last one equal to it, below which no other copy hangs."""
    ends = held.copy()
    for place, group in enumerate(groups):
        equal = (block.vectors[group] == block.vectors[held[place]]).all(axis=1)
        ends[place] = group[equal].max(initial=held[place])
    return np.unique(ends)


def _apart(held: Int64s, groups: list[Int64s], start: int, most: int) -> tuple[Int64s, Int64s]:
    """Return rows no two of which are copies, and these with all copies, at most `most` in all."""
    taken: set[int] = set()
    chosen: list[int] = []
    for place in np.random.default_rng(0).permutation(len(held)).tolist():
        group = {int(held[place]), *groups[place].tolist()}
        if start in group or taken & group or len(taken) + len(group) > most:
            continue
        taken |= group
        chosen.append(int(held[place]))
    return np.array(sorted(chosen), np.int64), np.array(sorted(taken), np.int64)


def _start(graph: Graph) -> int:
    """Return the row where a walk starts."""
    node = graph.entry
    for level in graph.levels:
        node = int(level.down[node])
    return node


def without(graph: Graph, held: Int64s) -> Graph:
    """Return the graph without links to some rows, on every level."""
    gone = np.zeros(len(graph.links), np.bool_)
    gone[held] = True
    links, levels = _unlinked(graph.links, gone), list[Level]()
    for level in reversed(graph.levels):
        gone = gone[level.down]
        levels.insert(0, level._replace(links=_unlinked(level.links, gone)))
    return graph._replace(links=links, levels=tuple(levels))


def _unlinked(links: npt.NDArray[np.uint32], gone: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint32]:
    links, ends = links.copy(), np.append(gone, False)  # the place at the end is for nobody
    doomed = ends[np.minimum(links, len(gone))]
    for row in np.flatnonzero(doomed.any(axis=1)).tolist():
        left = links[row][~doomed[row]]
        links[row] = NOBODY
        links[row, : len(left)] = left
    return links


def hiding(block: Block, held: Int64s) -> Block:
    """Return the block with some rows masked out."""
    free = allowed(block)
    free[held] = False
    return block._replace(mask=as_words(free))


def _copies(
    block: Block, held: Int64s, queries: Float32s, metric: str, most: int, threads: int | None
) -> list[Int64s]:
    """Return the copies of rows of the block, themselves included; hardly above `most` each."""
    near = _distant(queries, metric) * _COPY
    if metric == "cosine":
        near = near * near / 2  # 1 - cos of unit vectors that far apart
    engine = kernels.engine()
    level, n = kernels.level(engine), len(block.vectors)
    by = "cosine" if metric == "cosine" else "euclidean"
    # Codes made for dot do not serve euclidean.
    looked_at = block._replace(codes=None) if metric == "dot" else block
    groups: list[Int64s] = [held[:0]] * len(held)
    waiting, k = np.arange(len(held)), min(_FIRST_LOOK, n)
    while len(waiting):
        path = exact.choose(
            level, rows=n, qualifying=n, dim=queries.shape[1], n_queries=len(waiting), k=k
        )
        if metric == "dot" and path == "codes":
            path = "float"
        found, _ = exact.search([looked_at], queries[waiting], k, by, path, threads=threads)
        # Equal vectors may lie a rounding apart.
        inside = (found.rows >= 0) & (found.distances <= max(near, 1e-12))
        for place, which in enumerate(waiting.tolist()):
            groups[which] = found.rows[place][inside[place]] - block.first_row
        waiting = waiting[inside.all(axis=1) & (k < min(n, most + 1))]
        k = min(n, k * 8)
    return groups


def _distant(queries: Float32s, metric: str) -> float:
    """Return the median distance of rows drawn at random to the nearest other one drawn."""
    drawn = queries.astype(np.float64)
    if metric == "cosine":
        lengths = np.sqrt(np.square(drawn).sum(axis=1, keepdims=True))
        drawn /= np.where(lengths > 0, lengths, 1)
    squares = np.square(drawn).sum(axis=1)
    apart = squares[:, None] + squares - 2 * drawn @ drawn.T
    np.fill_diagonal(apart, np.inf)
    nearest = np.sqrt(np.maximum(apart.min(axis=1), 0))
    distinct = nearest[np.isfinite(nearest) & (nearest > 1e-6 * np.sqrt(squares.max(initial=0)))]
    return float(np.median(distinct)) if len(distinct) else 0.0
