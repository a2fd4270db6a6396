"""3CosMul, compiled: a group of questions that share their distinct input vectors.

The filter takes float32 cosines, off by at most e = g(dim + 8) (see `jit_filter`), so each factor
(1 + cos) / 2 by e / 2. The product of the positive factors, each raised by e / 2, over the product
of the negative ones, each lowered by e / 2 but not below 0, plus 1e-6, is an upper bound of the
score; 1e-9 of it pays for float64 roundings (a factor may be -2**-53 instead of 0).
"""

from typing import NamedTuple

import numpy as np

from vecstore.kernels.contract import Float32s, Float64s, Groups, Int64s
from vecstore.kernels.jit_compile import compiled
from vecstore.kernels.jit_filter import COSINE, gamma, products
from vecstore.kernels.jit_scan import prepared
from vecstore.kernels.jit_state import Best, Rows, is_allowed, offer
from vecstore.kernels.jit_sums import cosine, dot, new_lanes

__all__ = ["questions", "scan_mul"]


class Questions(NamedTuple):
    """Questions over prepared input vectors, as `jit_scan.Queries` packs them under cosine.

    The inputs of question i are ``plus[plus_at[i]:plus_at[i + 1]]`` and likewise
    ``minus``.
    """

    dim: int
    values: Float32s
    sq_norms: Float64s
    width: int
    packed: Float32s
    plus_at: Int64s
    plus: Int64s
    minus_at: Int64s
    minus: Int64s


def questions(
    vectors: Float32s,
    sq_norms: Float64s,
    positive: Groups,
    negative: Groups,
    start: int,
    stop: int,
) -> Questions:
    """Return the questions start to stop as a group, with the input vectors they need."""
    plus_at, plus = _cut(positive, start, stop)
    minus_at, minus = _cut(negative, start, stop)
    needed, places = np.unique(np.concatenate((plus, minus)), return_inverse=True)
    inputs = prepared(vectors[needed], sq_norms[needed], COSINE, always_packed=True)
    return Questions(
        inputs.dim,
        inputs.values,
        inputs.sq_norms,
        inputs.width,
        inputs.packed,
        plus_at,
        places[: len(plus)],
        minus_at,
        places[len(plus) :],
    )


def _cut(groups: Groups, start: int, stop: int) -> Groups:
    offsets, indices = (np.asarray(part, dtype=np.int64) for part in groups)
    edges = offsets[start : stop + 1]
    return edges - edges[0], indices[edges[0] : edges[-1]]


@compiled
def _product(
    cosines: Float64s, offsets: Int64s, inputs: Int64s, i: int, shift: float, least: float
) -> float:
    """Multiply (1 + cos) / 2 + shift, but at least `least`, over the inputs of question i."""
    out = 1.0
    for j in range(offsets[i], offsets[i + 1]):
        factor = (1.0 + cosines[inputs[j]]) / 2.0 + shift
        out *= least if factor < least else factor
    return out


@compiled
def _set_cosines(
    rows: Rows, row: int, asked: Questions, inputs: Int64s, lanes: Float64s, out: Float64s
) -> None:
    """Set the float64 cosines of one row with the inputs."""
    dim, at = asked.dim, (row - rows.at) * rows.stride
    sq_norm = dot(rows.values, at, rows.values, at, dim, lanes)
    for u in inputs:
        product = dot(asked.values, u * dim, rows.values, at, dim, lanes)
        out[u] = cosine(product, asked.sq_norms[u], sq_norm)


@compiled
def _approximate(rows: Rows, row: int, asked: Questions, values: Float32s, out: Float64s) -> bool:
    """Set ``out`` to the float32 cosines of one row; False if float32 is too narrow for it."""
    inverse = rows.inverse_norms[row]
    if not (inverse >= 2.0**-126 and inverse <= 2.0**126):
        return False
    at = (row - rows.at) * rows.stride
    products(rows.values, at, asked.packed, asked.width, asked.dim, values)
    for u in range(len(out)):
        out[u] = -values[u] * inverse
    return True


@compiled
def scan_mul(rows: Rows, start: int, stop: int, asked: Questions, best: Best) -> None:
    """Offer the rows ``start <= row < stop`` of a block to every question of the group."""
    lanes, values = new_lanes(), np.empty(asked.width, dtype=np.float32)
    cosines, exact = np.empty(len(asked.sq_norms)), np.empty(len(asked.sq_norms))
    k, shift = best.distances.shape[1], gamma(asked.dim + 8) / 2.0
    plus, plus_at, minus, minus_at = asked.plus, asked.plus_at, asked.minus, asked.minus_at
    for row in range(start, stop):
        if not is_allowed(rows, row):
            continue
        filtered = _approximate(rows, row, asked, values, cosines)
        for i in range(len(plus_at) - 1):
            if filtered and best.counts[i] == k:
                above = _product(cosines, plus_at, plus, i, shift, 0.0)
                below = _product(cosines, minus_at, minus, i, -shift, 0.0) + 1e-6
                if above * (1.0 + 1e-9) < -best.distances[i, 0] * below:
                    continue
            _set_cosines(rows, row, asked, plus[plus_at[i] : plus_at[i + 1]], lanes, exact)
            _set_cosines(rows, row, asked, minus[minus_at[i] : minus_at[i + 1]], lanes, exact)
            above = _product(exact, plus_at, plus, i, 0.0, -np.inf)
            below = _product(exact, minus_at, minus, i, 0.0, -np.inf) + 1e-6
            offer(best, i, -(above / below), rows.first_row + row)
