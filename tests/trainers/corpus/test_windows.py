"""The compiled loops against what they mean."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vecstore.trainers.corpus.windows import count_windows, count_words, fill_windows, renumber

STREAMS = st.lists(st.integers(-2, 5), max_size=40).map(lambda ids: np.array(ids, np.int32))


@settings(deadline=None)
@given(STREAMS, st.integers(1, 5))
def test_windows_are_the_runs_of_known_words(ids: np.ndarray, size: int) -> None:
    runs = [ids[start : start + size].tolist() for start in range(len(ids) - size + 1)]
    expected = [run for run in runs if min(run) >= 0]
    out = np.empty((len(ids), size), np.int32)
    assert out[: fill_windows(ids, out)].tolist() == expected
    assert count_windows(ids, size) == len(expected)


@settings(deadline=None)
@given(STREAMS)
def test_words_are_counted(ids: np.ndarray) -> None:
    assert count_words(ids, 6).tolist() == [int((ids == number).sum()) for number in range(6)]


def test_numbers_are_replaced_in_place() -> None:
    ids = np.array([2, 0, 1], np.int32)
    renumber(ids, np.array([7, 8, -1], np.int32))
    assert ids.tolist() == [-1, 7, 8]
