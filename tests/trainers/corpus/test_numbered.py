"""Texts of ids: every form they come in, their words, and what is refused."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("keras")

from vecstore.trainers import Cooccurrence, Corpus, words_of_ids
from vecstore.trainers.corpus.numbered import as_texts, holds_ids
from vecstore.trainers.corpus.vocabulary import Vocabulary
from vecstore.trainers.corpus.word_ids import UNKNOWN, WordIds, bags_of_words
from vecstore.trainers.texts.labelled import as_labelled

pytestmark = pytest.mark.keras

TEXTS = [[7, 8, 7], [9]]


def ragged(texts: list[Any]) -> np.ndarray:
    """Return texts as `keras.datasets` has them: an array of objects."""
    found = np.empty(len(texts), object)
    found[:] = texts
    return found


FORMS: dict[str, Any] = {
    "lists": TEXTS,
    "tuples": tuple(map(tuple, TEXTS)),
    "NumPy's integers": [[np.int64(7), np.uint8(8), np.int32(7)], [np.int16(9)]],
    "arrays": [np.array([7, 8, 7], np.uint16), np.array([9])],
    "an array of lists": ragged(TEXTS),
    "an array of arrays": ragged([np.array(text) for text in TEXTS]),
    "rows padded in front": np.array([[7, 8, 7], [0, 0, 9]]),
    "rows padded behind": np.array([[7, 8, 7, 0], [9, 0, 0, 0]], np.uint8),
    "rows of objects": np.array([[7, 8, 7], [0, 0, 9]], object),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_ids_says_the_same(form: str) -> None:
    found = as_texts(FORMS[form], "data")
    assert found == TEXTS
    assert {type(number) for text in found for number in text} == {int}
    assert holds_ids(found)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_ids_is_read_by_every_trainer(form: str) -> None:
    corpus = Corpus(FORMS[form])
    assert [corpus.vocabulary[number] for number in corpus.ids if number >= 0] == [*"7879"]
    known = WordIds(9, False, Vocabulary([])).learned(FORMS[form])
    assert list(known.vocabulary) == ["7", "8", "9"]
    assert known.padded(FORMS[form], 3, "last").tolist() == [[2, 3, 2], [0, 0, 4]]
    bags = bags_of_words(FORMS[form], Vocabulary(["9", "8"]))
    assert bags.tolist() == [[False, True], [True, False]]
    assert as_labelled((FORMS[form], [0, 1]), "data").texts == TEXTS


def test_an_id_and_its_digits_are_one_word() -> None:
    known = WordIds(9, False, Vocabulary([])).learned([[7, 8, 7]])
    assert known.padded([["7", "8"], [8, 5]], 2, "last").tolist() == [[2, 3], [3, UNKNOWN]]


def test_zero_pads_rows_of_an_array_and_is_an_id_in_lists() -> None:
    known = WordIds(9, False, Vocabulary([])).learned([[0, 7, 7], [0, 5]])
    assert set(known.vocabulary) == {"0", "5", "7"}
    known = WordIds(9, False, Vocabulary([])).learned(np.array([[0, 7, 7], [0, 0, 5]]))
    assert set(known.vocabulary) == {"5", "7"}
    # What was padded stays padded in lists, where the training had no such word.
    assert known.padded([[0, 0, 7]], 2, "first").tolist() == [[2, 0]]


def test_words_in_arrays_are_words() -> None:
    assert as_texts(np.array(["well done", "0"]), "data") == ["well done", "0"]
    assert as_texts(np.array([["well", "done"]]), "data") == [["well", "done"]]
    assert not holds_ids(as_texts([[], ["7"]], "data"))


@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        ([[7], [True]], TypeError, "text 1 holds bool; ids are integers, from 0"),
        ([[7, np.True_]], TypeError, "text 0 holds bool"),
        ([[7], [7.0]], TypeError, "text 1 holds float; ids are integers, from 0"),
        ([np.array([1.5])], TypeError, "text 0 holds float"),
        ([[7], [8, -3]], ValueError, "text 1 holds -3; ids are integers, from 0"),
        (np.array([[7, 0], [-1, 2]]), ValueError, "text 1 holds -1"),
        ([[7, None]], TypeError, "text 0 holds NoneType"),
        ([[7, "seven"]], TypeError, r"text 0 mixes words with other things \(int, str\)"),
        ([["seven"], [7]], TypeError, "either words or ids; text 0 has words, and text 1 has ids"),
        ([[7], "seven"], TypeError, "either words or ids; text 1 has words, and text 0 has ids"),
        ([7, 8], TypeError, "text 0 is of type int"),
        ([[[7]]], TypeError, "text 0 holds list"),
        ([np.zeros((2, 2), int)], TypeError, r"text 0 is an array of shape \(2, 2\)"),
        (np.zeros((2, 2)), TypeError, "`data` must hold words or ids, from 0; got an array of fl"),
        (np.zeros((2, 2), bool), TypeError, "`data` must hold words or ids.*got an array of bool"),
        (np.zeros((1, 2, 2), int), ValueError, r"a row for each text; got shape \(1, 2, 2\)"),
        ([b"seven"], TypeError, "text 0 is of type bytes"),
        ("seven", TypeError, "`data` must be texts, not one; put it into a list"),
        (7, TypeError, "`data` must be texts; got int"),
    ],
)
def test_what_are_no_texts_is_refused_by_name(texts: Any, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        as_texts(texts, "data")


@pytest.mark.parametrize(
    ("sentences", "error", "message"),
    [
        ([[7], [True]], TypeError, "sentence 1 holds bool"),
        ([[7, 0.5]], TypeError, "sentence 0 holds float"),
        ([[7], [-2]], ValueError, "sentence 1 holds -2"),
        ([[7, "b"]], TypeError, "sentence 0 mixes words"),
        ([7], TypeError, "sentence 0 is of type int"),
        (np.array([[0.5]]), TypeError, "must hold words or ids, from 0; got an array of float64"),
    ],
)
def test_what_are_no_sentences_is_refused_by_name(
    sentences: Any, error: type, message: str
) -> None:
    with pytest.raises(error, match=message):
        Corpus(sentences)


def test_neighbours_are_counted_of_ids_as_of_their_digits() -> None:
    rows = np.array([[3, 4, 5, 0], [3, 6, 5, 7], [8, 4, 7, 0], [8, 6, 7, 5]])
    words = [[str(number) for number in row if number] for row in rows.tolist()]
    of_ids = Cooccurrence(window=2, dim=2).fit(rows, progress=False).embeddings()
    of_words = Cooccurrence(window=2, dim=2).fit(words, progress=False).embeddings()
    assert sorted(of_ids[0]) == list("345678")
    assert of_ids[0] == of_words[0]
    assert np.array_equal(of_ids[1], of_words[1])


# Their words.


INDEX = {"the": 1, "film": 2, "good": 3}


@pytest.mark.parametrize("form", ["lists", "padded", "objects"])
def test_ids_become_words_as_keras_numbers_them(form: str) -> None:
    texts = {
        "lists": [[1, 4, 6, 5], [1, 2, 3]],
        "padded": np.array([[1, 4, 6, 5], [0, 1, 2, 3]]),
        "objects": ragged([[1, 4, 6, 5], [0, 1, 2, 3]]),
    }[form]
    assert words_of_ids(texts, INDEX, index_from=3) == [
        ["<start>", "the", "good", "film"],
        ["<start>", "<oov>", "<3>"],
    ]


def test_an_index_may_begin_anywhere() -> None:
    assert words_of_ids([[1, 2, 3]], INDEX, index_from=0) == [["the", "film", "good"]]
    index = {"the": np.int64(1)}
    assert words_of_ids([[11, 10, 2]], index, index_from=10) == [["the", "<10>", "<oov>"]]


@given(
    words=st.lists(st.text(min_size=1, max_size=4), unique=True, min_size=1, max_size=9),
    start=st.integers(0, 20),
    data=st.data(),
)
def test_spelling_undoes_numbering(words: list[str], start: int, data: st.DataObject) -> None:
    index = {word: number for number, word in enumerate(words, 1)}
    texts = data.draw(st.lists(st.lists(st.sampled_from(words), max_size=6), max_size=5))
    numbered = [[index[word] + start for word in text] for text in texts]
    assert words_of_ids(numbered, index, index_from=start) == texts


@pytest.mark.parametrize(
    ("texts", "options", "error", "message"),
    [
        ([[4], [7]], {}, ValueError, r"less `index_from` \(3\); text 1 has 7"),
        ([[-1]], {}, ValueError, "`texts` must hold ids; text 0 holds -1"),
        ([[1.0]], {}, TypeError, "text 0 holds float"),
        ([[True]], {}, TypeError, "text 0 holds bool"),
        ([["the"]], {}, TypeError, "text 0 holds str"),
        (["the"], {}, TypeError, "text 0 is of type str"),
        ([[1]], {"index_from": -1}, ValueError, "`index_from` must be at least 0; got -1"),
    ],
)
def test_what_cannot_be_spelled_is_refused(
    texts: Any, options: dict[str, Any], error: type, message: str
) -> None:
    with pytest.raises(error, match=message):
        words_of_ids(texts, INDEX, **options)
