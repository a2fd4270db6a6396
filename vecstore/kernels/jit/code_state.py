"""What the scan of 8-bit codes works on: a block, and the rows of it that may yet be answers."""

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Block
from vecstore.kernels.contract import Float32s, Float64s, Int64s
from vecstore.kernels.jit.arrays import flat, line
from vecstore.kernels.jit.compiling import compiled
from vecstore.kernels.jit.scan_state import Best, Rows

__all__ = ["CodeRows", "Waiting", "code_rows", "load", "new_waiting", "raise_least"]


class CodeRows(NamedTuple):
    """A block with its codes, which begin at ``codes[r * code_stride]`` for row r.

    The row itself begins at element ``r * rows.stride`` of ``rows.values``, or of `halves` if the
    block is float16.
    """

    rows: Rows
    halves: npt.NDArray[np.uint16]
    widened: Float32s  # the float32 of every float16, by its bits
    codes: npt.NDArray[np.uint8]
    code_stride: int
    bounds: Float32s
    errors: Float32s
    norms: Float32s


class Waiting(NamedTuple):
    """Rows that may be answers until more is known, all of one block.

    Those of query i are ``rows[i, :counts[i]]``. `floors` and `lowers` hold across all blocks.
    """

    uppers: Float64s  # (n_queries, room): upper bounds of the scores
    rows: Int64s  # (n_queries, room)
    counts: Int64s
    floors: Float64s  # no answer has a score below this
    lowers: Float64s  # (n_queries, k): a heap of the k largest lower bounds, the least on top


def code_rows(block: Block) -> CodeRows:
    """Return a block that has codes as the compiled scan takes it."""
    assert block.codes is not None
    codes, bounds, errors, norms, _ = block.codes
    is_half = block.vectors.dtype == np.float16
    elements, stride = flat(block.vectors.view(np.uint16) if is_half else block.vectors)
    values = np.empty(0, np.float32) if is_half else elements
    halves = elements if is_half else np.empty(0, np.uint16)
    words = np.empty(0, np.uint64) if block.mask is None else block.mask
    none = line(np.empty(0, np.float32))
    return CodeRows(
        Rows(line(values), stride, 0, block.first_row, none, line(words)),
        line(halves),
        _widened(),
        line(codes.reshape(-1)),
        codes.shape[1],
        line(bounds.reshape(-1)),
        line(errors),
        line(norms),
    )


def new_waiting(best: Best) -> Waiting:
    """Return room for the rows that wait beside the best ones."""
    n_queries, k = best.distances.shape
    # Bounds rank rows only roughly, hence four times k. If more than half of a full list is still
    # needed, the list is scored: memory stays bounded, and no row is scored twice.
    room = max(4 * k, 128)
    return Waiting(
        np.empty((n_queries, room)),
        np.empty((n_queries, room), dtype=np.int64),
        np.zeros(n_queries, dtype=np.int64),
        np.full(n_queries, -np.inf),
        np.full((n_queries, k), -np.inf),
    )


@compiled
def load(block: CodeRows, row: int, out: Float32s) -> None:
    """Copy a row, widened to float32."""
    at = row * block.rows.stride
    if len(block.halves) == 0:
        for j in range(len(out)):
            out[j] = block.rows.values[at + j]
    else:
        for j in range(len(out)):
            out[j] = block.widened[block.halves[at + j]]


@compiled
def raise_least(lowers: Float64s, query: int, lower: float) -> None:
    """Replace the least of the k largest lower bounds by another one."""
    k, place, child = lowers.shape[1], 0, 1
    while child < k:
        if child + 1 < k and lowers[query, child + 1] < lowers[query, child]:
            child += 1
        if lowers[query, child] >= lower:
            break
        lowers[query, place] = lowers[query, child]
        place, child = child, 2 * child + 1
    lowers[query, place] = lower


@cache
def _widened() -> Float32s:
    """Return the float32 of every float16, by its bits: Numba has no float16 on a processor."""
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    every: Float32s = line(halves.astype(np.float32))
    return every
