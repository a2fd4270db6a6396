"""A text that is read once, and windows over it."""

import random
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.real_data import real
from vecstore.trainers.corpus import corpus as module
from vecstore.trainers.corpus import tokens
from vecstore.trainers.corpus.corpus import Corpus
from vecstore.trainers.corpus.vocabulary import Vocabulary

TEXT = ["The cat sat.", "The dog sat on the cat.", "A bird sang."]


def spelled(corpus: Corpus, rows: np.ndarray) -> list[str]:
    return [" ".join(corpus.vocabulary[number] for number in row) for row in rows]


def test_windows_do_not_reach_from_one_sentence_into_the_next() -> None:
    corpus = Corpus(TEXT)
    assert spelled(corpus, corpus.ngrams(3)) == [
        "the cat sat",
        "the dog sat",
        "dog sat on",
        "sat on the",
        "on the cat",
        "a bird sang",
    ]
    assert corpus.count_windows(3) == 6
    assert corpus.ngrams(7).shape == (0, 7)


def test_rare_words_are_unknown_and_in_no_window() -> None:
    corpus = Corpus(TEXT, min_count=2)
    assert list(corpus.vocabulary) == ["the", "cat", "sat"]
    assert corpus.vocabulary.counts is not None
    assert corpus.vocabulary.counts.tolist() == [3, 2, 2]
    assert corpus.ids.tolist() == [0, 1, 2, -1, 0, -2, 2, -2, 0, 1, -1, -2, -2, -2, -1]
    assert spelled(corpus, corpus.ngrams(2)) == ["the cat", "cat sat", "the cat"]
    assert corpus.words == 7


def test_the_commonest_words_are_kept_if_there_are_too_many() -> None:
    assert list(Corpus(TEXT, max_vocabulary=1).vocabulary) == ["the"]


def test_a_vocabulary_can_be_given() -> None:
    words = Vocabulary(["bird", "cat"])
    corpus = Corpus(TEXT, vocabulary=words)
    assert corpus.vocabulary is words
    assert corpus.words == 3


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from("abcd"), max_size=8), min_size=1), st.integers(1, 4))
def test_blocks_are_cut_without_a_trace(sentences: list[list[str]], size: int) -> None:
    sentences = [*sentences, ["a"]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BLOCK", 3)
        corpus = Corpus(sentences)
        expected = [
            sentence[start : start + size]
            for sentence in sentences
            for start in range(len(sentence) - size + 1)
        ]
        assert [row.split() for row in spelled(corpus, corpus.ngrams(size))] == expected
        assert sum(map(len, corpus.windows(size))) == corpus.count_windows(size)


def test_nothing_to_learn_from_is_an_error() -> None:
    for empty in ([], [""], ["!?"]):
        with pytest.raises(ValueError, match="The text holds no word at all"):
            Corpus(empty)
    with pytest.raises(ValueError, match='commonest, "the", occurs 3 times; `min_count` is 4'):
        Corpus(TEXT, min_count=4)


def test_it_says_what_it_is() -> None:
    assert repr(Corpus(TEXT)) == "<Corpus of 12 words, 8 distinct>"


def test_memory_does_not_grow_with_the_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for the distinct words; the numbers of the others are mapped from disk."""
    monkeypatch.setattr(tokens, "_PIECE", 1 << 12)
    monkeypatch.setattr(module, "_BLOCK", 1 << 10)
    words = [f"word{number}" for number in range(100)]
    line = " ".join(random.Random(1).choices(words, k=100)) + "\n"
    peaks = []
    for lines in (1, 50, 1000):  # the first is for what is allocated once
        path = tmp_path / f"{lines}.txt"
        path.write_text(line * lines, encoding="utf-8")
        tracemalloc.start()
        corpus = Corpus(path)
        assert sum(map(len, corpus.windows(5))) == lines * 96
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 1.5 * peaks[1]


def test_hintons_4grams_are_the_windows_of_his_sentences() -> None:
    corpus = Corpus(real("hinton-nnlm-4grams/raw_sentences.txt.gz"), tokenizer="spaces")
    assert len(corpus.vocabulary) == 250
    assert corpus.words == 757_172
    saved = np.load(real("hinton-nnlm-4grams/nnlm_4grams.npz"))
    theirs = np.concatenate([saved[part] for part in ("train", "valid", "test")])
    ours = corpus.vocabulary.ids(saved["vocab"].tolist())[theirs]
    assert ours.min() >= 0
    assert np.array_equal(sort_rows(ours), sort_rows(corpus.ngrams(4)))


def sort_rows(rows: np.ndarray) -> np.ndarray:
    return rows[np.lexsort(rows.T)]
