"""Codes of rows: their certificates hold, whatever pieces the rows come in and where they lie."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

import vecstore
from tests.helpers import KINDS, make_vectors
from tests.real_data import real
from vecstore.arrays import Codes
from vecstore.index import codes
from vecstore.kernels import reference
from vecstore.kernels.contract import Engine

METRICS = ["cosine", "euclidean", "dot"]


def prepared(vectors: np.ndarray, metric: str) -> np.ndarray:
    """What codes stand for, before the center is taken away, in float64."""
    wide = vectors.astype(np.float64)
    if metric == "cosine":
        lengths = np.linalg.norm(wide, axis=1)
        wide /= np.where(lengths > 0, lengths, 1)[:, None]
    return wide


def assert_certified(found: Codes, vectors: np.ndarray, metric: str) -> None:
    """Fail if a row lies farther from its codes than they say, or a block is worse than its row."""
    n, dim = vectors.shape
    y = prepared(vectors, metric) - found.center
    scales = np.repeat(found.bounds[:, 0].astype(np.float64), 16)[:n]
    decoded = scales[:, None] * (found.codes[:, :dim].astype(np.float64) - 128)
    assert (found.codes[:, dim:] == 128).all()
    usable = np.isfinite(found.errors)
    lengths = np.linalg.norm(y, axis=1)
    # What the test's own float64 rounds off is 2**-48 of the lengths at most.
    slack = 2.0**-48 * (lengths + np.linalg.norm(found.center.astype(np.float64)))
    off = np.linalg.norm(y - decoded, axis=1)
    assert (off[usable] <= (found.errors + slack)[usable]).all()
    np.testing.assert_allclose(found.norms[usable], lengths[usable], rtol=2.0**-23, atol=2.0**-149)
    starts = np.arange(0, n, 16)
    assert (found.bounds[:, 1] >= np.maximum.reduceat(found.errors, starts)).all()
    reach = found.norms.astype(np.float64) * (1 - 2.0**-24) + found.errors
    assert (found.bounds[:, 2] >= np.maximum.reduceat(reach, starts)).all()


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("dim", [1, 3, 4, 7, 64, 100])
def test_certificates_hold_for_every_kind_of_rows(
    kernel: Engine, dim: int, dtype: type, metric: str, rng: np.random.Generator
) -> None:
    for kind in KINDS:
        vectors = make_vectors(kind, 70, dim, rng, dtype)
        for center in (np.zeros(dim), vectors[0], rng.standard_normal(dim)):
            found = kernel.encode(vectors, metric, center.astype(np.float32))
            assert_certified(found, vectors, metric)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("kind", [*KINDS, "integers", "one nan"])
def test_engines_encode_alike(
    kernel: Engine, kind: str, metric: str, rng: np.random.Generator
) -> None:
    vectors = make_vectors("uniform" if kind not in KINDS else kind, 100, 9, rng)
    if kind == "integers":
        vectors = rng.integers(0, 200, (100, 9)).astype(np.float32)
    if kind == "one nan":
        vectors[17, 3] = np.nan
    for center in (np.zeros(9, np.float32), np.full(9, 90, np.float32)):
        found = kernel.encode(vectors, metric, center)
        expected = reference.encode(vectors, metric, center)
        usable = np.isfinite(expected.errors)
        np.testing.assert_array_equal(found.codes[usable], expected.codes[usable], strict=True)
        for array, wanted in zip(found[1:], expected[1:], strict=True):
            np.testing.assert_allclose(array, wanted, rtol=2.0**-22, strict=True)


def test_a_row_that_is_not_finite_spoils_no_other(kernel: Engine, rng: np.random.Generator) -> None:
    vectors = make_vectors("uniform", 40, 8, rng)
    vectors[3, 2] = np.nan
    vectors[20, 0] = np.inf
    errors = kernel.encode(vectors, "dot", np.zeros(8, np.float32)).errors
    assert np.isinf(errors[[3, 20]]).all()
    assert np.isfinite(np.delete(errors, slice(16, 32))[:19]).sum() == 18


def test_whole_numbers_in_a_small_range_have_no_error(
    kernel: Engine, rng: np.random.Generator
) -> None:
    vectors = rng.integers(3, 258, (100, 20)).astype(np.float32)
    found = kernel.encode(vectors, "euclidean", np.full(20, 130, np.float32))
    assert not found.errors.any()
    np.testing.assert_array_equal(found.codes[:, :20], vectors - 2)


# Pieces.


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("cuts", [(), (1,), (16, 17, 17, 300), (5000,)])
def test_pieces_make_the_codes_of_the_whole(
    cuts: tuple[int, ...],
    metric: str,
    rng: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vectors = make_vectors("clustered", 6000, 10, rng)
    whole = codes.encode([vectors], metric)
    monkeypatch.setattr(codes, "_STEP_VALUES", 700)
    pieces = [vectors[a:b] for a, b in pairwise((0, *cuts, 6000))]
    for array, expected in zip(codes.encode(pieces, metric), whole, strict=True):
        np.testing.assert_array_equal(array, expected, strict=True)


def test_many_small_pieces_are_encoded_too(rng: np.random.Generator) -> None:
    vectors = make_vectors("uniform", 50, 3, rng)
    found = codes.encode([vectors[i : i + 1] for i in range(50)], "dot")
    assert_certified(found, vectors, "dot")


def test_no_rows_have_no_codes() -> None:
    found = codes.encode([np.empty((0, 5), np.float32)], "cosine")
    assert [len(array) for array in found] == [0, 0, 0, 0, 5]


def test_progress_counts_rows_up_to_all(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codes, "_STEP_VALUES", 400)
    calls: list[tuple[int, int | None]] = []
    codes.encode(
        [make_vectors("uniform", 100, 10, rng)],
        "dot",
        progress=lambda done, total: calls.append((done, total)),
    )
    assert calls == [(32, 100), (64, 100), (96, 100), (100, 100)]


# The center.


def glove_like(rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal((5000, 30)).astype(np.float32)


def far_away(rng: np.random.Generator) -> np.ndarray:
    return glove_like(rng) + 7


def pixels(rng: np.random.Generator) -> np.ndarray:
    """Mostly zero, the rest anything up to 255 that is not whole."""
    values = rng.uniform(0, 255, (5000, 30))
    return np.where(rng.random((5000, 30)) < 0.8, 0, values).astype(np.float32)


def histograms(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 219, (5000, 30)).astype(np.float32)


def small_integers(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(-127, 128, (5000, 30)).astype(np.float32)


@pytest.mark.parametrize(
    ("make", "metric", "center"),
    [
        (glove_like, "cosine", "zero"),
        (far_away, "cosine", "mean"),
        (far_away, "euclidean", "mean"),
        (far_away, "dot", "mean"),
        (pixels, "euclidean", "zero"),
        (histograms, "euclidean", "middle"),
        (histograms, "dot", "middle"),
        (small_integers, "dot", "zero"),
    ],
)
def test_the_center_is_where_few_rows_survive(
    make: Callable[[np.random.Generator], np.ndarray],
    metric: str,
    center: str,
    rng: np.random.Generator,
) -> None:
    vectors = make(rng)
    found = codes.encode([vectors], metric).center
    expected = {
        "zero": np.zeros(30),
        "mean": prepared(vectors, metric).mean(axis=0),
        "middle": np.rint((vectors.min() + vectors.max()) / 2) * np.ones(30),
    }[center]
    # The mean of a sample of 4,096 out of 5,000 rows: off by a fraction of their spread / 64.
    assert np.abs(found - expected).max() < 0.05 * (center == "mean") + 1e-9


def test_the_center_does_not_depend_on_the_order_of_blocks(rng: np.random.Generator) -> None:
    """The first 4,096 rows may be of another kind than the rest."""
    vectors = np.concatenate([glove_like(rng), *[far_away(rng)] * 4])
    found = codes.encode([vectors], "dot").center
    assert np.abs(found - 5.6).max() < 0.3


@pytest.mark.parametrize("value", [0, 1e30, -3.4e38, 1e-40])
def test_rows_that_are_all_equal_have_a_center(value: float) -> None:
    vectors = np.full((40, 4), value, np.float32)
    assert_certified(codes.encode([vectors], "euclidean"), vectors, "euclidean")


def test_real_histograms_are_coded_without_error() -> None:
    path = real("ann-hdf5/bigann10k-128-euclidean.hdf5")
    with vecstore.open(path, dataset="train") as store:
        vectors = np.concatenate([rows for _, rows in store.batches()])
    assert not codes.encode([vectors], "euclidean").errors.any()
