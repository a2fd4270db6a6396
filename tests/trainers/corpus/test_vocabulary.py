"""Words to numbers and back."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecstore.errors import DuplicateKeyError, KeyNotFoundError
from vecstore.trainers.corpus.vocabulary import Vocabulary

COUNTS = st.dictionaries(st.text(max_size=5), st.integers(1, 9), max_size=20)


@given(COUNTS)
def test_numbers_and_words_are_two_names_of_the_same(counts: dict[str, int]) -> None:
    vocabulary = Vocabulary.counted(counts)
    assert set(vocabulary) == set(counts)
    assert [vocabulary.id(vocabulary[n]) for n in range(len(vocabulary))] == list(
        range(len(counts))
    )
    assert vocabulary.ids(list(vocabulary)).tolist() == list(range(len(counts)))


@given(COUNTS, st.integers(1, 5), st.integers(1, 10))
def test_what_is_left_out_is_rarer_than_what_is_kept(
    counts: dict[str, int], least: int, most: int
) -> None:
    vocabulary = Vocabulary.counted(counts, min_count=least, max_size=most)
    common = sorted((count for count in counts.values() if count >= least), reverse=True)
    assert vocabulary.counts is not None
    assert vocabulary.counts.tolist() == common[:most]
    assert all(counts[word] == n for word, n in zip(vocabulary, vocabulary.counts, strict=True))


@given(COUNTS)
def test_the_order_in_which_words_were_met_does_not_matter(counts: dict[str, int]) -> None:
    assert Vocabulary.counted(counts) == Vocabulary.counted(dict(reversed(counts.items())))


def test_unknown_words_are_minus_one_or_an_error_with_a_suggestion() -> None:
    vocabulary = Vocabulary(["king", "queen"])
    assert vocabulary.ids(["queen", "kign"]).tolist() == [1, -1]
    assert "kign" not in vocabulary
    with pytest.raises(KeyNotFoundError) as caught:
        vocabulary.id("kign")
    assert str(caught.value) == (
        'No word "kign" in this vocabulary (2 words). Did you mean "king"?'
    )


def test_a_word_comes_once_and_has_one_count() -> None:
    with pytest.raises(DuplicateKeyError, match='got "a" twice'):
        Vocabulary(["a", "b", "a"])
    with pytest.raises(ValueError, match=r"`counts` must have shape \(2,\), .*; got \(3,\)"):
        Vocabulary(["a", "b"], np.arange(3))


@pytest.mark.parametrize("number", [-1, 2])
def test_a_number_that_no_word_has_is_refused(number: int) -> None:
    with pytest.raises(IndexError, match=f"`number` must be from 0 and below 2; got {number}"):
        _ = Vocabulary(["a", "b"])[number]
    assert Vocabulary(["a", "b"])[np.int32(1)] == "b"


@given(COUNTS)
def test_its_state_makes_it_again(counts: dict[str, int]) -> None:
    vocabulary = Vocabulary.counted(counts)
    again = Vocabulary(**json.loads(json.dumps(vocabulary.state())))
    assert again == vocabulary
    assert again.state() == vocabulary.state()
    assert Vocabulary(["a"]).state() == {"words": ["a"], "counts": None}


def test_it_shows_its_commonest_words() -> None:
    assert repr(Vocabulary("abcdef")) == "<Vocabulary of 6: a, b, c, d, ...>"
    assert repr(Vocabulary("ab")) == "<Vocabulary of 2: a, b>"
