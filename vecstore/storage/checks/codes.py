"""The promises of the 8-bit codes, proved once more in float64.

A search rules rows out by what the codes promise. Each promise that does not hold is a row that a
search may miss without anybody noticing.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Codes, Rows
from vecstore.storage.checks.problems import Problem

__all__ = ["CODE_BLOCK", "check_codes"]

#: Consecutive rows that share a scale.
CODE_BLOCK = 16
_ZERO = 128

# Rounding error of either float64 computation of a residual, relative to the lengths in it.
_ROUNDED = 2.0**-44
# float32 rounds to nearest: the relative error is at most half of this.
_NEAREST = 2.0**-23

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def check_codes(
    path: Path, codes: Codes, vectors: npt.NDArray[Any], metric: str, rows: Rows
) -> Iterator[Problem]:
    """Find what is wrong with the codes of some rows, at most one problem of each sort.

    `rows` ascend and are whole blocks of 16, but for the last block of the file.
    """
    dim = vectors.shape[1]  # codes are padded to a multiple of 4
    stored = codes.codes[rows]
    wild: Bools = np.any(stored < 1, axis=1) | np.any(stored[:, dim:] != _ZERO, axis=1)
    yield from _where(path, "scan/codes", wild, rows, "bytes that no code is")

    with np.errstate(all="ignore"):  # a damaged array may hold anything
        errors = codes.errors[rows].astype(np.float64)
        usable = errors != np.inf
        scales = codes.bounds[rows // CODE_BLOCK, 0].astype(np.float64)
        y = _prepared(vectors[rows], metric) - codes.center.astype(np.float64)
        rest = y - scales[:, None] * (stored[:, :dim].astype(np.float64) - _ZERO)
        lengths, residuals = _lengths(y), _lengths(rest)
        slack = (lengths + float(_lengths(codes.center.astype(np.float64)))) * _ROUNDED
        uncertain = usable & ~(residuals <= errors)
        yield from _where(path, "scan/errors", uncertain, rows, "errors that are too small")
        norms = codes.norms[rows].astype(np.float64)
        off = usable & ~(np.abs(norms - lengths) <= lengths * _NEAREST + slack + _tiniest())
        yield from _where(path, "scan/norms", off, rows, "lengths that are not theirs")
        reach = np.where(usable, lengths + errors - slack, np.inf)
        yield from _check_bounds(path, codes, rows, errors, reach)


def _check_bounds(
    path: Path, codes: Codes, rows: Rows, errors: Floats, reach: Floats
) -> Iterator[Problem]:
    """Find blocks whose bounds are below the largest error, or length plus error, of their rows."""
    starts = np.flatnonzero(rows % CODE_BLOCK == 0)
    blocks = rows[starts] // CODE_BLOCK
    bounds = codes.bounds[blocks].astype(np.float64)
    for column, values in ((1, errors), (2, reach)):
        low = ~(bounds[:, column] >= np.maximum.reduceat(values, starts))
        yield from _where(path, "scan/bounds", low, blocks, "bounds that are too small")


def _prepared(vectors: npt.NDArray[Any], metric: str) -> Floats:
    x = vectors.astype(np.float64)
    return x / _lengths(x)[:, None] if metric == "cosine" else x


def _lengths(rows: Floats) -> Floats:
    lengths: Floats = np.sqrt(np.einsum("...j,...j->...", rows, rows))
    return lengths


def _tiniest() -> float:
    return float(np.finfo(np.float32).smallest_subnormal)


def _where(path: Path, name: str, wrong: Bools, rows: Rows, what: str) -> Iterator[Problem]:
    if wrong.any():
        first = rows[int(np.argmax(wrong))]
        unit = "block" if name == "scan/bounds" else "row"
        yield Problem(path, f'"{name}" has {what}, the first one at {unit} {first}')
