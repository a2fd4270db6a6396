"""The float32 filter: how far its values may be off, and the limits that allow for it.

For query q and row x the filter computes a float32 value and drops the row only if
``value > limit[q]``, which a NaN never is. Let T be the k-th best float64 distance so far,
u = 2**-24, g(n) = n*u / (1 - n*u) (Higham 2002, section 3.1) and tiny = dim * 2**-148, which covers
products and squares that underflow (each is off by at most 2**-150). Every row of distance <= T
stays:

* euclidean: ``value = sum((q - x)**2)`` has the relative error g(dim + 2), so it is at most
  ``T**2 * (1 + g(dim + 8)) + tiny``. If it overflows, the true sum is beyond any finite limit.
* cosine: p = q / |q| is rounded to float32 (u), -p.x is off by g(dim)|x|, the stored 1/|x| by u,
  two more operations by u each. So ``value = (-p.x - tiny) / |x|`` is at most
  ``T - 1 + g(dim + 8)``. Rows whose 1/|x| float32 cannot hold well pass unfiltered.
* dot: -q.x is off by g(dim)|q||x| + tiny, so ``value = -q.x - g(dim + 8)|q||x|`` is at most
  ``T + tiny``. Rows for which |q||x| might overflow float32 pass unfiltered.

The six roundings between dim + 2 and dim + 8 pay for the float32 steps not named here and for the
float64 distances, which are off by less than 2**-28 of the bounds. Limits are rounded up.
"""

import numpy as np

from vecstore.kernels.jit.compiling import compiled

__all__ = [
    "COSINE",
    "DOT",
    "EUCLIDEAN",
    "gamma",
    "length_bound",
    "limit",
    "rounded_up",
    "underflow",
    "usable",
]

COSINE, EUCLIDEAN, DOT = 0, 1, 2


@compiled
def gamma(n: int) -> float:
    """Return ``n*u / (1 - n*u)``, u = 2**-24; inf where the bound no longer holds."""
    product = n * 2.0**-24
    return product / (1.0 - product) if product < 0.5 else np.inf


@compiled
def rounded_up(value: float) -> np.float32:
    """Return the nearest float32, or the next one up if that is below the value."""
    rounded = np.float32(value)
    if np.float64(rounded) < value:
        return np.float32(np.nextafter(rounded, np.float32(np.inf)))
    return rounded


@compiled
def underflow(dim: int) -> np.float32:
    """Return an upper bound on what the underflowing products of one row add up to."""
    return np.float32(dim * 2.0**-148)


@compiled
def length_bound(sq_norm: np.float32, dim: int) -> np.float32:
    """Return an upper bound on |x| in float32, from the float32 sum of squares."""
    return rounded_up(np.sqrt((sq_norm + dim * 2.0**-148) * (1.0 + 2.0 * gamma(dim))))


@compiled
def usable(inverse_norm: float) -> np.float32:
    """Return 1 / |x|, or NaN if float32 is too narrow for it (or for the row)."""
    if inverse_norm >= 2.0**-126 and inverse_norm <= 2.0**126:
        return np.float32(inverse_norm)
    return np.float32(np.nan)


@compiled
def limit(metric: int, dim: int, distance: float) -> np.float32:
    """Return the filter value above which no row has a distance of at most `distance`."""
    tiny = np.float64(underflow(dim))
    if metric == EUCLIDEAN:
        return rounded_up(distance * distance * (1.0 + gamma(dim + 8)) + tiny)
    if metric == COSINE:
        return rounded_up(distance - 1.0 + gamma(dim + 8))
    return rounded_up(distance + tiny)
