"""Rows in blocks become batches of one size, and none is lost."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vecstore.trainers.corpus import rows as module
from vecstore.trainers.corpus.rows import Rows, even_steps
from vecstore.trainers.split import held_out_count

SIZES = st.lists(st.integers(0, 7), min_size=1, max_size=5).filter(any)


def numbered(sizes: list[int]) -> Rows:
    """Rows 0, 1, 2, ... in blocks of these sizes."""
    ends = np.cumsum([0, *sizes])

    def blocks() -> Iterator[np.ndarray]:
        for start, end in pairwise(ends):
            yield np.arange(start, end, dtype=np.int32).reshape(-1, 1)

    return Rows(int(ends[-1]), blocks)


@given(SIZES, st.integers(1, 5))
def test_batches_go_round_and_leave_nothing_out(sizes: list[int], size: int) -> None:
    rows = numbered(sizes)
    size = min(size, rows.count)
    batches = rows.batches(size, np.random.default_rng(0))
    seen = np.concatenate([next(batches) for _ in range(2 * rows.count)])
    assert seen.shape == (2 * rows.count * size, 1)
    met = np.bincount(seen[:, 0], minlength=rows.count)
    # Rows that were left of one round come in the next.
    assert met.min() >= 2 * size - 1
    assert met.max() <= 2 * size + 1


@given(SIZES, st.floats(0.01, 0.99))
def test_what_is_held_out_is_the_end(sizes: list[int], share: float) -> None:
    assume(sum(sizes) > max(1, round(share * sum(sizes))))
    rest, held_out = numbered(sizes).split(share)
    kept = np.concatenate([*rest.blocks()])
    assert rest.count == len(kept)
    assert np.concatenate([kept, held_out])[:, 0].tolist() == list(range(sum(sizes)))
    assert len(held_out) == held_out_count(sum(sizes), share)


def test_a_share_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="`validation` must leave something to learn from; got 0"):
        numbered([1]).split(0.1)


@given(st.integers(1, 10**7), st.integers(1, 10**5), st.integers(1, 64))
def test_steps_are_even_and_leave_less_than_a_row_each(
    rows: int, batch_size: int, most: int
) -> None:
    size, together, steps = even_steps(rows, batch_size, most)
    assert 1 <= size <= batch_size
    assert 1 <= together <= most
    assert steps % together == 0
    assert 0 <= rows - size * steps < steps


def test_an_array_is_handed_out_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK", 4)
    array = np.arange(20, dtype=np.uint8).reshape(10, 2)
    blocks = [*Rows.of_array(array).blocks()]
    assert [len(block) for block in blocks] == [4, 4, 2]
    assert np.array_equal(np.concatenate(blocks), array)
    assert blocks[0].dtype == np.int32


def test_shuffling_depends_on_the_random_numbers_alone() -> None:
    def first(seed: int) -> list[int]:
        return next(numbered([9]).batches(9, np.random.default_rng(seed)))[:, 0].tolist()

    assert first(1) == first(1)
    assert first(1) != first(2)
