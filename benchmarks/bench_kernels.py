"""Kernels over rows that no cache holds, beside what memory delivers and what NumPy makes of it.

A kernel that takes one query does two operations per element it reads, so memory is its limit: look
at the share of bandwidth, not at the milliseconds.
"""

from collections.abc import Callable

import numpy as np
import pytest

from benchmarks.datasets import SEED, Floats
from benchmarks.stopwatch import Stopwatch
from vecstore.kernels.contract import Vectors

native = pytest.importorskip("vecstore.kernels.native", exc_type=ImportError)

DIMS = (64, 128, 300, 768)
VALUES, SMOKE_VALUES = 1 << 26, 1 << 14

# |error| <= g(dim + 2) * sum |terms| (csrc/kernels/kernels.h), and g(n) is about n * 2^-24.
UNIT_ROUNDOFF = 2.0**-24


@pytest.fixture(params=DIMS, ids="dim{}".format, scope="module")
def rows(request: pytest.FixtureRequest, full_size: bool) -> Floats:
    """256 MB of normal random numbers, as rows of several lengths."""
    count = (VALUES if full_size else SMOKE_VALUES) // request.param
    rng = np.random.default_rng(SEED)
    return rng.standard_normal((count, request.param), dtype=np.float32)


def group(what: str, vectors: Vectors) -> str:
    return f"{what}, {len(vectors):,} x {vectors.shape[1]} {vectors.dtype}"


def check(found: Floats, terms: Callable[[Vectors], np.ndarray], vectors: Vectors) -> None:
    """Compare the first and the last rows with float64, under the bound of the contract."""
    for some in (slice(0, 100), slice(-100, None)):
        exact = terms(vectors[some].astype(np.float64))
        bound = 2 * (vectors.shape[1] + 2) * UNIT_ROUNDOFF * np.abs(exact).sum(axis=1)
        assert (np.abs(found[some] - exact.sum(axis=1)) <= bound).all()


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def bench_dot_rows(timed: Stopwatch, level: str, rows: Floats, dtype: str) -> None:
    vectors, query = rows.astype(dtype, copy=False), rows[0]
    found = timed(
        lambda: native.dot_rows(query, vectors, level=level),
        group=group("dot_rows", vectors),
        name=f"vecstore {level}",
        level=level,
        threads=1,
        bytes_read=vectors.nbytes,
    )
    check(found, lambda x: x * query, vectors)


def bench_dot_rows_blas(timed: Stopwatch, rows: Floats) -> None:
    out = np.empty(len(rows), dtype=np.float32)
    found = timed(
        lambda: np.matmul(rows, rows[0], out=out),
        group=group("dot_rows", rows),
        name="NumPy+BLAS",
        threads=1,
        bytes_read=rows.nbytes,
    )
    check(found, lambda x: x * rows[0], rows)


def bench_sq_euclidean_rows(timed: Stopwatch, level: str, rows: Floats) -> None:
    found = timed(
        lambda: native.sq_euclidean_rows(rows[0], rows, level=level),
        group=group("sq_euclidean_rows", rows),
        name=f"vecstore {level}",
        level=level,
        threads=1,
        bytes_read=rows.nbytes,
    )
    check(found, lambda x: (rows[0] - x) ** 2, rows)


def bench_sq_euclidean_rows_blas(timed: Stopwatch, rows: Floats) -> None:
    query, out = rows[0], np.empty(len(rows), dtype=np.float32)
    lengths = np.einsum("ij,ij->i", rows, rows)

    def by_product() -> Floats:
        """|x|^2 - 2 q.x + |q|^2: one product, but the small distances lose their digits."""
        np.matmul(rows, query, out=out)
        np.multiply(out, -2, out=out)
        np.add(out, lengths, out=out)
        return np.add(out, query @ query, out=out)

    found = timed(
        by_product,
        group=group("sq_euclidean_rows", rows),
        name="NumPy+BLAS",
        threads=1,
        bytes_read=rows.nbytes,
    )
    # Twice the bound: here the terms are |x|^2 and |q|^2, which are as large as their difference.
    wide = rows.astype(np.float64)
    exact = ((query - wide) ** 2).sum(axis=1)
    scale = (wide**2).sum(axis=1) + query @ query
    assert (np.abs(found - exact) <= 4 * (rows.shape[1] + 2) * UNIT_ROUNDOFF * scale).all()


def bench_sq_norms(timed: Stopwatch, level: str, rows: Floats) -> None:
    found = timed(
        lambda: native.sq_norms(rows, level=level),
        group=group("sq_norms", rows),
        name=f"vecstore {level}",
        level=level,
        threads=1,
        bytes_read=rows.nbytes,
    )
    check(found, lambda x: x**2, rows)


def bench_sq_norms_einsum(timed: Stopwatch, rows: Floats) -> None:
    found = timed(
        lambda: np.einsum("ij,ij->i", rows, rows),
        group=group("sq_norms", rows),
        name="NumPy einsum",
        threads=1,
        bytes_read=rows.nbytes,
    )
    check(found, lambda x: x**2, rows)
