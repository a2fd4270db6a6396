"""To be said."""

from vecstore.analysis.word_tests.evaluation import kind_of, word_analogies, word_pairs
from vecstore.analysis.word_tests.lines import numbered_lines
from vecstore.analysis.word_tests.scores import Analogies, PairScores, SectionScore

__all__ = [
    "Analogies",
    "PairScores",
    "SectionScore",
    "kind_of",
    "numbered_lines",
    "word_analogies",
    "word_pairs",
]
