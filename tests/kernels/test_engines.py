"""The kernels of every engine and level against the reference, within the bounds of kernels.h."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from tests.helpers import (
    KINDS,
    assert_within,
    dot_bound,
    make_vectors,
    mapped_copy,
    misaligned,
    sq_euclidean_bound,
)
from vecstore.arrays import Block
from vecstore.kernels import reference
from vecstore.kernels.contract import Engine

DIMS = [1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 100, 128, 223, 300, 768]
MOST = 1000
# Counts around the unrolling of the kernels, in every layout; and many rows in some.
LAYOUTS = [
    *product((0, 1, 3, 64, 65), (0, 1, 3), (0, 3)),
    *((MOST, offset, extra) for offset, extra in ((0, 0), (3, 0), (1, 3))),
]
DTYPES = [np.float32, np.float16]


def cases(dim: int, dtype: type, rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    """Rows of every kind and a query for each, of the kind of the rows or of another."""
    for kind in KINDS:
        rows = make_vectors(kind, MOST, dim, rng, dtype)
        yield f"{kind}, uniform query", np.vstack([make_vectors("uniform", 1, dim, rng), rows])
        yield f"{kind}, query alike", np.vstack([make_vectors(kind, 1, dim, rng), rows])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("dim", DIMS)
def test_rows_against_one_query(
    kernel: Engine, dim: int, dtype: type, rng: np.random.Generator
) -> None:
    for what, both in cases(dim, dtype, rng):
        query, rows = both[0].astype(np.float32), both[1:].astype(dtype)
        dots = -reference.distances(query[None], rows, "dot")[0]
        squares = reference.distances(query[None], rows, "euclidean")[0] ** 2
        near_dot, near_square = dot_bound(query, rows), sq_euclidean_bound(query, rows)
        for n, offset, extra in LAYOUTS:
            laid = misaligned(rows[:n], offset, extra)
            where = f"{what}, {n} rows, offset {offset}, stride {dim} + {extra}"
            assert_within(kernel.dot_rows(query, laid), dots[:n], near_dot[:n], where)
            found = kernel.sq_euclidean_rows(query, laid)
            assert_within(found, squares[:n], near_square[:n], where)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("dim", DIMS)
def test_norms_of_rows(kernel: Engine, dim: int, dtype: type, rng: np.random.Generator) -> None:
    for kind in KINDS:
        rows = make_vectors(kind, MOST, dim, rng, dtype)
        zero = np.zeros(dim, np.float32)
        squares = reference.distances(zero[None], rows, "euclidean")[0] ** 2
        bound, inverse = sq_euclidean_bound(zero, rows), reference.inverse_norms(rows)
        for n, offset, extra in LAYOUTS:
            laid = misaligned(rows[:n], offset, extra)
            assert_within(kernel.sq_norms(laid), squares[:n], bound[:n], f"{kind}, {n} rows")
            # Rounded once from float64: there is only one answer.
            np.testing.assert_array_equal(kernel.inverse_norms(laid), inverse[:n])


@pytest.mark.parametrize("dim", DIMS)
def test_pairs(kernel: Engine, dim: int, rng: np.random.Generator) -> None:
    for kind in KINDS:
        a, b = make_vectors(kind, 2, dim, rng)
        for offset in (0, 1, 3):
            x, y = misaligned(a[None], offset)[0], misaligned(b[None], 1)[0]
            found = np.array([kernel.dot(x, y), kernel.sq_euclidean(x, y)])
            exact = np.array([reference.dot(a, b), reference.sq_euclidean(a, b)])
            bound = np.concatenate([dot_bound(a, b[None]), sq_euclidean_bound(a, b[None])])
            assert_within(found, exact, bound, kind)


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("dim", [1, 7, 16, 33, 100, 300])
def test_distances_have_the_bits_of_the_reference(
    kernel: Engine, dim: int, dtype: type, metric: str, rng: np.random.Generator
) -> None:
    for kind in KINDS:
        rows = make_vectors(kind, 65, dim, rng, dtype)
        queries = np.vstack([make_vectors(kind, 2, dim, rng), make_vectors("uniform", 2, dim, rng)])
        expected = reference.distances(queries, rows, metric)
        for offset, extra in ((0, 0), (1, 3)):
            found = kernel.distances(queries, misaligned(rows, offset, extra), metric)
            assert found.dtype == np.float64
            np.testing.assert_array_equal(found, expected, kind)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("dim", [3, 100])
def test_mapped_and_read_only_rows_are_taken_as_they_are(
    kernel: Engine, dim: int, dtype: type, rng: np.random.Generator, tmp_path: Path
) -> None:
    rows = make_vectors("uniform", 65, dim, rng, dtype)
    frozen = rows.copy()
    frozen.flags.writeable = False
    query = make_vectors("uniform", 1, dim, rng)[0]
    query.flags.writeable = False
    for given in (frozen, mapped_copy(rows, tmp_path / "rows")):
        assert not given.flags.writeable
        for function in (kernel.dot_rows, kernel.sq_euclidean_rows):
            np.testing.assert_array_equal(function(query, given), function(query, rows))
        for function in (kernel.sq_norms, kernel.inverse_norms):
            np.testing.assert_array_equal(function(given), function(rows))
        np.testing.assert_array_equal(
            kernel.distances(query[None], given, "cosine"),
            reference.distances(query[None], rows, "cosine"),
        )
        blocks = [Block(given, reference.inverse_norms(rows), 0, None)]
        _, found, _, _ = kernel.search(blocks, query[None], 3, "cosine")
        np.testing.assert_array_equal(found, reference.search(blocks, query[None], 3, "cosine")[1])


@pytest.mark.parametrize("unit", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("dim", [1, 17, 100])
def test_compositions(
    kernel: Engine, dim: int, dtype: type, unit: bool, rng: np.random.Generator
) -> None:
    for kind in KINDS:
        vectors = make_vectors(kind, 90, dim, rng, dtype)
        blocks = [
            Block(misaligned(vectors[:40], 1, 3), None, 0, None),
            Block(vectors[40:], None, 40, None),
        ]
        offsets = np.array([0, 1, 1, 4, 60])  # one row, none, a few, many
        rows, weights = rng.integers(0, 90, 60), rng.uniform(-2, 2, 60)
        found = kernel.compose(blocks, rows, weights, offsets, unit=unit)
        expected = reference.compose(blocks, rows, weights, offsets, unit=unit)
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, expected, kind)


def test_no_rows_compose_to_nothing(kernel: Engine) -> None:
    blocks = [Block(np.ones((2, 3), np.float32), None, 0, None)]
    nothing = np.array([], np.int64), np.array([], np.float64), np.array([0], np.int64)
    assert kernel.compose(blocks, *nothing, unit=True).shape == (0, 3)
