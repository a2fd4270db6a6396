"""The float32 filter, compiled: approximate values of one row for a group of queries, and limits.

For query q and row x the filter computes a float32 value, and drops the row only if
``value > limit[q]``; NaN never is. Let T be the k-th best float64 distance so far, u = 2**-24,
g(n) = n*u / (1 - n*u) (Higham 2002, section 3.1) and tiny = dim * 2**-148, which covers products
and squares that underflow (each is off by at most 2**-150). Then every row of distance <= T stays:

* euclidean: ``value = sum((q - x)**2)`` has the relative error g(dim + 2), so it is at most
  ``T**2 * (1 + g(dim + 8)) + tiny``. If it overflows, the true sum is beyond any finite limit.
* cosine: p = q / |q| is rounded to float32 (u), -p.x is off by g(dim)|x|, the stored 1/|x| by u,
  two more operations by u each: ``value = (-p.x - tiny) / |x|`` is at most
  ``T - 1 + g(dim + 8)``. Rows whose 1/|x| float32 cannot hold well pass unfiltered.
* dot: -q.x is off by g(dim)|q||x| + tiny, so ``value = -q.x - g(dim + 8)|q||x|`` is at most
  ``T + tiny``. Rows for which |q||x| might overflow float32 pass unfiltered.

The six roundings between dim + 2 and dim + 8 pay for the float32 steps not named here and for the
float64 distances, which are off by less than a 2**-28th of the bounds. Limits are rounded up.
"""

import numpy as np

from vecstore.kernels.contract import Float32s
from vecstore.kernels.jit_compile import compiled

__all__ = ["COSINE", "DOT", "EUCLIDEAN", "LANES", "gamma", "limit", "products", "sq_differences"]

COSINE, EUCLIDEAN, DOT = 0, 1, 2

# Queries of a group are padded to a multiple of this: one vector register of float32 at AVX-512.
LANES = 16


@compiled
def gamma(n: int) -> float:
    """Return ``n*u / (1 - n*u)``, u = 2**-24, and inf where that bound ends."""
    product = n * 2.0**-24
    return product / (1.0 - product) if product < 0.5 else np.inf


@compiled
def rounded_up(value: float) -> np.float32:
    """Return a float32 that is not below the value."""
    rounded = np.float32(value)
    if np.float64(rounded) < value:
        return np.float32(np.nextafter(rounded, np.float32(np.inf)))
    return rounded


@compiled
def limit(metric: int, dim: int, distance: float) -> np.float32:
    """Return the filter value above which no row has a distance as small as `distance`."""
    tiny = dim * 2.0**-148
    if metric == EUCLIDEAN:
        return rounded_up(distance * distance * (1.0 + gamma(dim + 8)) + tiny)
    if metric == COSINE:
        return rounded_up(distance - 1.0 + gamma(dim + 8))
    return rounded_up(distance + tiny)


@compiled
def products(x: Float32s, at: int, packed: Float32s, width: int, dim: int, out: Float32s) -> None:
    """Set ``out[q]`` to the float32 sum of ``x[at + j] * packed[j * width + q]``, j < dim."""
    for q in range(width):
        out[q] = np.float32(0.0)
    whole = dim - dim % 4
    for j in range(0, whole, 4):
        x0, x1, x2, x3 = x[at + j], x[at + j + 1], x[at + j + 2], x[at + j + 3]
        p0 = j * width
        p1, p2, p3 = p0 + width, p0 + 2 * width, p0 + 3 * width
        for q in range(width):
            out[q] += (
                x0 * packed[p0 + q]
                + x1 * packed[p1 + q]
                + x2 * packed[p2 + q]
                + x3 * packed[p3 + q]
            )
    for j in range(whole, dim):
        x0, p0 = x[at + j], j * width
        for q in range(width):
            out[q] += x0 * packed[p0 + q]


@compiled
def sq_differences(
    x: Float32s, at: int, packed: Float32s, width: int, dim: int, out: Float32s
) -> None:
    """Set ``out[q]`` to the float32 sum of ``(x[at + j] - packed[j * width + q])**2``."""
    for q in range(width):
        out[q] = np.float32(0.0)
    whole = dim - dim % 4
    for j in range(0, whole, 4):
        x0, x1, x2, x3 = x[at + j], x[at + j + 1], x[at + j + 2], x[at + j + 3]
        p0 = j * width
        p1, p2, p3 = p0 + width, p0 + 2 * width, p0 + 3 * width
        for q in range(width):
            d0, d1 = x0 - packed[p0 + q], x1 - packed[p1 + q]
            d2, d3 = x2 - packed[p2 + q], x3 - packed[p3 + q]
            out[q] += d0 * d0 + d1 * d1 + d2 * d2 + d3 * d3
    for j in range(whole, dim):
        x0, p0 = x[at + j], j * width
        for q in range(width):
            d0 = x0 - packed[p0 + q]
            out[q] += d0 * d0
