"""Text on its way to a model: tokens, words, numbers, windows.

- `tokens`: text as a stream of tokens, a piece of bounded size at a time; `numbered`: texts of ids;
- `vocabulary`: words and their numbers; `word_ids`: texts as rows of numbers of one length;
- `corpus`: a text as numbers of words, on disk; `windows`: windows that slide over it;
- `segments`, `sampled_text`: what word2vec looks at; `pairs`: which words occur near each other;
- `rows`: rows that come block by block, as shuffled batches.
"""

from vecstore.trainers.corpus.corpus import Corpus
from vecstore.trainers.corpus.vocabulary import Vocabulary
from vecstore.trainers.corpus.word_ids import bags_of_words, vocabulary_of

__all__ = [
    "Corpus",
    "Vocabulary",
    "bags_of_words",
    "vocabulary_of",
]
