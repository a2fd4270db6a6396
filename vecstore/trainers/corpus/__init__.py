"""To be said."""

from vecstore.trainers.corpus.corpus import Corpus
from vecstore.trainers.corpus.vocabulary import Vocabulary
from vecstore.trainers.corpus.word_ids import bags_of_words, vocabulary_of

__all__ = [
    "Corpus",
    "Vocabulary",
    "bags_of_words",
    "vocabulary_of",
]
