"""What only the native engine must refuse: its pointers would follow a wrong number anywhere."""

import numpy as np
import pytest

from tests.kernels.blocks import blocks_of

native = pytest.importorskip("vecstore.kernels.native")

ROWS = np.eye(3, dtype=np.float32)
NOTHING = np.zeros(0, np.int64)


@pytest.mark.parametrize(
    ("offsets", "places"),
    [([], []), ([0, 2], [0]), ([1, 0], [0, 0]), ([-1, 1], [0]), ([0, 1], [3]), ([0, 1], [-1])],
)
def test_no_question_leads_out_of_its_arrays(offsets: list[int], places: list[int]) -> None:
    wrong = np.array(offsets, np.int64), np.array(places, np.int64)
    right = np.zeros(max(1, len(offsets)), np.int64), NOTHING
    queries = np.ones((max(0, len(offsets) - 1), 3), np.float32)
    for groups in ((wrong, right), (right, wrong)):
        with pytest.raises(ValueError, match="must"):
            native.search_mul(blocks_of(ROWS), ROWS, *groups, 1)
        with pytest.raises(ValueError, match="must"):
            native.search_sums(blocks_of(ROWS), queries, ROWS, *groups, 1)


def test_there_is_a_sum_for_every_query() -> None:
    one = np.array([0, 1]), np.array([0])
    none = np.zeros(2, np.int64), NOTHING
    for queries in (ROWS[:2], np.ones((1, 4), np.float32)):
        with pytest.raises(ValueError, match="`queries` must be as many as there are sums"):
            native.search_sums(blocks_of(ROWS), queries, ROWS, one, none, 1)
