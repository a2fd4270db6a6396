"""3CosMul, compiled: a group of questions that share their distinct input vectors.

The filter takes float32 cosines, off by at most e = g(dim + 8) + tiny / |x| (see `float_filter`),
so each factor (1 + cos) / 2 is off by e / 2. An upper bound of the score is the product of the
positive factors, each raised by e / 2, over the product of the negative ones, each lowered by e / 2
but not below 0, plus 1e-6. It is raised by 1e-9 of itself to pay for float64 rounding (a factor may
be -2**-53, not 0).
"""

from typing import NamedTuple

import numpy as np

from vecstore.kernels.contract import Float32s, Float64s, Groups, Int64s
from vecstore.kernels.jit.compiling import compiled
from vecstore.kernels.jit.float64_sums import cosine, dot, new_lanes
from vecstore.kernels.jit.float_filter import COSINE, gamma, underflow, usable
from vecstore.kernels.jit.float_scan import prepared
from vecstore.kernels.jit.panels import Panel, products
from vecstore.kernels.jit.scan_state import Best, Rows, is_allowed, offer

__all__ = ["Questions", "questions", "scan_mul"]

#: (partial sums, float64 cosines of one row).
Scratch = tuple[Float64s, Float64s]


class Questions(NamedTuple):
    """Questions over prepared input vectors, packed as `float_scan.Queries` are under cosine.

    The inputs of question i are ``plus[plus_at[i]:plus_at[i + 1]]``, and likewise ``minus``.
    """

    dim: int
    values: Float32s
    sq_norms: Float64s
    packed: Panel
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
    """Return questions start to stop as a group, with only the input vectors they need."""
    plus_at, plus = _cut(positive, start, stop)
    minus_at, minus = _cut(negative, start, stop)
    needed, places = np.unique(np.concatenate((plus, minus)), return_inverse=True)
    inputs = prepared(vectors[needed], sq_norms[needed], COSINE, is_panel=True)
    return Questions(
        inputs.dim,
        inputs.values,
        inputs.sq_norms,
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
def _product(cosines: Float64s, inputs: Int64s) -> float:
    """Multiply (1 + cos) / 2 over the inputs, from left to right."""
    out = 1.0
    for u in inputs:
        out *= (1.0 + cosines[u]) / 2.0
    return out


@compiled
def _set_bounds(asked: Questions, sums: Float32s, inverse: np.float32, out: Float64s) -> None:
    """Set ``out[i]`` to an upper bound of the score of question i, from negated products."""
    plus, plus_at, minus, minus_at = asked.plus, asked.plus_at, asked.minus, asked.minus_at
    # If float32 is too narrow for the row, its bound is NaN, which is below no score.
    shift = (gamma(asked.dim + 8) + underflow(asked.dim) * inverse) / 2.0
    for i in range(len(out)):
        above, below = 1.0, 1.0
        for j in range(plus_at[i], plus_at[i + 1]):
            factor = (1.0 - sums[plus[j]] * inverse) / 2.0 + shift
            above *= 0.0 if factor < 0.0 else factor
        for j in range(minus_at[i], minus_at[i + 1]):
            factor = (1.0 - sums[minus[j]] * inverse) / 2.0 - shift
            below *= 0.0 if factor < 0.0 else factor
        out[i] = above / (below + 1e-6) * (1.0 + 1e-9)


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
def _score(rows: Rows, row: int, asked: Questions, i: int, scratch: Scratch) -> float:
    """Return the float64 score of the row for question i."""
    lanes, cosines = scratch
    plus = asked.plus[asked.plus_at[i] : asked.plus_at[i + 1]]
    minus = asked.minus[asked.minus_at[i] : asked.minus_at[i + 1]]
    _set_cosines(rows, row, asked, plus, lanes, cosines)
    _set_cosines(rows, row, asked, minus, lanes, cosines)
    return _product(cosines, plus) / (_product(cosines, minus) + 1e-6)


@compiled
def scan_mul(rows: Rows, start: int, stop: int, asked: Questions, best: Best) -> None:
    """Offer the rows ``start <= row < stop`` of a block to every question of the group."""
    n_questions, k = best.distances.shape
    scratch, bounds = (new_lanes(), np.empty(len(asked.sq_norms))), np.empty(n_questions)
    reached, counts = best.distances, best.counts
    strip = np.empty((64, asked.packed.shape[1]), dtype=np.float32)
    for first in range(start, stop, 64):
        last = min(stop, first + 64)
        at = (first - rows.at) * rows.stride
        products(rows.values, at, rows.stride, asked.packed, strip[: last - first])
        for row in range(first, last):
            if not is_allowed(rows, row):
                continue
            _set_bounds(asked, strip[row - first], usable(rows.inverse_norms[row]), bounds)
            for i in range(n_questions):
                if counts[i] == k and bounds[i] < -reached[i, 0]:
                    continue
                best.scored[i] += 1
                offer(best, i, -_score(rows, row, asked, i, scratch), rows.first_row + row)
