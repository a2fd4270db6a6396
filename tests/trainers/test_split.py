"""What a share of rows is, and which rows are drawn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("keras")

from vecstore.trainers.split import drawn_rows, held_out_count

pytestmark = pytest.mark.keras


@given(st.integers(2, 1000), st.floats(0.001, 0.5), st.integers(0, 9))
def test_every_row_is_on_one_side(n: int, share: float, seed: int) -> None:
    learned, held_out = drawn_rows(n, share, seed)
    assert sorted([*learned, *held_out]) == list(range(n))
    assert len(held_out) == max(1, round(share * n))
    assert (np.diff(learned) > 0).all()
    assert (np.diff(held_out) > 0).all()


def test_the_seed_decides_which() -> None:
    first, same, other = (drawn_rows(100, 0.2, seed)[1].tolist() for seed in (1, 1, 2))
    assert first == same != other
    assert first != list(range(80, 100))


def test_something_must_be_left() -> None:
    with pytest.raises(ValueError, match="`validation` must leave something to learn from; got 0"):
        held_out_count(3, 0.9)
