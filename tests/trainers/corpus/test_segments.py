"""A text cut into segments still says which word stands near which."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vecstore.trainers.corpus.segments import WIDTH, chance_to_stay, segments

TEXTS = st.lists(st.lists(st.integers(-2, 6).filter(lambda n: n != -1), max_size=50), max_size=6)


def stream(text: list[list[int]]) -> np.ndarray:
    return np.array([number for sentence in text for number in (*sentence, -1)], np.int32)


def known(text: list[list[int]]) -> list[list[int]]:
    return [[number for number in sentence if number >= 0] for sentence in text]


def looks(rows: np.ndarray, window: int) -> list[tuple[int, list[int], list[int]]]:
    """Return each centre word with what it looks at to the left and to the right."""
    found = []
    for row in rows:
        words, left = row[: WIDTH + 2 * window], row[WIDTH + 2 * window : -WIDTH]
        for place, (back, ahead) in enumerate(zip(left, row[-WIDTH:], strict=True)):
            at = place + window
            before, after = words[at - back : at], words[at + 1 : at + 1 + ahead]
            found.append((int(words[at]), before.tolist(), after.tolist()))
    return found


@settings(deadline=None)
@given(TEXTS, st.integers(1, 4), st.integers(0, 9))
def test_centre_words_look_at_their_neighbours(
    text: list[list[int]], window: int, seed: int
) -> None:
    rows = segments(stream(text), np.ones(7), window, np.random.default_rng(seed))
    assert rows.shape[1] == 3 * WIDTH + 2 * window
    seen = iter(looks(rows, window))
    for sentence in known(text):
        for place, word in enumerate(sentence):
            centre, left, right = next(seen)
            assert centre == word
            assert left == sentence[place - len(left) : place]
            assert right == sentence[place + 1 : place + 1 + len(right)]
            # As far as was drawn, 1 or more, or as the sentence goes.
            assert max(len(left), len(right)) <= window
            assert len(left) >= min(1, place)
            assert len(right) >= min(1, len(sentence) - place - 1)
    assert all(left == right == [] for _, left, right in seen)  # filled up


def test_all_reaches_are_drawn_equally_often() -> None:
    ids = np.zeros(60_000, np.int32)
    rows = segments(ids, np.ones(1), 3, np.random.default_rng(0))
    reaches = [len(left) for _, left, _ in looks(rows, 3)]
    assert np.bincount(reaches, minlength=4)[1:] / len(reaches) == pytest.approx(1 / 3, abs=0.02)


def test_frequent_words_are_thinned_out() -> None:
    ids = np.tile(np.array([0, 1], np.int32), 20_000)
    rows = segments(ids, np.array([0.25, 1.0]), 2, np.random.default_rng(0))
    words = [word for word, left, right in looks(rows, 2) if left or right]
    assert words.count(1) == 20_000
    assert words.count(0) / 20_000 == pytest.approx(0.25, abs=0.02)


def test_chances_are_those_of_word2vec() -> None:
    counts = np.array([900, 99, 1, 0])
    chances = chance_to_stay(counts, 0.01)
    assert chances[0] == pytest.approx(np.sqrt(0.01 / 0.9) + 0.01 / 0.9)
    assert chances[2:].tolist() == [1, 1]
    assert chance_to_stay(counts, 0).tolist() == [1, 1, 1, 1]
