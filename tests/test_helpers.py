"""The helpers themselves: what they must accept and, above all, what they must reject."""

from pathlib import Path

import numpy as np
import pytest

from tests.helpers import (
    KINDS,
    Found,
    assert_same_neighbors,
    assert_within,
    dot_bound,
    make_vectors,
    mapped_copy,
    misaligned,
    strided,
)


def answer(distances: list[float], rows: list[int]) -> Found:
    """An answer to one query; rows of -1 are unused places."""
    return (
        np.array([distances], dtype=np.float64),
        np.array([rows], dtype=np.int64),
        np.array([sum(row >= 0 for row in rows)], dtype=np.int64),
    )


EXPECTED = answer([0.1, 0.2, 0.2001, 0.5], [7, 3, 4, 9])


def test_equal_answers_are_the_same() -> None:
    assert_same_neighbors(EXPECTED, EXPECTED)


def test_unused_places_are_the_same() -> None:
    short = answer([0.1, np.inf], [7, -1])
    assert_same_neighbors(short, short)


def test_rows_may_swap_within_the_tolerance() -> None:
    assert_same_neighbors(answer([0.1, 0.2, 0.2001, 0.5], [7, 4, 3, 9]), EXPECTED, 0.001)


def test_another_row_may_stand_in_at_the_end_within_the_tolerance() -> None:
    assert_same_neighbors(answer([0.1, 0.2, 0.2001, 0.5003], [7, 3, 4, 8]), EXPECTED, 0.001)


@pytest.mark.parametrize(
    ("distances", "rows", "tolerance"),
    [
        pytest.param([0.1, 0.2, 0.2001, 0.5], [7, 4, 3, 9], 0.0, id="a swap without a tolerance"),
        pytest.param([0.1, 0.2, 0.2001, 0.5], [3, 7, 4, 9], 0.001, id="a swap beyond it"),
        pytest.param([0.1, 0.2, 0.2001, 0.5], [8, 3, 4, 9], 0.001, id="a stranger in front"),
        pytest.param([0.1, 0.2, 0.2001, 0.5], [7, 3, 3, 9], 0.001, id="a row twice"),
        pytest.param([0.1, 0.2, 0.2001, 0.6], [7, 3, 4, 9], 0.001, id="a wrong distance"),
        pytest.param([0.1, 0.2, 0.2001, np.nan], [7, 3, 4, 9], 0.001, id="nan"),
        pytest.param([0.1, 0.2001, 0.2, 0.5], [7, 4, 3, 9], 0.001, id="descending"),
        pytest.param([0.1, 0.2, 0.2001, np.inf], [7, 3, 4, -1], 0.001, id="one missing"),
        pytest.param([0.1, 0.2, 0.2001, np.nextafter(0.5, 1)], [7, 3, 4, 9], 0.0, id="one bit"),
    ],
)
def test_different_answers_are_rejected(
    distances: list[float], rows: list[int], tolerance: float
) -> None:
    with pytest.raises(AssertionError):
        assert_same_neighbors(answer(distances, rows), EXPECTED, tolerance)


def test_equal_distances_in_the_wrong_row_order_are_rejected() -> None:
    with pytest.raises(AssertionError, match="place 0"):
        assert_same_neighbors(answer([0.1, 0.1], [5, 2]), answer([0.1, 0.1], [2, 5]))


def test_a_filled_unused_place_is_rejected() -> None:
    wrong = answer([0.1, np.inf], [7, -1])
    wrong[0][0, 1] = 0.2
    with pytest.raises(AssertionError, match="unused"):
        assert_same_neighbors(wrong, answer([0.1, np.inf], [7, -1]))


def test_values_outside_their_bound_are_rejected() -> None:
    exact, bound = np.array([1.0, 2.0]), np.array([0.1, 0.1])
    assert_within(np.array([1.05, 1.95]), exact, bound)
    with pytest.raises(AssertionError, match="row 1"):
        assert_within(np.array([1.0, 2.2]), exact, bound)
    with pytest.raises(AssertionError, match="row 0"):
        assert_within(np.array([np.nan, 2.0]), exact, bound)


def test_the_bound_of_a_product_grows_with_its_terms() -> None:
    ones, rows = np.ones(4, np.float32), np.array([[1, 1, 1, 1], [10, -10, 1, 1]], np.float32)
    small, large = dot_bound(ones, rows)
    assert small == pytest.approx(4 * 4 * 2.0**-24)
    assert large == pytest.approx(22 * 4 * 2.0**-24)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("kind", KINDS)
def test_vectors_of_every_kind_are_finite(kind: str, dtype: type, rng: np.random.Generator) -> None:
    vectors = make_vectors(kind, 10, 6, rng, dtype)
    assert vectors.dtype == dtype
    assert np.isfinite(vectors).all()
    assert vectors.any()


def test_denormals_are_denormal(rng: np.random.Generator) -> None:
    for dtype in (np.float32, np.float16):
        vectors = make_vectors("denormals", 10, 6, rng, dtype)
        assert np.abs(vectors).max() < np.finfo(dtype).smallest_normal


def test_an_unknown_kind_is_rejected(rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match="one of"):
        make_vectors("nice", 1, 1, rng)


def test_a_mapped_copy_lies_in_a_file_and_cannot_be_written(tmp_path: Path) -> None:
    mapped = mapped_copy(np.arange(6, dtype=np.float32).reshape(2, 3), tmp_path / "rows")
    assert isinstance(mapped, np.memmap)
    assert mapped[1, 2] == 5
    with pytest.raises(ValueError, match="read-only"):
        mapped[0, 0] = 1


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("floats", [0, 1, 3])
def test_misaligned_rows_start_where_they_should(floats: int, dtype: type) -> None:
    array = np.arange(12, dtype=dtype).reshape(3, 4)
    moved = misaligned(array, floats)
    assert moved.ctypes.data % 64 == floats * moved.itemsize
    assert (moved == array).all()


def test_strided_rows_are_apart_by_nan() -> None:
    array = np.ones((3, 4), np.float32)
    apart = strided(array, 3)
    assert apart.strides == (7 * 4, 4)
    assert (apart == array).all()
    assert np.isnan(np.lib.stride_tricks.as_strided(apart, (7,), (4,))[4:]).all()
