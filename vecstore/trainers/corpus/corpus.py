"""A text as word numbers on disk, and windows that slide over it."""

import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.arrays import check_count
from vecstore.trainers.corpus.tokens import END as LINE_END
from vecstore.trainers.corpus.tokens import Source, Tokenizer, tokens
from vecstore.trainers.corpus.vocabulary import Vocabulary
from vecstore.trainers.corpus.windows import (
    END,
    UNKNOWN,
    count_windows,
    count_words,
    fill_windows,
    renumber,
)

__all__ = ["Corpus"]

# Words that `windows` looks at together; their windows take some 10 MB.
_BLOCK = 1 << 19


class Corpus:
    """Free text, read once, in memory that does not grow with its length.

    Parameters
    ----------
    source : path-like, or iterable of (str, sequence of str or int, or Path)
        A file (plain or gzipped), a folder of files, or sentences. A sentence is a str (each of its
        lines counts as one), a list of tokens, or a list of ids, integers from 0, whose digits
        become the words. In an array of rows, 0 is padding and not a word; in lists it is an
        ordinary id.
    tokenizer : str or callable, default "words"
        ``"words"`` finds runs of letters and digits, with apostrophes inside. ``"spaces"`` splits
        at white space. A callable gets a line and returns its tokens.
    lowercase : bool, default True
        Whether to fold capitals.
    min_count : int, default 1
        Rarer words are unknown.
    max_vocabulary : int or None
        Keep at most this many words, the most frequent ones.
    vocabulary : Vocabulary or None
        The known words; None takes those of the text.
    encoding : str, default "utf-8"
        The encoding of files.

    Attributes
    ----------
    vocabulary : Vocabulary
        The words and their numbers, the most frequent first.
    ids : ndarray of int32, shape (m,)
        The text as word numbers, with -1 after each sentence and -2 for unknown words. Mapped from
        a temporary file that disappears with the corpus.
    words : int
        How many words of the text are known.

    Raises
    ------
    FileNotFoundError
        If there is nothing at a path.
    TypeError
        If a sentence is none of these, or mixes words and ids.
    ValueError
        If a file is not text, an id is negative, or no word is left.

    Notes
    -----
    It reads some millions of words a second. The distinct words are kept in memory. Every word of
    the text takes 4 bytes on disk, in the folder for temporary files (``TMPDIR``).

    Examples
    --------
    >>> corpus = Corpus(["He is going.", "Going, going, gone."])
    >>> corpus.vocabulary.id("going"), corpus.vocabulary[0]
    (0, 'going')
    >>> [[corpus.vocabulary[number] for number in row] for row in corpus.ngrams(3)]
    [['he', 'is', 'going'], ['going', 'going', 'gone']]
    """

    def __init__(
        self,
        source: Source,
        *,
        tokenizer: Tokenizer = "words",
        lowercase: bool = True,
        min_count: int = 1,
        max_vocabulary: int | None = None,
        vocabulary: Vocabulary | None = None,
        encoding: str = "utf-8",
    ) -> None:
        check_count(min_count, "min_count")
        if max_vocabulary is not None:
            check_count(max_vocabulary, "max_vocabulary")
        numbers = _Numbers({LINE_END: 0})
        read = tokens(source, tokenizer=tokenizer, lowercase=lowercase, encoding=encoding)
        self.ids: npt.NDArray[np.int32] = _written(read, numbers)
        counts = count_words(self.ids, len(numbers))
        met = dict(zip(numbers, counts.tolist(), strict=True))
        del met[LINE_END]
        if vocabulary is None:
            vocabulary = Vocabulary.counted(met, min_count=min_count, max_size=max_vocabulary)
        self.vocabulary = vocabulary
        new = vocabulary.ids(list(numbers))
        self.words = int(counts[new >= 0].sum())
        if self.words == 0:
            raise _nothing_left(met, min_count)
        new[new < 0] = UNKNOWN
        new[0] = END
        renumber(self.ids, new)

    def count_windows(self, size: int) -> int:
        """Count the windows of the text.

        Parameters
        ----------
        size : int
            Words in a window.

        Returns
        -------
        int
            The total number of rows that `windows` yields.

        Examples
        --------
        >>> Corpus(["He is going.", "Gone."]).count_windows(2)
        2
        """
        return int(count_windows(self.ids, check_count(size, "size")))

    def windows(self, size: int) -> Iterator[npt.NDArray[np.int32]]:
        """Slide a window over the text.

        Parameters
        ----------
        size : int
            Words in a window.

        Yields
        ------
        ndarray of int32, shape (n, size)
            Every run of `size` consecutive known words within one sentence, in the order of the
            text. n varies, and a block always fits in memory.

        Examples
        --------
        >>> [block.tolist() for block in Corpus(["no no yes"]).windows(2)]
        [[[0, 0], [0, 1]]]
        """
        check_count(size, "size")
        for start in range(0, len(self.ids), _BLOCK):
            # Windows that begin in the block may end after it.
            part = self.ids[start : start + _BLOCK + size - 1]
            out = np.empty((len(part), size), np.int32)
            yield out[: fill_windows(part, out)]

    def ngrams(self, size: int) -> npt.NDArray[np.int32]:
        """Return all windows in one array.

        Parameters
        ----------
        size : int
            Words in a window.

        Returns
        -------
        ndarray of int32, shape (n, size)
            It takes 4 bytes of memory for every word of every window.

        Examples
        --------
        >>> Corpus(["no no yes"]).ngrams(2)
        array([[0, 0],
               [0, 1]], dtype=int32)
        """
        return np.concatenate([*self.windows(size), np.empty((0, size), np.int32)])

    def __repr__(self) -> str:
        return f"<Corpus of {self.words:,} words, {len(self.vocabulary):,} distinct>"


class _Numbers(dict[str, int]):
    """Numbers for words, in the order in which they first occur."""

    def __missing__(self, word: str) -> int:
        number = self[word] = len(self)
        return number


def _written(read: Iterator[list[str]], numbers: _Numbers) -> npt.NDArray[np.int32]:
    """Write the numbers of all tokens to a temporary file, and map it."""
    with tempfile.TemporaryFile() as file:
        for some in read:
            file.write(np.fromiter(map(numbers.__getitem__, some), np.int32, len(some)).tobytes())
        file.flush()
        if file.tell() == 0:
            return np.empty(0, np.int32)
        mapped: Any = np.memmap(file, np.int32, "r+")  # outlives the name and the handle
        return mapped.view(np.ndarray)  # type: ignore[no-any-return]


def _nothing_left(met: dict[str, int], min_count: int) -> ValueError:
    if not met:
        return ValueError("The text holds no word at all.")
    word, count = max(met.items(), key=lambda item: item[1])
    return ValueError(
        f'No word of the text is left: the commonest, "{word}", occurs {count} times; `min_count` '
        f"is {min_count}."
    )
