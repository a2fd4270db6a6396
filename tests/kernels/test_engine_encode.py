"""`encode` of every engine: what codes promise, checked in exact arithmetic."""

from fractions import Fraction

import numpy as np
import pytest

from tests.helpers import KINDS, make_vectors, misaligned
from vecstore import kernels
from vecstore.arrays import Codes
from vecstore.kernels import reference
from vecstore.kernels.contract import Engine

METRICS = ["cosine", "euclidean", "dot"]


def rows_of(kind: str, n: int, dim: int, rng: np.random.Generator, dtype: type) -> np.ndarray:
    if kind == "whole numbers":
        return rng.integers(0, 255, (n, dim)).astype(dtype)
    if kind == "beyond codes":
        rows = make_vectors("uniform", n, dim, rng)
        rows[::7, 0], rows[1::9, -1], rows[2::11] = np.nan, np.inf, 3e38
        with np.errstate(over="ignore"):
            return rows.astype(dtype)
    return make_vectors(kind, n, dim, rng, dtype)


def exactly(values: np.ndarray) -> list[Fraction]:
    return [Fraction(float(value)) for value in values]


def assert_certified(codes: Codes, rows: np.ndarray, metric: str) -> None:
    """Fail if a row is farther from its codes, or longer, than is said, in real arithmetic."""
    dim, center = rows.shape[1], exactly(codes.center)
    assert (codes.codes[:, dim:] == 128).all()
    for row, x in enumerate(rows):
        scale, largest, longest = codes.bounds[row // 16]
        assert codes.errors[row] <= largest
        assert float(codes.norms[row]) * (1 + 2.0**-24) + float(codes.errors[row]) <= longest
        if not np.isfinite(codes.errors[row]):
            continue
        wide = x.astype(np.float64)
        # Of unit length but for 2**-50, which the errors pay for.
        unit = wide / np.sqrt(wide @ wide) if metric == "cosine" and wide.any() else wide
        y = [a - b for a, b in zip(exactly(unit), center, strict=True)]
        b = [Fraction(float(scale)) * (int(u) - 128) for u in codes.codes[row, :dim]]
        missed = sum((p - q) ** 2 for p, q in zip(y, b, strict=True))
        assert missed <= Fraction(float(codes.errors[row])) ** 2
        length = np.sqrt(float(sum(p**2 for p in y)))
        assert codes.norms[row] == pytest.approx(length, rel=2.0**-23, abs=2.0**-140)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("dim", [1, 19])
def test_codes_are_as_near_as_they_say(
    kernel: Engine, dim: int, dtype: type, metric: str, rng: np.random.Generator
) -> None:
    centers = np.zeros(dim, np.float32), make_vectors("uniform", 1, dim, rng)[0]
    for kind in [*KINDS, "whole numbers", "beyond codes"]:
        rows = rows_of(kind, 20, dim, rng, dtype)
        for center in (*centers, np.full(dim, 127, np.float32)):
            assert_certified(kernel.encode(rows, metric, center), rows, metric)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_engines_make_the_same_codes(
    kernel: Engine, dtype: type, metric: str, rng: np.random.Generator
) -> None:
    """The same bits, but for the order in which squares are summed."""
    for dim in (1, 3, 64, 100):
        for kind in [*KINDS, "whole numbers", "beyond codes"]:
            rows = rows_of(kind, 150, dim, rng, dtype)
            center = make_vectors("uniform", 1, dim, rng)[0]
            expected = reference.encode(rows, metric, center)
            found = kernel.encode(misaligned(rows, 1, 3), metric, center, threads=2)
            usable = np.isfinite(expected.errors)
            assert (np.isfinite(found.errors) == usable).all()
            assert (found.codes[usable] == expected.codes[usable]).all()
            assert (found.bounds[:, 0] == expected.bounds[:, 0]).all()
            for part in ("bounds", "errors", "norms"):
                got, wanted = getattr(found, part), getattr(expected, part)
                np.testing.assert_allclose(got, wanted, rtol=2.0**-22, atol=0, err_msg=part)


def test_numba_and_native_have_the_same_bits(rng: np.random.Generator) -> None:
    try:
        native = kernels.engine("native")
    except ImportError as error:
        pytest.skip(f"the native engine cannot be imported: {error}")
    numba = kernels.engine("numba")
    for metric in METRICS:
        for dim in (1, 16, 100):
            rows = make_vectors("uniform", 500, dim, rng)
            center = make_vectors("uniform", 1, dim, rng)[0]
            ours, theirs = (e.encode(rows, metric, center) for e in (numba, native))
            for part, other in zip(ours, theirs, strict=True):
                np.testing.assert_array_equal(part, other)


def test_whole_numbers_are_exact(kernel: Engine, rng: np.random.Generator) -> None:
    rows = rng.integers(0, 255, (50, 20)).astype(np.float32)
    codes = kernel.encode(rows, "euclidean", np.full(20, 127, np.float32))
    assert (codes.errors == 0).all()
    assert (codes.bounds[:, 0] == 1).all()
    assert (codes.codes[:, :20] == rows + 1).all()


def test_no_rows_have_no_codes(kernel: Engine) -> None:
    codes = kernel.encode(np.empty((0, 5), np.float32), "dot", np.zeros(5, np.float32))
    assert [part.shape for part in codes] == [(0, 8), (0, 3), (0,), (0,), (5,)]
