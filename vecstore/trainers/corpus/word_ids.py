"""From texts to rows of numbers of one length."""

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
UNKNOWN = 1  # with a vocabulary; the hashing trick knows every word

# What pads texts of ids: a word only where the training had it as one.
_PADDING_WORD = "0"

#: A text, or its words, or their ids, if somebody has cut it already.
Text = str | Sequence[str] | Sequence[int]


def words_of(text: Text) -> Sequence[str]:
    """Cut a text into words in lower case, without punctuation.

    Parameters
    ----------
    text : str, or sequence of str or of int
        Words are left as they are; ids become their digits.

    Returns
    -------
    sequence of str
        In their order.

    Examples
    --------
    >>> words_of("Well done! Don't stop.")
    ['well', 'done', "don't", 'stop']
    """
    if not isinstance(text, str):
        return spelled(text, "A text")
    return [word for word in TOKENIZERS["words"].findall(text.lower()) if word != END]


def vocabulary_of(texts: Iterable[Text], *, max_size: int | None = None) -> Vocabulary:
    """Count the words of texts.

    Parameters
    ----------
    texts : iterable of str or of sequences of str
        What to learn from.
    max_size : int or None
        At most so many words, the commonest.

    Returns
    -------
    Vocabulary
        With counts.

    Raises
    ------
    ValueError
        If there is no word in the texts.
    """
    counts = Counter(chain.from_iterable(map(words_of, rows_of(texts, "`data`"))))
    if not counts:
        raise ValueError("`data` must hold words; got texts without any.")
    return Vocabulary.counted(counts, max_size=max_size)


def bags_of_words(texts: Sequence[Text], vocabulary: Vocabulary) -> npt.NDArray[np.bool_]:
    """Return which words are in which texts, as autoencoders take them.

    Parameters
    ----------
    texts : sequence of n str or sequences of str
        Order and number of their words are forgotten.
    vocabulary : Vocabulary
        Words that are not in it are left out.

    Returns
    -------
    ndarray of bool, shape (n, len(vocabulary))
        A byte for every text and word.

    Examples
    --------
    >>> bags_of_words(["No, no!", "Yes."], Vocabulary(["yes", "no"]))
    array([[False,  True],
           [ True, False]])
    """
    bags = np.zeros((len(texts), len(vocabulary)), np.bool_)
    for bag, text in zip(bags, rows_of(texts, "`texts`"), strict=True):
        ids = vocabulary.ids(words_of(text))
        bag[ids[ids >= 0]] = True
    return bags


class WordIds:
    """Numbers for words: by rank in a vocabulary, or by hash.

    0 is padding. With a vocabulary 1 is every word that is not in it, and the commonest words have
    the numbers from 2. With the hashing trick a word has a number without being looked up, and
    words that share one share a vector.

    Parameters
    ----------
    size : int
        Numbers there are, padding included.
    hashed : bool
        Whether to use the hashing trick. The vocabulary then only names the words that were met.
    vocabulary : Vocabulary
        With counts.
    """

    def __init__(self, size: int, hashed: bool, vocabulary: Vocabulary) -> None:
        self.size = size
        self.hashed = hashed
        self.vocabulary = vocabulary

    def learned(self, texts: Iterable[Text]) -> "WordIds":
        """Count the words of texts, and take as many as there are numbers for.

        Parameters
        ----------
        texts : iterable of str or of sequences of str
            What to learn from.

        Returns
        -------
        WordIds
            New ones. With hashing all words are kept, because their names will be asked for.

        Raises
        ------
        ValueError
            If there is no word in the texts.
        """
        most = None if self.hashed else self.size - UNKNOWN - 1
        return WordIds(self.size, self.hashed, vocabulary_of(texts, max_size=most))

    def ids(self, words: Sequence[str]) -> npt.NDArray[np.int32]:
        """Return the numbers of words.

        Parameters
        ----------
        words : sequence of n str
            As `words_of` gives them.

        Returns
        -------
        ndarray of int32, shape (n,)
            From 1 on.
        """
        if self.hashed:
            return np.fromiter(map(self._hash, words), np.int32, len(words))
        return self.vocabulary.ids(words) + np.int32(UNKNOWN + 1)

    def padded(self, texts: Sequence[Text], length: int, keep: str) -> npt.NDArray[np.int32]:
        """Return texts as rows of one length.

        Parameters
        ----------
        texts : sequence of n str or sequences of str
            A text without any word counts as one unknown word.
        length : int
            Of every row.
        keep : str
            ``"first"``: the first words of a text, and padding at the end; ``"last"``: the last
            words, and padding at the start.

        Returns
        -------
        ndarray of int32, shape (n, length)
            Numbers of words, and `PADDING`.
        """
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
