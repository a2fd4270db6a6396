"""Rows in 8 bits: the specification of `encode`, in NumPy.

A row is prepared in float64: scaled to unit length under cosine, then the center is subtracted.
Sixteen rows make a block. The scale of a block is its largest value over 127, so nothing is
clipped. Each error includes what float64 arithmetic may have rounded off, and every bound is
rounded up.
"""

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Codes
from vecstore.kernels.contract import Float32s, Float64s, Vectors
from vecstore.kernels.float64 import norms, reciprocals

__all__ = ["encode"]

_BLOCK = 16
_LARGEST = 127.0
# float64 values in one temporary array: 4 MiB.
_STEP_VALUES = 1 << 19

# Bound on what float64 may have rounded off a row's residual, relative to the lengths in it.
_ROUNDED = 2.0**-44
# Rows longer than this, and scales outside these bounds, are left to the other filters.
_HUGE = 2.0**60
_SCALES = 2.0**-100, 2.0**100


def encode(vectors: Vectors, metric: str, center: Float32s, *, threads: int | None = None) -> Codes:
    """As `contract.Engine.encode`."""
    n, dim = vectors.shape
    codes = Codes(
        np.full((n, -(-dim // 4) * 4), 128, np.uint8),
        np.empty((-(-n // _BLOCK), 3), np.float32),
        np.empty(n, np.float32),
        np.empty(n, np.float32),
        center,
    )
    step = max(1, _STEP_VALUES // dim // _BLOCK) * _BLOCK
    with np.errstate(over="ignore", invalid="ignore"):  # in rows that get no usable codes
        for first in range(0, n, step):
            _encode_rows(vectors, first, min(first + step, n), metric, codes)
    return codes


def _encode_rows(vectors: Vectors, first: int, stop: int, metric: str, out: Codes) -> None:
    """Encode rows ``first <= row < stop``; `first` must begin a block."""
    rows, dim = stop - first, vectors.shape[1]
    x = vectors[first:stop].astype(np.float64)
    if metric == "cosine":
        x *= reciprocals(norms(x))[:, None]
    center = out.center.astype(np.float64)
    y = x - center
    integral: npt.NDArray[np.bool_] = np.all(np.rint(x) == x, axis=1)
    integral &= np.all(np.rint(center) == center)

    whole, scale = _scales(y, integral)
    quotients = np.rint(y * (1.0 / scale)[:, None])
    rest = y - scale[:, None] * quotients
    lengths, residuals = _lengths(y), _lengths(rest)
    errors = _round_up(residuals + (lengths + _lengths(center)) * _ROUNDED)
    errors[whole] = 0.0
    fits: npt.NDArray[np.bool_] = np.all(np.abs(quotients) <= _LARGEST, axis=1)
    usable = fits & (lengths <= _HUGE)
    errors[~usable] = np.inf
    lengths[~usable] = np.inf

    out.codes[first:stop, :dim] = np.where(fits[:, np.newaxis], quotients, 0.0) + 128.0
    out.errors[first:stop] = errors
    out.norms[first:stop] = lengths
    blocks = slice(first // _BLOCK, -(-stop // _BLOCK))
    starts = np.arange(0, rows, _BLOCK)
    longest = _round_up(out.norms[first:stop].astype(np.float64) * (1.0 + 2.0**-24) + errors)
    out.bounds[blocks, 0] = scale[starts]
    out.bounds[blocks, 1] = np.maximum.reduceat(errors, starts)
    out.bounds[blocks, 2] = np.maximum.reduceat(longest, starts)


def _scales(y: Float64s, integral: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.bool_], Float64s]:
    """Return which rows are coded without error, and the scale of each row's block."""
    starts = np.arange(0, len(y), _BLOCK)
    # fmax: a NaN makes its own row unusable, not the block.
    largest = np.fmax.reduceat(np.fmax.reduce(np.abs(y), axis=1, initial=0.0), starts)
    # Small whole numbers (pixels, SIFT) are their own codes.
    whole: npt.NDArray[np.bool_] = np.logical_and.reduceat(integral, starts)
    whole &= largest <= _LARGEST
    scale = np.where(whole, 1.0, _round_up(largest / _LARGEST).astype(np.float64))
    least, greatest = _SCALES
    scale[~((scale >= least) & (scale <= greatest))] = 1.0
    blocks = np.arange(len(y)) // _BLOCK
    return whole[blocks], scale[blocks]


def _lengths(rows: Float64s) -> Float64s:
    lengths: Float64s = np.sqrt(np.einsum("...j,...j->...", rows, rows))
    return lengths


def _round_up(values: Float64s) -> Float32s:
    """Return the float32 next above the nearest one."""
    return np.nextafter(values.astype(np.float32), np.float32(np.inf))
