"""Test word vectors against people's answers, and ask small questions about a few words.

In reading order:

- `lines`: lines of text files, compressed or not;
- `questions`: files of analogies; `ratings`: files of rated word pairs;
- `known_words`: the words of a store that a test may use;
- `scores`: the results of a test;
- `evaluation`: run the tests;
- `comparisons`: which word is odd, which is nearer, how similar two sets of words are.
"""

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
