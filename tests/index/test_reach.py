"""How far queries are from the rows: what is measured, and which are farther."""

import numpy as np
import pytest

from vecstore.index.reach import DEPTHS, Reach, beyond, remoteness
from vecstore.kernels.contract import Found


def answer(distances: np.ndarray, rows: np.ndarray | None = None) -> Found:
    n, k = distances.shape
    rows = np.tile(np.arange(k), (n, 1)) if rows is None else rows
    return Found(distances, rows, np.full(n, k), None)  # type: ignore[arg-type]


def test_what_is_usual_and_what_is_farthest() -> None:
    distances = np.arange(1, 101.0)[:, None] + np.arange(100) / 10
    reach = Reach.measured(answer(distances), np.ones((100, 2), np.float32), "euclidean")
    assert reach.farthest == pytest.approx((100, 100.9, 109.9))
    assert reach.usual == pytest.approx((95.05, 95.95, 104.95))
    assert Reach.from_json(reach._asdict()) == reach


def test_fewer_rows_than_depths() -> None:
    reach = Reach.measured(answer(np.ones((5, 3))), np.ones((5, 2), np.float32), "euclidean")
    assert reach.farthest == (1.0,) * len(DEPTHS)


def test_the_nearest_of_a_share_is_farther() -> None:
    reach = Reach((1.0, 2.0, 9.0), (3.0, 5.0, 9.0))
    assert reach.nearest(1.0) == (1.0, 3.0)
    assert reach.nearest(0.1) == pytest.approx((2.0, 5.0))
    assert 1.0 < reach.nearest(0.5)[0] < 2.0


def test_the_length_of_a_query_does_not_count_where_answers_ignore_it() -> None:
    queries = np.array([[3, 4], [6, 8]], np.float32)
    distances = np.array([[-5.0], [-10.0]])
    assert remoteness(distances, queries, "dot").tolist() == [[-1.0], [-1.0]]
    assert remoteness(distances, queries, "cosine") is distances


def test_each_query_is_compared_with_the_rows_it_is_nearest_to() -> None:
    rows, queries = np.array([[0], [0], [150], [250]]), np.ones((4, 2), np.float32)
    found = answer(np.array([[1.5], [2.5], [3.5], [1.5]]), rows)
    limits = [(1.0, 2.0), (3.0, 4.0), None]
    usual, farthest = beyond(found, queries, "euclidean", [0, 100, 200], limits)
    assert usual.tolist() == [True, True, True, True]
    assert farthest.tolist() == [False, True, False, False]
    for one in beyond(found, queries, "euclidean", [0, 100, 200], [None] * 3):
        assert not one.any()


def test_distances_at_other_depths_are_refused() -> None:
    with pytest.raises(ValueError, match="those at"):
        Reach.from_json({"usual": [1], "farthest": [1, 2, 3]})
    assert Reach.from_json([1, 2, 3]) is None
