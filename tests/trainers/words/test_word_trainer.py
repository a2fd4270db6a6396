"""A text in the words that a trainer knows."""

import pytest

from vecstore.trainers.corpus.corpus import Corpus
from vecstore.trainers.corpus.vocabulary import Vocabulary
from vecstore.trainers.words.word_trainer import corpus_of


def test_a_text_is_read_in_the_known_words() -> None:
    known = Vocabulary(["cat", "dog"])
    assert corpus_of(["the cat", "a dog"], known).vocabulary is known
    assert list(corpus_of(["a cat"], None).vocabulary) == ["a", "cat"]


def test_a_corpus_of_the_known_words_is_taken_as_it_is() -> None:
    corpus = Corpus(["the cat"])
    assert corpus_of(corpus, None) is corpus
    assert corpus_of(corpus, Vocabulary(["cat", "the"])) is corpus


def test_a_corpus_of_other_words_is_refused() -> None:
    with pytest.raises(ValueError) as caught:
        corpus_of(Corpus(["the cat"]), Vocabulary(["dog"]))
    assert str(caught.value) == (
        "`data` must have the vocabulary of the trainer, <Vocabulary of 1: dog>; got "
        "<Vocabulary of 2: cat, the>. Make it with Corpus(..., vocabulary=trainer.vocabulary)."
    )
