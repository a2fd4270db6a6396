"""Co-occurrences counted fast are those counted plainly."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("keras")

from vecstore.trainers.corpus import pairs
from vecstore.trainers.corpus.corpus import Corpus

pytestmark = pytest.mark.keras

WORDS = 5


def plainly(ids: list[int], window: int) -> np.ndarray:
    """Look from every word at every other one in reach."""
    sentences: list[list[int]] = [[]]
    for number in ids:
        if number == pairs.END:
            sentences.append([])
        else:
            sentences[-1].append(number)
    found: Counter[tuple[int, int]] = Counter()
    for sentence in sentences:
        for here, word in enumerate(sentence):
            for there, other in enumerate(sentence):
                if 0 < abs(here - there) <= window and word >= 0 and other >= 0:
                    found[word, other] += 1
    matrix = np.zeros((WORDS, WORDS))
    for cell, count in found.items():
        matrix[cell] = count
    return matrix


@settings(deadline=None)  # Numba compiles
@given(ids=st.lists(st.integers(-2, WORDS - 1), max_size=60), window=st.integers(1, 8))
def test_every_pair_in_reach_is_counted_both_ways(ids: list[int], window: int) -> None:
    counts, done = pairs.count_pairs(np.array(ids, np.int32), WORDS, window)
    assert done == len(ids)
    assert np.array_equal(counts.toarray(), plainly(ids, window))


def test_windows_end_with_the_sentence() -> None:
    corpus = Corpus(["one two", "three four"])
    counts, _ = pairs.count_pairs(corpus.ids, 4, 5)
    one, three = corpus.vocabulary.id("one"), corpus.vocabulary.id("three")
    assert counts[one, corpus.vocabulary.id("two")] == 1
    assert counts[one, three] == 0


def test_an_unknown_word_takes_up_room() -> None:
    corpus = Corpus(["the rare cat", "the cat"], min_count=2)
    counts, _ = pairs.count_pairs(corpus.ids, 2, 1)
    assert counts.sum() == 2


def test_a_table_that_grows_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    ids = rng.integers(-1, 400, size=20_000).astype(np.int32)
    whole, _ = pairs.count_pairs(ids, 400, 3)
    monkeypatch.setattr(pairs, "_FIRST_SIZE", 4)
    monkeypatch.setattr(pairs, "_STEP", 97)
    grown, done = pairs.count_pairs(ids, 400, 3)
    assert done == len(ids)
    assert (whole != grown).nnz == 0


def test_progress_reaches_the_end() -> None:
    seen: list[tuple[int, int]] = []
    pairs.count_pairs(np.zeros(10, np.int32), 1, 2, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (10, 10)


def test_ctrl_c_keeps_what_was_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "_STEP", 100)
    ids = np.zeros(1000, np.int32)

    def interrupt(done: int, total: int) -> None:
        if done >= 300:
            raise KeyboardInterrupt

    counts, done = pairs.count_pairs(ids, 1, 1, interrupt)
    assert done == 300
    assert counts[0, 0] == 2 * (300 - 1)


def test_an_empty_text_has_no_pairs() -> None:
    counts, done = pairs.count_pairs(np.empty(0, np.int32), 3, 2)
    assert (counts.nnz, counts.shape, done) == (0, (3, 3), 0)
