"""Ends of dimensions, and directions along which an attribute grows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import vecstore
from tests.analysis.spaces import glove
from vecstore.analysis import correlate, dimension_extremes

ROWS, DIM = 300, 8


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[vecstore.Store]:
    """Rows with an attribute along a known direction, one along none, and some without any."""
    rng = np.random.default_rng(2)
    vectors = rng.standard_normal((ROWS, DIM))
    along = vectors @ direction()
    columns = {
        "size": along + 0.1 * rng.standard_normal(ROWS),
        "large": along > 0.5,
        "noise": rng.standard_normal(ROWS),
        "name": [f"name {row % 3}" for row in range(ROWS)],
        "same": [7] * ROWS,
        "rare": [1.0 * row if row < 9 else None for row in range(ROWS)],
        "half": [value if row % 2 else None for row, value in enumerate(along)],
        "broken": [float("inf") if row == 5 else 1.0 * row for row in range(ROWS)],
    }
    store = vecstore.create(
        tmp_path_factory.mktemp("planted") / "planted.vecs", dim=DIM, metric="euclidean"
    )
    with store:
        store.add([f"row {row}" for row in range(ROWS)], vectors, columns)
        yield store


def direction() -> np.ndarray:
    return np.array([0, 3, 0, 0, -4, 0, 0, 0]) / 5


# Both ends of a dimension.


@given(
    vectors=arrays(np.float32, (7, 3), elements=st.floats(-10, 10, width=32)),
    dimension=st.integers(0, 2),
    k=st.integers(1, 9),
)
def test_ends_are_those_of_a_sorted_column(vectors: np.ndarray, dimension: int, k: int) -> None:
    store = vecstore.from_arrays(vectors, keys=list("abcdefg"), metric="euclidean")
    ends = dimension_extremes(store, dimension, k)
    values = dict(zip("abcdefg", vectors[:, dimension].tolist(), strict=True))
    column = sorted(values.values())
    assert [place.value for place in ends.lowest] == column[:k]
    assert [place.value for place in ends.highest] == column[::-1][:k]
    assert all(values[place.key] == place.value for place in (*ends.lowest, *ends.highest))


def test_ties_come_in_the_order_of_insertion() -> None:
    store = vecstore.from_arrays([[1, 0], [1, 1], [1, 2]], keys=["a", "b", "c"], metric="dot")
    ends = dimension_extremes(store, 0, 2)
    assert [place.key for place in ends.lowest] == ["a", "b"]
    assert [place.key for place in ends.highest] == ["a", "b"]


def test_vectors_of_a_cosine_store_count_by_their_direction() -> None:
    store = vecstore.from_arrays([[10, 10], [1, 0.1]], keys=["long", "straight"], metric="cosine")
    assert dimension_extremes(store, 0, 1).highest[0].key == "straight"


def test_a_filter_chooses_the_rows(planted: vecstore.Store) -> None:
    ends = dimension_extremes(planted, 1, 5, where="name = 'name 1'")
    assert {int(place.key.split()[1]) % 3 for place in (*ends.lowest, *ends.highest)} == {1}


def test_a_direction_has_ends_as_a_dimension_has(planted: vecstore.Store) -> None:
    ends = dimension_extremes(planted, direction(), 10)
    sizes = planted.frame([place.key for place in ends.highest])["size"]
    assert sizes.min() > np.quantile(planted.frame()["size"], 0.9)


# Dead dimensions.


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
def test_a_dimension_that_is_next_to_the_same_for_all_rows_is_dead(metric: str) -> None:
    vectors = np.random.default_rng(3).standard_normal((200, 4)) * [1, 0.01, 1, 0.3]
    vectors += [0, 5, 0, 0]
    store = vecstore.from_arrays(vectors, metric=metric)
    assert [dimension_extremes(store, number, 1).dead for number in range(4)] == [
        *(False, True, False, False)
    ]
    assert dimension_extremes(store, [0, -2, 0, 0], 1).dead
    assert not dimension_extremes(store, [1, 1, 0, 0], 1).dead


@given(
    vectors=arrays(np.float32, (9, 3), elements=st.sampled_from([0.0, 0.01, 0.1, 1.0, -3.0])),
    scale=st.sampled_from([0.01, 1.0, 100.0]),
)
def test_what_is_dead_is_dead_in_any_unit(vectors: np.ndarray, scale: float) -> None:
    keys = list("abcdefghi")
    store = vecstore.from_arrays(vectors, keys=keys, metric="euclidean")
    spread = vectors.astype(np.float64).std(axis=0)
    share = spread / max(np.sqrt(np.mean(spread**2)), 1e-300)
    found = [dimension_extremes(store, number, 1).dead for number in range(3)]
    scaled = vecstore.from_arrays(vectors * np.float32(scale), keys=keys, metric="euclidean")
    again = [dimension_extremes(scaled, number, 1).dead for number in range(3)]
    for dead, dead_again, part in zip(found, again, share, strict=True):
        if abs(part - 0.05) > 1e-4:
            assert dead == dead_again == (part < 0.05)


def test_a_filter_chooses_the_rows_a_dimension_is_dead_for() -> None:
    store = vecstore.from_arrays([[1, 3], [1, 2], [5, 0], [9, 1]], metric="dot")
    assert dimension_extremes(store, 0, 1, where=[True, True, False, False]).dead
    assert not dimension_extremes(store, 0, 1).dead


def test_equal_rows_are_dead_throughout_and_one_row_says_nothing() -> None:
    equal = vecstore.from_arrays([[0.1, 0.3, 0.7]] * 5, metric="cosine")
    assert all(dimension_extremes(equal, number, 1).dead for number in range(3))
    single = vecstore.from_arrays([[0.1, 0.3, 0.7]], metric="cosine")
    assert not dimension_extremes(single, 0, 1).dead


@pytest.mark.parametrize(
    ("dimension", "message"),
    [
        (DIM, "`dimension` must be from 0 to 7, as the vectors have; got 8."),
        (-1, "`dimension` must be from 0 to 7, as the vectors have; got -1."),
        ([1.0, 2.0], r"`dimension` must be a number, or of shape \(8,\); got \(2,\)."),
    ],
)
def test_a_dimension_that_is_not_there_is_refused(
    planted: vecstore.Store, dimension: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        dimension_extremes(planted, dimension)


def test_bounds_are_checked(planted: vecstore.Store) -> None:
    with pytest.raises(ValueError, match="`n` must be at least 1; got 0"):
        dimension_extremes(planted, 0, 0)
    with pytest.raises(ValueError, match="`where` must leave some rows"):
        dimension_extremes(planted, 0, where="size > 100")


# The direction of an attribute.


@pytest.mark.parametrize("attribute", ["size", "half"])
def test_a_planted_direction_is_found(planted: vecstore.Store, attribute: str) -> None:
    found = correlate(planted, attribute)
    assert float(found.vector @ direction()) > 0.995
    assert float(np.linalg.norm(found.vector)) == pytest.approx(1, abs=1e-6)
    assert found.correlation > 0.98
    assert found.held_out > 0.98
    assert found.rows == (ROWS if attribute == "size" else ROWS // 2)


def test_the_best_dimension_is_that_of_numpy(planted: vecstore.Store) -> None:
    found = correlate(planted, "size")
    vectors = planted[planted.keys().tolist()]
    sizes = planted.frame()["size"].to_numpy()
    each = [np.corrcoef(column, sizes)[0, 1] for column in vectors.T]
    assert found.dimension == np.argmax(np.abs(each)) == 4
    assert found.dimension_correlation == pytest.approx(each[4])
    assert found.correlation == pytest.approx(np.corrcoef(vectors @ found.vector, sizes)[0, 1])


def test_truth_values_have_a_direction_too(planted: vecstore.Store) -> None:
    found = correlate(planted, "large")
    assert float(found.vector @ direction()) > 0.95


def test_noise_fits_and_does_not_hold(planted: vecstore.Store) -> None:
    few = correlate(planted, "noise", where="name = 'name 1'")
    assert abs(few.held_out) < 0.4
    assert few.held_out < few.correlation


def test_more_dimensions_than_rows_are_no_perfect_fit(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    with vecstore.create(tmp_path / "wide.vecs", dim=100) as store:
        store.add(
            [str(row) for row in range(20)],
            rng.standard_normal((20, 100)),
            {"noise": rng.standard_normal(20)},
        )
        assert abs(correlate(store, "noise").held_out) < 0.7


def test_a_dimension_without_any_variance_does_no_harm(tmp_path: Path) -> None:
    vectors = np.column_stack([np.arange(12.0), np.full(12, 3.0)])
    with vecstore.create(tmp_path / "flat.vecs", dim=2, metric="euclidean") as store:
        store.add([str(row) for row in range(12)], vectors, {"size": np.arange(12.0)})
        found = correlate(store, "size")
    assert found.vector == pytest.approx([1, 0], abs=1e-6)
    assert found.correlation == pytest.approx(1)


def test_plurals_of_real_words_lie_along_a_direction(tmp_path: Path) -> None:
    store = glove()
    stored = set(store.keys())
    pairs = [(word, f"{word}s") for word in stored if len(word) > 3 and f"{word}s" in stored]
    words = sorted({word for pair in pairs for word in pair})
    with vecstore.create(tmp_path / "numbers.vecs", dim=store.dim) as numbers:
        numbers.add(words, store[words], {"plural": [word.endswith("s") for word in words]})
        found = correlate(numbers, "plural")
        ends = dimension_extremes(numbers, found.vector, 50)
    assert found.held_out > 0.75
    assert all(place.key.endswith("s") for place in ends.highest)
    assert not any(place.key.endswith("s") for place in ends.lowest)


@pytest.mark.parametrize(
    ("attribute", "error", "message"),
    [
        (
            "weight",
            ValueError,
            '`attribute` must name a column of the store; got "weight", and its',
        ),
        ("name", TypeError, 'a column of numbers or truth values; "name" holds String.'),
        ("same", ValueError, 'must differ from row to row; "same" is 7 in all of them.'),
        ("rare", ValueError, 'must have values in at least 10 rows; "rare" has 9.'),
        ("broken", ValueError, '`attribute` must be finite; "broken" holds NaN or infinity.'),
    ],
)
def test_an_attribute_without_a_direction_is_refused(
    planted: vecstore.Store, attribute: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        correlate(planted, attribute)


def test_vectors_that_are_all_equal_are_refused(tmp_path: Path) -> None:
    with vecstore.create(tmp_path / "equal.vecs", dim=2) as store:
        store.add([str(row) for row in range(12)], np.ones((12, 2)), {"size": np.arange(12)})
        with pytest.raises(ValueError, match="must have vectors that differ"):
            correlate(store, "size")
