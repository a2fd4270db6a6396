"""The scan under a metric of the caller's own, compiled together with it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from vecstore.kernels.contract import Float32s
from vecstore.kernels.jit.compiling import compiled_in_memory
from vecstore.kernels.jit.scan_state import Best, Rows, is_allowed, offer

__all__ = ["scan_custom"]


@compiled_in_memory
def scan_custom(
    rows: Rows,
    start: int,
    stop: int,
    queries: Float32s,
    function: Callable[[Any, Any], float],
    best: Best,
) -> None:
    """Offer rows ``start <= row < stop`` of a block to every query, by the caller's distance."""
    # Copy each row: the function may be compiled for writable arrays, which mapped rows are not.
    dim = queries.shape[1]
    x = np.empty(dim, dtype=np.float32)
    for row in range(start, stop):
        if not is_allowed(rows, row):
            continue
        at = (row - rows.at) * rows.stride
        x[:] = rows.values[at : at + dim]
        for q in range(len(queries)):
            distance = np.float64(function(queries[q], x))
            best.scored[q] += 1
            offer(best, q, distance, rows.first_row + row)
