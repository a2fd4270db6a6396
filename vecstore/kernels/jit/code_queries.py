"""Queries made ready for the 8-bit scan: centered and quantised.

Names are those of ``csrc/certified-scan.md``. The score of a row is ``base + g.y + offset``, larger
is nearer, where y is the prepared row less the center c:

=========== ========== ============ =============
metric      g          base         offset
=========== ========== ============ =============
cosine      q / len q  g.c          0
dot         q          g.c          0
euclidean   q - c      -(g.g) / 2   -(y.y) / 2
=========== ========== ============ =============

Scores stand for cos, q.x and -distance**2 / 2, which do not depend on the center.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.kernels.contract import Float32s, Float64s
from vecstore.kernels.float64 import reciprocals
from vecstore.kernels.jit.arrays import line
from vecstore.kernels.jit.encoding import HUGE, LARGEST, ROUNDED
from vecstore.kernels.jit.float_filter import COSINE, EUCLIDEAN

__all__ = ["CodeQueries", "coded", "group"]

# Codes are padded to whole turns of the loop that the compiler makes of an integer product.
_TURN = 64

_LEAST_STEP = 2.0**-100


class CodeQueries(NamedTuple):
    """Queries against one center: query i is ``steps[i] * codes[i]`` but for ``errors[i]``."""

    metric: int
    values: Float32s
    sq_norms: Float64s
    codes: npt.NDArray[np.int16]
    shifts: npt.NDArray[np.int32]  # -128 times the sum of the codes
    steps: Float64s
    lengths: Float64s  # rounded up
    errors: Float64s  # rounded up
    bases: Float64s
    # What float64 may do to a score beyond what grows with the row; inf if the codes are unusable.
    rounding: Float64s


def coded(queries: Float32s, sq_norms: Float64s, center: Float32s, metric: int) -> CodeQueries:
    """Return the queries, (n, dim), against a center."""
    n, dim = queries.shape
    g, c = queries.astype(np.float64), center.astype(np.float64)
    if metric == COSINE:
        g *= reciprocals(np.sqrt(sq_norms))[:, None]
    is_whole = (np.rint(g) == g).all(axis=1) & (np.rint(c) == c).all()
    if metric == EUCLIDEAN:
        g -= c
    squares = np.einsum("ij,ij->i", g, g)
    lengths, center_length = np.sqrt(squares) * (1.0 + 2.0**-40), np.sqrt(c @ c)
    if metric == EUCLIDEAN:
        bases, sizes = -0.5 * squares, squares
    else:
        bases = g @ c
        sizes = lengths * center_length if metric != COSINE else np.full(n, 1.0 + center_length)
    largest = np.abs(g).max(axis=1)
    is_exact = is_whole & (largest <= LARGEST)
    steps = np.where(is_exact | (largest == 0.0), 1.0, largest / LARGEST)
    is_usable = (lengths <= HUGE) & (steps >= _LEAST_STEP)
    quotients = np.clip(np.rint(g / steps[:, None]), -LARGEST, LARGEST) * is_usable[:, None]
    rest = g - steps[:, None] * quotients
    residuals = np.sqrt(np.einsum("ij,ij->i", rest, rest))
    codes = np.zeros((n, -(-dim // _TURN) * _TURN), np.int16)
    codes[:, :dim] = quotients
    return CodeQueries(
        metric,
        line(queries.reshape(-1)),
        sq_norms,
        codes,
        (-128 * codes.sum(axis=1, dtype=np.int64)).astype(np.int32),
        steps,
        lengths,
        np.where(is_exact, 0.0, residuals + (lengths + center_length) * ROUNDED),
        bases,
        np.where(is_usable, (dim + 8) * 2.0**-50 * sizes, np.inf),
    )


def group(queries: CodeQueries, start: int, stop: int) -> CodeQueries:
    """Return queries start to stop."""
    dim, some = len(queries.values) // max(1, len(queries.steps)), slice(start, stop)
    return CodeQueries(
        queries.metric,
        queries.values[start * dim : stop * dim],
        queries.sq_norms[some],
        queries.codes[some],
        queries.shifts[some],
        queries.steps[some],
        queries.lengths[some],
        queries.errors[some],
        queries.bases[some],
        queries.rounding[some],
    )
