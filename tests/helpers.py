"""What kernel tests share: hostile vectors, awkward memory, bounds, and comparing neighbours."""

from pathlib import Path
from typing import Any

import numpy as np

KINDS = ["uniform", "one huge", "denormals", "all equal", "zero row", "clustered"]

#: Distances, rows and counts; what an engine says beyond them is not compared.
Found = tuple[np.ndarray, np.ndarray, np.ndarray, *tuple[Any, ...]]


def make_vectors(
    kind: str, n: int, dim: int, rng: np.random.Generator, dtype: Any = np.float32
) -> np.ndarray:
    """Rows of one of KINDS, shape (n, dim). Squares of the huge element do not overflow."""
    half = np.dtype(dtype) == np.float16
    rows = rng.uniform(-1, 1, (n, dim))
    if kind == "one huge":
        rows[n // 2 :, dim // 2] = 2.0**15 if half else 2.0**60
    elif kind == "denormals":
        rows *= 2.0**-16 if half else 2.0**-140
    elif kind == "all equal":
        rows[:] = rows[:1]
    elif kind == "zero row":
        rows[n // 2 : n // 2 + 1] = 0
    elif kind == "clustered":
        # Far from the origin and close together: what cancels worst.
        rows = rng.uniform(3, 5, dim) + rows * 2.0**-6
    elif kind != "uniform":
        raise ValueError(f"`kind` must be one of {KINDS}; got {kind!r}.")
    return rows.astype(dtype)


def misaligned(array: np.ndarray, floats: int, extra: int = 0) -> np.ndarray:
    """Copy of the rows that begins `floats` elements after a 64-byte boundary.

    The rows are `extra` elements apart, and all that is not theirs is NaN: a kernel that reads it
    gives itself away.
    """
    n, dim = array.shape
    stride, size = dim + extra, array.itemsize
    buffer = np.full(n * stride + floats + 64, np.nan, array.dtype)
    start = -buffer.ctypes.data % 64 // size + floats
    view = buffer[start : start + n * stride].reshape(n, stride)[:, :dim]
    view[:] = array
    assert n == 0 or view.ctypes.data % 64 == floats * size % 64
    return view


def strided(array: np.ndarray, extra: int) -> np.ndarray:
    """Copy of the rows with `extra` NaN between one and the next."""
    return misaligned(array, 0, extra)


def mapped_copy(array: np.ndarray, path: Path) -> np.ndarray:
    """The rows written to a file and mapped from it, read-only."""
    array.tofile(path)
    return np.memmap(path, array.dtype, "r", shape=array.shape)


def gamma(n: int) -> float:
    """g(n) of kernels.h: n*u / (1 - n*u), u = 2**-24."""
    return n * 2.0**-24 / (1 - n * 2.0**-24)


def dot_bound(query: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """How far a float32 product of each row may be off, by kernels.h."""
    products = np.abs(query.astype(np.float64) * rows.astype(np.float64))
    return gamma(rows.shape[1]) * products.sum(axis=1) + rows.shape[1] * 2.0**-126


def sq_euclidean_bound(query: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """How far a float32 squared distance of each row may be off, by kernels.h."""
    squares = (query.astype(np.float64) - rows.astype(np.float64)) ** 2
    return gamma(rows.shape[1] + 2) * squares.sum(axis=1) + rows.shape[1] * 2.0**-126


def assert_within(actual: np.ndarray, exact: np.ndarray, bound: np.ndarray, what: str = "") -> None:
    """Fail if a value is farther from the exact one than the bound allows, or is not a number."""
    assert actual.shape == exact.shape, f"{what}: shape {actual.shape}, expected {exact.shape}"
    wrong = np.flatnonzero(~(np.abs(actual.astype(np.float64) - exact) <= bound))
    if len(wrong):
        i = wrong[0]
        raise AssertionError(
            f"{what}: {len(wrong)} of {len(exact)} outside the bound; the first is row {i}: "
            f"{actual[i]!r} instead of {exact[i]!r}, off by more than {bound[i]!r}"
        )


def assert_same_neighbors(actual: Found, expected: Found, tolerance: float = 0.0) -> None:
    """Fail unless both answers name the same neighbours at the same distances.

    With a tolerance, distances may differ by less than it; rows may swap places only where their
    expected distances differ by less than it, and at the end another row may stand in for one
    that is as near as the last within it. Without one, everything is equal to the last bit.
    """
    distances, rows, counts = (np.asarray(part) for part in actual[:3])
    wanted_distances, wanted_rows, wanted_counts = (np.asarray(part) for part in expected[:3])
    assert distances.shape == rows.shape == wanted_rows.shape
    assert (distances.dtype, rows.dtype, counts.dtype) == (np.float64, np.int64, np.int64)
    np.testing.assert_array_equal(counts, wanted_counts, "counts differ")
    for i, count in enumerate(counts):
        assert (distances[i, count:] == np.inf).all(), f"query {i}: unused distances are not inf"
        assert (rows[i, count:] == -1).all(), f"query {i}: unused rows are not -1"
        used = distances[i, :count]
        assert (used[1:] >= used[:-1]).all(), f"query {i}: distances descend"
        assert len(set(rows[i, :count])) == count, f"query {i}: a row is named twice"
        _assert_same_row(
            distances[i, :count],
            rows[i, :count],
            wanted_distances[i, :count],
            wanted_rows[i, :count],
            tolerance,
            f"query {i}",
        )


def _assert_same_row(
    distances: np.ndarray,
    rows: np.ndarray,
    wanted: np.ndarray,
    wanted_rows: np.ndarray,
    tolerance: float,
    what: str,
) -> None:
    off = np.zeros(len(wanted))  # equal infinities are equal, though their difference is NaN
    np.abs(np.subtract(distances, wanted, out=off, where=distances != wanted), out=off)
    assert (off < tolerance).all() or not off.any(), f"{what}: distances {distances}, not {wanted}"
    expected_at = {row: wanted[place] for place, row in enumerate(wanted_rows)}
    for place in np.flatnonzero(rows != wanted_rows):
        other = expected_at.get(rows[place], wanted[-1])
        assert abs(other - wanted[place]) < tolerance, (
            f"{what}: row {rows[place]} at place {place}, expected row {wanted_rows[place]}; "
            f"their distances {other} and {wanted[place]} are not within {tolerance}"
        )
