"""`search_mul` and `search_sums` of every engine: the answers of the reference, to the bit."""

from itertools import product

import numpy as np
import pytest

from tests.conftest import FAST_CHOICES
from tests.helpers import KINDS, assert_same_neighbors, make_vectors
from tests.kernels.blocks import blocks_of, exclusions, queries_for
from vecstore.kernels import reference
from vecstore.kernels.contract import Engine

pytestmark = pytest.mark.parametrize("engine", FAST_CHOICES, indirect=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("kind", KINDS)
def test_products_of_cosines(
    kernel: Engine, kind: str, dtype: type, rng: np.random.Generator
) -> None:
    rows = make_vectors(kind, 500, 30, rng, dtype)
    inputs = queries_for(rows, 12, rng)
    for n_questions, masked in product((1, 90), (False, True)):
        positive = np.arange(n_questions + 1) * 2, rng.integers(0, 12, n_questions * 2)
        negative = (
            np.minimum(np.arange(n_questions + 1), 60),  # the last ones have none
            rng.integers(0, 12, min(n_questions, 60)),
        )
        blocks = blocks_of(rows, (0, 129), masked=masked)
        for k, exclude in ((10, None), (600, exclusions(n_questions, len(rows), 5, rng))):
            asked = blocks, inputs, positive, negative, k
            found = kernel.search_mul(*asked, exclude=exclude)
            assert_same_neighbors(found, reference.search_mul(*asked, exclude=exclude))


def sums_of(
    inputs: np.ndarray, n: int, rng: np.random.Generator
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Queries, none zero, with what they add and what they take away."""
    half = len(inputs) // 2
    groups = [
        (np.concatenate(([0], np.cumsum(size))), rng.integers(first, first + half, size.sum()))
        for first, size in ((0, rng.integers(1, 4, n)), (half, rng.integers(0, 3, n)))
    ]
    units = inputs.astype(np.float64)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    queries = np.zeros((n, inputs.shape[1]))
    for (offsets, places), sign in zip(groups, (1, -1), strict=True):
        np.add.at(queries, np.repeat(np.arange(n), np.diff(offsets)), sign * units[places])
    queries[~queries.any(axis=1)] = 1
    return (queries * rng.uniform(0.1, 9)).astype(np.float32), groups[0], groups[1]


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("kind", KINDS)
def test_sums_of_vectors(kernel: Engine, kind: str, dtype: type, rng: np.random.Generator) -> None:
    rows = make_vectors(kind, 500, 30, rng, dtype)
    inputs = queries_for(rows, 12, rng)
    for n_queries, masked in product((1, 90), (False, True)):
        queries, positive, negative = sums_of(inputs, n_queries, rng)
        blocks = blocks_of(rows, (0, 129), masked=masked)
        for k, exclude in ((10, None), (600, exclusions(n_queries, len(rows), 5, rng))):
            expected = reference.search(blocks, queries, k, "cosine", exclude=exclude)
            asked = blocks, queries, inputs, positive, negative, k
            assert_same_neighbors(kernel.search_sums(*asked, exclude=exclude), expected)


def test_sums_that_are_none_have_the_same_answer(kernel: Engine, rng: np.random.Generator) -> None:
    """Queries near their sums, far from them and opposite to them; sums of nothing and of zero."""
    rows = make_vectors("uniform", 700, 30, rng)
    queries, positive, negative = sums_of(rows[:12], 90, rng)
    queries[::3] += rng.normal(0, 0.1, queries[::3].shape).astype(np.float32)
    queries[1::9] = rng.normal(size=queries[1::9].shape)
    queries[2::9] *= -1
    offsets, places = positive
    offsets[40:] = offsets[39]
    negative[0][40:] = negative[0][39]
    inputs = np.concatenate((rows[:11], np.zeros((1, 30), np.float32)))
    blocks = blocks_of(rows, (200,))
    expected = reference.search(blocks, queries, 5, "cosine")
    found = kernel.search_sums(blocks, queries, inputs, (offsets, places), negative, 5)
    assert_same_neighbors(found, expected)


def test_sums_rule_out_most_rows(kernel: Engine, rng: np.random.Generator) -> None:
    rows = rng.normal(size=(20_000, 30)).astype(np.float32)
    queries, positive, negative = sums_of(rows[:8], 40, rng)
    found = kernel.search_sums(blocks_of(rows), queries, rows[:8], positive, negative, 10)
    assert found.work.scanned == 40 * 20_000
    assert found.work.rescored is not None
    assert 40 * 10 <= found.work.rescored < 40 * 300


def test_a_k_so_large_that_questions_are_taken_by_the_handful(
    kernel: Engine, rng: np.random.Generator
) -> None:
    rows = make_vectors("uniform", 200, 20, rng)
    queries, positive, negative = sums_of(rows[:8], 75, rng)
    blocks, k = blocks_of(rows, (90,)), 60_000
    found = kernel.search_sums(blocks, queries, rows[:8], positive, negative, k)
    assert_same_neighbors(found, reference.search(blocks, queries, k, "cosine"))
    found = kernel.search_mul(blocks, rows[:8], positive, negative, k)
    assert_same_neighbors(found, reference.search_mul(blocks, rows[:8], positive, negative, k))
