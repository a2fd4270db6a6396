"""From short texts to rows of word numbers of one length, and to bags of words."""

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt

from vecstore.trainers.corpus.numbered import holds_ids, rows_of, spelled
from vecstore.trainers.corpus.tokens import END, TOKENIZERS
from vecstore.trainers.corpus.vocabulary import Vocabulary

__all__ = [
    "PADDING",
    "UNKNOWN",
    "Text",
    "WordIds",
    "bags_of_words",
    "vocabulary_of",
    "words_of",
]

PADDING = 0
UNKNOWN = 1  # only with a vocabulary; the hashing trick has a number for every word

# The padding of texts made of ids. It is a word only if it was one in training.
_PADDING_WORD = "0"

#: A text, or its words or ids if it is already split.
Text = str | Sequence[str] | Sequence[int]


def words_of(text: Text) -> Sequence[str]:
    """Split a text into lower-case words without punctuation; a text that is already split stays.

    >>> words_of("Well done! Don't stop.")
    ['well', 'done', "don't", 'stop']
    """
    if not isinstance(text, str):
        return spelled(text, "A text")
    return [word for word in TOKENIZERS["words"].findall(text.lower()) if word != END]


def vocabulary_of(texts: Iterable[Text], *, max_size: int | None = None) -> Vocabulary:
    """Count the words of texts into a vocabulary; ValueError if there are none."""
    counts = Counter(chain.from_iterable(map(words_of, rows_of(texts, "`data`"))))
    if not counts:
        raise ValueError("`data` must hold words; got texts without any.")
    return Vocabulary.counted(counts, max_size=max_size)


def bags_of_words(texts: Sequence[Text], vocabulary: Vocabulary) -> npt.NDArray[np.bool_]:
    """Return which words are in which texts, bool of shape (n, len(vocabulary)).

    >>> bags_of_words(["No, no!", "Yes."], Vocabulary(["yes", "no"])).tolist()
    [[False, True], [True, False]]
    """
    bags = np.zeros((len(texts), len(vocabulary)), np.bool_)
    for bag, text in zip(bags, rows_of(texts, "`texts`"), strict=True):
        ids = vocabulary.ids(words_of(text))
        bag[ids[ids >= 0]] = True
    return bags


class WordIds:
    """Numbers for words, by rank in a vocabulary or by hash; 0 is padding.

    With a vocabulary, 1 is any unknown word, and the most frequent words are numbered from 2. With
    the hashing trick every word has a number without a lookup, and words with the same one share a
    vector.
    """

    def __init__(self, size: int, hashed: bool, vocabulary: Vocabulary) -> None:
        self.size = size  # how many numbers there are, padding included
        self.hashed = hashed
        self.vocabulary = vocabulary  # with hashing, it only lists the words that were met

    def learned(self, texts: Iterable[Text]) -> "WordIds":
        """Return new ids for the words of texts, as many as there are numbers for."""
        # With hashing, all words are kept, because `embeddings` names them.
        most = None if self.hashed else self.size - UNKNOWN - 1
        return WordIds(self.size, self.hashed, vocabulary_of(texts, max_size=most))

    def ids(self, words: Sequence[str]) -> npt.NDArray[np.int32]:
        """Return the numbers of words from `words_of`, from 1 up."""
        if self.hashed:
            return np.fromiter(map(self._hash, words), np.int32, len(words))
        return self.vocabulary.ids(words) + np.int32(UNKNOWN + 1)

    def padded(self, texts: Sequence[Text], length: int, keep: str) -> npt.NDArray[np.int32]:
        """Return texts as padded rows of word numbers, int32 of shape (n, length)."""
        # keep="first" pads at the end, keep="last" at the start. A text without words counts as one
        # unknown word.
        rows = np.full((len(texts), length), PADDING, np.int32)
        for row, text in zip(rows, rows_of(texts, "`data`"), strict=True):
            words = self._words_of(text)
            kept = words[:length] if keep == "first" else words[-length:]
            ids = self.ids(kept) if kept else np.array([UNKNOWN], np.int32)
            if keep == "first":
                row[: len(ids)] = ids
            else:
                row[-len(ids) :] = ids
        return rows

    def _words_of(self, text: Text) -> Sequence[str]:
        words = words_of(text)
        if not holds_ids([text]) or _PADDING_WORD in self.vocabulary:
            return words
        return [word for word in words if word != _PADDING_WORD]

    def _hash(self, word: str) -> int:
        # Python's own hash differs from one process to the next.
        return zlib.crc32(word.encode()) % (self.size - 1) + 1
