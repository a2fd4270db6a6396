import numpy as np
import pytest

from vecstore.search.results import Match, Matches

INF = np.inf


def words(rows: np.ndarray) -> np.ndarray:
    return np.array(["zero", "one", "two"], dtype=object)[rows]


def never(rows: np.ndarray) -> np.ndarray:
    raise AssertionError("keys were decoded though nobody asked for them")


@pytest.fixture
def batch() -> Matches:
    """Two queries, k = 3: the first found everything, the second only one row."""
    return Matches(
        np.array([[0.0, 0.5, 1.0], [0.25, INF, INF]]),
        np.array([[2, 0, 1], [1, -1, -1]]),
        np.array([3, 1]),
        metric="cosine",
        take=words,
        single=False,
    )


def test_a_batch_has_arrays_with_a_row_per_query(batch: Matches) -> None:
    assert batch.distances.shape == batch.rows.shape == batch.keys.shape == (2, 3)
    assert batch.counts.tolist() == [3, 1]


def test_unused_places_hold_no_key(batch: Matches) -> None:
    assert batch.keys.tolist() == [["two", "zero", "one"], ["one", None, None]]


def test_unused_places_of_integer_keys_hold_minus_one() -> None:
    matches = Matches(
        np.array([[0.0, INF]]),
        np.array([[4, -1]]),
        np.array([1]),
        metric="dot",
        take=lambda rows: rows * 10,
        single=True,
    )
    assert matches.keys.tolist() == [40, -1]
    assert matches.keys.dtype == np.int64
    assert type(matches[0].key) is int


def test_one_query_has_arrays_of_one_axis(batch: Matches) -> None:
    one = batch[1]
    assert one.keys.tolist() == ["one", None, None]
    assert one.distances.tolist() == [0.25, INF, INF]
    assert one.counts == 1


def test_iterating_a_batch_gives_the_answer_to_each_query(batch: Matches) -> None:
    assert [[match.key for match in one] for one in batch] == [["two", "zero", "one"], ["one"]]


def test_iterating_one_query_gives_what_was_found(batch: Matches) -> None:
    assert list(batch[1]) == [Match("one", 0.25)]
    assert len(batch[1]) == 1


def test_one_query_transposes_to_keys_and_distances(batch: Matches) -> None:
    keys, distances = zip(*batch[0], strict=True)
    assert keys == ("two", "zero", "one")
    assert distances == (0.0, 0.5, 1.0)


def test_places_count_from_the_end_too(batch: Matches) -> None:
    assert batch[0][-1] == Match("one", 1.0)


def test_a_place_where_nothing_was_found_is_out_of_range(batch: Matches) -> None:
    with pytest.raises(IndexError):
        batch[1][1]


def test_keys_are_decoded_only_when_asked_for() -> None:
    matches = Matches(
        np.array([[0.0]]), np.array([[0]]), np.array([1]), metric="dot", take=never, single=True
    )
    assert matches.distances.tolist() == [0.0]
    assert matches.similarities.tolist() == [0.0]
    with pytest.raises(AssertionError, match="nobody asked"):
        matches.keys  # noqa: B018  the attribute is the act


def test_similarities_are_cosines(batch: Matches) -> None:
    assert batch.similarities.tolist() == [[1.0, 0.5, 0.0], [0.75, -INF, -INF]]


def test_frame_of_one_query_has_a_line_per_match(batch: Matches) -> None:
    frame = batch[0].to_frame()
    assert frame.columns == ["key", "distance"]
    assert frame.rows() == [("two", 0.0), ("zero", 0.5), ("one", 1.0)]


def test_frame_of_a_batch_names_the_query(batch: Matches) -> None:
    assert batch.to_frame().rows()[2:] == [(0, "one", 1.0), (1, "one", 0.25)]


def test_frame_of_nothing_keeps_its_types() -> None:
    nothing = Matches(
        np.empty((0, 3)),
        np.empty((0, 3), np.int64),
        np.empty(0, np.int64),
        metric="cosine",
        take=words,
        single=False,
    )
    frame = nothing.to_frame()
    assert frame.height == 0
    assert [str(dtype) for dtype in frame.dtypes] == ["Int64", "String", "Float64"]


def test_representation_shows_the_nearest(batch: Matches) -> None:
    assert repr(batch) == "<Matches of 2 queries, k=3>"
    assert repr(batch[0]) == "<Matches 3 of k=3: two 0, zero 0.5, one 1>"
