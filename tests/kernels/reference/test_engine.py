"""The specification against values worked out by hand, and against NumPy's own float64."""

import math

import numpy as np
import pytest

from tests.helpers import KINDS, make_vectors
from vecstore.arrays import Block
from vecstore.kernels import float64, reference

# Distances to (3, 4): of (4, 3) the angle has cosine 24/25, of (-3, -4) it is straight.
ROWS = np.array([[4, 3], [3, 4], [-3, -4], [0, 0], [6, 8]], np.float32)
QUERY = np.array([3, 4], np.float32)
BLOCK = Block(ROWS, None, 0, None)


def plain_distances(query: np.ndarray, rows: np.ndarray, metric: str) -> np.ndarray:
    """NumPy's float64 distances, summed in whatever order NumPy likes."""
    q, x = query.astype(np.float64), rows.astype(np.float64)
    if metric == "euclidean":
        return np.linalg.norm(x - q, axis=1)
    if metric == "dot":
        return -(x @ q)
    lengths = np.linalg.norm(q) * np.linalg.norm(x, axis=1)
    return 1 - np.divide(x @ q, lengths, out=np.zeros_like(lengths), where=lengths > 0)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("cosine", [0.04, 0, 2, 1, 0]),
        ("euclidean", [math.sqrt(2), 0, 10, 5, 5]),
        ("dot", [-24, -25, 25, 0, -50]),
    ],
)
def test_distances_by_hand(metric: str, expected: list[float]) -> None:
    found = reference.distances(QUERY[None], ROWS, metric)
    np.testing.assert_allclose(found, [expected], rtol=0, atol=1e-15)


@pytest.mark.parametrize(
    ("metric", "expected"), [("cosine", [1, 4, 0]), ("euclidean", [1, 0, 3]), ("dot", [4, 1, 0])]
)
def test_search_by_hand(metric: str, expected: list[int]) -> None:
    _, rows, counts, _ = reference.search([BLOCK], QUERY[None], 3, metric)
    assert rows.tolist() == [expected]
    assert counts.tolist() == [3]


def test_rows_against_one_query_by_hand() -> None:
    assert reference.dot(QUERY, ROWS[0]) == 24
    assert reference.sq_euclidean(QUERY, ROWS[0]) == 2
    assert reference.dot_rows(QUERY, ROWS).tolist() == [24, 25, -25, 0, 50]
    assert reference.sq_euclidean_rows(QUERY, ROWS).tolist() == [2, 0, 100, 25, 25]
    assert reference.sq_norms(ROWS).tolist() == [25, 25, 25, 0, 100]


def test_the_inverse_norm_of_a_zero_row_is_zero() -> None:
    np.testing.assert_array_equal(
        reference.inverse_norms(ROWS), np.array([0.2, 0.2, 0.2, 0, 0.1], np.float32)
    )


def test_too_large_for_float32_becomes_infinite() -> None:
    rows = np.array([[1e38, 1e38], [1e-45, 0]], np.float32)
    assert reference.sq_norms(rows).tolist() == [np.inf, 0]
    assert reference.inverse_norms(rows)[1] == np.inf


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot"])
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("kind", KINDS)
def test_distances_agree_with_numpy(
    kind: str, dtype: type, metric: str, rng: np.random.Generator
) -> None:
    rows = make_vectors(kind, 50, 37, rng, dtype)
    query = make_vectors(kind, 1, 37, rng)
    plain = plain_distances(query[0], rows, metric)
    # Two orders of 37 float64 terms: twice g(37) for float64, of at most |q||x| or of the sum.
    lengths = np.linalg.norm(query[0].astype(np.float64)) * np.linalg.norm(
        rows.astype(np.float64), axis=1
    )
    scale = {"cosine": 1.0, "euclidean": plain, "dot": lengths}[metric]
    found = reference.distances(query, rows, metric)[0]
    assert (
        np.abs(found - np.maximum(plain, 0 if metric != "dot" else -np.inf))
        <= (2 * 40 * 2.0**-53 * scale)
    ).all()


@pytest.mark.parametrize("dim", [1, 15, 16, 17, 40])
def test_sums_are_taken_in_sixteen_lanes_folded_in_halves(
    dim: int, rng: np.random.Generator
) -> None:
    terms = rng.standard_normal(dim) * 10.0 ** rng.integers(-8, 8, dim)
    lanes = [0.0] * 16
    for j, term in enumerate(terms):
        lanes[j % 16] += term
    while len(lanes) > 1:
        half = len(lanes) // 2
        lanes = [low + high for low, high in zip(lanes[:half], lanes[half:], strict=True)]
    assert float64.lane_sums(terms) == lanes[0]


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_a_vector_is_at_distance_zero_of_itself(metric: str, rng: np.random.Generator) -> None:
    rows = make_vectors("uniform", 200, 100, rng)
    assert (np.diagonal(reference.distances(rows, rows, metric)) == 0).all()


def test_the_mask_and_the_exclusions_leave_rows_out() -> None:
    masked = Block(ROWS, None, 10, np.array([0b10011], np.uint64))
    exclude = np.array([0, 1, 1]), np.array([11])
    _, rows, counts, _ = reference.search(
        [masked], np.stack([QUERY, QUERY]), 4, "euclidean", exclude=exclude
    )
    assert rows.tolist() == [[10, 14, -1, -1], [11, 10, 14, -1]]
    assert counts.tolist() == [2, 3]


def test_places_without_a_row_hold_infinity() -> None:
    distances, rows, counts, _ = reference.search([], QUERY[None], 2, "dot")
    assert distances.tolist() == [[np.inf, np.inf]]
    assert rows.tolist() == [[-1, -1]]
    assert counts.tolist() == [0]


def test_equal_distances_come_in_the_order_of_rows() -> None:
    blocks = [Block(ROWS[[1, 1]], None, 5, None), Block(ROWS[[1, 1]], None, 0, None)]
    _, rows, _, _ = reference.search(blocks, QUERY[None], 3, "cosine")
    assert rows.tolist() == [[0, 1, 5]]


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot"])
def test_a_row_that_holds_nan_is_no_answer(metric: str) -> None:
    rows = np.array([[np.nan, 1], [1, 2]], np.float32)
    _, found, counts, _ = reference.search([Block(rows, None, 0, None)], QUERY[None], 2, metric)
    assert found.tolist() == [[1, -1]]
    assert counts.tolist() == [1]


def test_products_of_cosines_by_hand() -> None:
    vectors = np.array([[1, 0], [0, 1]], np.float32)
    rows = np.array([[1, 0], [0, 1], [-1, 0]], np.float32)
    groups = np.array([0, 1]), np.array([0])
    others = np.array([0, 1]), np.array([1])
    distances, found, _, _ = reference.search_mul(
        [Block(rows, None, 0, None)], vectors, groups, others, 3
    )
    assert found.tolist() == [[0, 1, 2]]
    assert distances[0].tolist() == [-1 / (0.5 + 1e-6), -0.5 / (1 + 1e-6), 0]


def test_products_without_a_negative_side_divide_by_one() -> None:
    groups, nothing = (np.array([0, 2]), np.array([0, 0])), (np.array([0, 0]), np.array([], int))
    distances, found, _, _ = reference.search_mul([BLOCK], QUERY[None], groups, nothing, 1)
    assert found.tolist() == [[1]]
    assert distances[0, 0] == -1 / (1 + 1e-6)


def test_compositions_by_hand() -> None:
    blocks = [Block(ROWS[:2], None, 0, None), Block(ROWS[2:], None, 2, None)]
    rows, weights, offsets = np.array([0, 4, 3]), np.array([1.0, -0.5, 9.0]), np.array([0, 2, 2, 3])
    plain = reference.compose(blocks, rows, weights, offsets, unit=False)
    assert plain.tolist() == [[1, -1], [0, 0], [0, 0]]
    # (4, 3)/5 - (6, 8)/10/2 = (0.5, 0.2) before it is scaled to unit length.
    unit = reference.compose(blocks, rows, weights, offsets, unit=True)
    np.testing.assert_allclose(unit[0], np.array([0.5, 0.2]) / math.sqrt(0.29), rtol=2.0**-23)
    assert unit[1:].tolist() == [[0, 0], [0, 0]]
