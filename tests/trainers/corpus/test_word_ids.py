"""Numbers for words: by vocabulary and by hash, and texts as rows of one length."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("keras")

from vecstore.trainers.corpus.vocabulary import Vocabulary
from vecstore.trainers.corpus.word_ids import (
    PADDING,
    UNKNOWN,
    WordIds,
    bags_of_words,
    vocabulary_of,
    words_of,
)

pytestmark = pytest.mark.keras

TEXTS = ["The cat sat.", "The cat ran,\nthe dog sat"]


def by_rank(size: int = 10) -> WordIds:
    return WordIds(size, False, Vocabulary([])).learned(TEXTS)


def by_hash(size: int = 10) -> WordIds:
    return WordIds(size, True, Vocabulary([])).learned(TEXTS)


def test_words_are_lower_case_without_punctuation_and_lines() -> None:
    assert words_of("Well DONE!\nDon't  stop") == ["well", "done", "don't", "stop"]
    assert words_of(["As", "given!"]) == ["As", "given!"]


def test_the_commonest_words_come_first() -> None:
    known = by_rank()
    assert list(known.vocabulary) == ["the", "cat", "sat", "dog", "ran"]
    assert known.ids(["the", "cat", "elk"]).tolist() == [2, 3, UNKNOWN]


def test_words_beyond_the_size_are_unknown() -> None:
    known = by_rank(4)
    assert list(known.vocabulary) == ["the", "cat"]
    assert known.ids(["the", "cat", "sat"]).tolist() == [2, 3, UNKNOWN]


def test_a_hash_is_never_padding_and_knows_every_word() -> None:
    known = by_hash(5)
    assert set(known.vocabulary) == {"the", "cat", "sat", "dog", "ran"}
    ids = known.ids([f"word{number}" for number in range(200)])
    assert set(ids.tolist()) == {1, 2, 3, 4}


def test_a_hash_is_the_same_in_every_process() -> None:
    program = (
        "from vecstore.trainers.corpus.vocabulary import Vocabulary\n"
        "from vecstore.trainers.corpus.word_ids import WordIds\n"
        "print(WordIds(1000, True, Vocabulary([])).ids(['cat', 'dog']).tolist())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    here = WordIds(1000, True, Vocabulary([])).ids(["cat", "dog"]).tolist()
    assert done.stdout.strip() == str(here), done.stderr


def test_padding_is_at_the_end_that_is_not_kept() -> None:
    known = by_rank()
    assert known.padded(["cat sat"], 4, "first").tolist() == [[3, 4, PADDING, PADDING]]
    assert known.padded(["cat sat"], 4, "last").tolist() == [[PADDING, PADDING, 3, 4]]


def test_long_texts_lose_what_is_not_kept() -> None:
    known = by_rank()
    assert known.padded(["the cat sat"], 2, "first").tolist() == [[2, 3]]
    assert known.padded(["the cat sat"], 2, "last").tolist() == [[3, 4]]


@pytest.mark.parametrize("keep", ["first", "last"])
def test_a_text_without_words_is_one_unknown_word(keep: str) -> None:
    row = by_rank().padded(["..."], 3, keep)[0]
    assert sorted(row.tolist()) == [PADDING, PADDING, UNKNOWN]


@given(texts=st.lists(st.text(max_size=30)), length=st.integers(1, 6), hashed=st.booleans())
def test_every_number_is_one_of_the_embedding(texts: list[str], length: int, hashed: bool) -> None:
    known = by_hash(7) if hashed else by_rank(7)
    rows = known.padded(texts, length, "last")
    assert rows.shape == (len(texts), length)
    assert ((rows >= 0) & (rows < 7)).all()
    assert (rows > 0).any(axis=1).all()


def test_texts_without_any_word_teach_nothing() -> None:
    with pytest.raises(ValueError, match="`data` must hold words; got texts without any"):
        by_rank().learned(["...", ""])


def test_a_bag_holds_the_known_words_of_a_text() -> None:
    known = vocabulary_of(TEXTS, max_size=3)
    assert list(known) == ["the", "cat", "sat"]
    bags = bags_of_words(["Sat, sat!", "the elk", ""], known)
    assert bags.tolist() == [[False, False, True], [True, False, False], [False] * 3]
    assert bags.dtype == np.bool_


def test_ids_are_int32() -> None:
    assert by_rank().ids(["cat"]).dtype == np.int32
    assert by_hash().ids([]).dtype == np.int32
