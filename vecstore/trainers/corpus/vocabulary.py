"""Words and their numbers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import index
from typing import Any, Self, SupportsIndex

import numpy as np
import numpy.typing as npt

from vecstore.arrays import check_count
from vecstore.errors import DuplicateKeyError, KeyNotFoundError
from vecstore.spelling import near_spellings

__all__ = ["Vocabulary"]

# Suggested spellings use the letters of this many words; a hash reads no more.
_SAMPLED_WORDS = 1000


class Vocabulary:
    """The words of a corpus, numbered from 0 in the given order.

    Parameters
    ----------
    words : iterable of str
        Each word once, usually the most frequent first.
    counts : array_like of int, shape (n,), or None
        How often each word occurs; None if that is unknown.

    Attributes
    ----------
    counts : ndarray of int64, shape (n,), or None
        As given.

    Raises
    ------
    DuplicateKeyError
        If a word occurs twice.
    ValueError
        If there is not one count per word.

    Examples
    --------
    >>> vocabulary = Vocabulary.counted({"go": 2, "going": 5, "gone": 1}, min_count=2)
    >>> vocabulary.id("going"), vocabulary[1], "gone" in vocabulary
    (0, 'go', False)
    """

    def __init__(self, words: Iterable[str], counts: npt.ArrayLike | None = None) -> None:
        self._words = [str(word) for word in words]
        self._ids = {word: number for number, word in enumerate(self._words)}
        if len(self._ids) < len(self._words):
            twice = next(w for number, w in enumerate(self._words) if self._ids[w] != number)
            raise DuplicateKeyError(f'`words` must have each word once; got "{twice}" twice.')
        self.counts = None if counts is None else np.asarray(counts, np.int64)
        if self.counts is not None and self.counts.shape != (len(self._words),):
            raise ValueError(
                f"`counts` must have shape ({len(self._words)},), one per word; got "
                f"{self.counts.shape}."
            )

    @classmethod
    def counted(
        cls, counts: Mapping[str, int], *, min_count: int = 1, max_size: int | None = None
    ) -> Self:
        """Make a vocabulary of the most frequent words.

        Parameters
        ----------
        counts : mapping of str to int
            How often each word occurs.
        min_count : int, default 1
            Rarer words are left out.
        max_size : int or None
            Keep at most this many words, the most frequent ones.

        Returns
        -------
        Vocabulary
            Sorted by falling count; equally frequent words by spelling, so that the order in which
            they were met does not matter.

        Examples
        --------
        >>> list(Vocabulary.counted({"b": 1, "a": 1, "c": 3}, max_size=2))
        ['c', 'a']
        """
        least = check_count(min_count, "min_count")
        most = None if max_size is None else check_count(max_size, "max_size")
        kept = [(-count, word) for word, count in counts.items() if count >= least]
        kept = sorted(kept)[:most]
        return cls([word for _, word in kept], [-count for count, _ in kept])

    def id(self, word: str) -> int:
        """Return the number of a word.

        Parameters
        ----------
        word : str
            Spelled as in the vocabulary.

        Returns
        -------
        int
            From 0; `vocabulary[number]` is the word again.

        Raises
        ------
        KeyNotFoundError
            If the word is unknown; the error suggests the nearest spellings that are known.

        Examples
        --------
        >>> Vocabulary(["yes", "no"]).id("no")
        1
        """
        try:
            return self._ids[word]
        except KeyError:
            raise self._not_found(word) from None

    def ids(self, words: Sequence[str]) -> npt.NDArray[np.int32]:
        """Return the numbers of many words.

        Parameters
        ----------
        words : sequence of n str
            Spelled as in the vocabulary.

        Returns
        -------
        ndarray of int32, shape (n,)
            -1 for an unknown word.

        Examples
        --------
        >>> Vocabulary(["yes", "no"]).ids(["no", "maybe"])
        array([ 1, -1], dtype=int32)
        """
        find = self._ids.get
        return np.fromiter((find(word, -1) for word in words), np.int32, len(words))

    def state(self) -> dict[str, Any]:
        """Return the vocabulary in a form that JSON can hold.

        Returns
        -------
        dict
            The keyword arguments that recreate it.

        Examples
        --------
        >>> Vocabulary(["yes", "no"], [3, 2]).state()
        {'words': ['yes', 'no'], 'counts': [3, 2]}
        """
        counts = None if self.counts is None else self.counts.tolist()
        return {"words": list(self._words), "counts": counts}

    def __getitem__(self, number: SupportsIndex) -> str:
        place = index(number)
        # `ids` returns -1 for unknown words, so -1 must not mean the last one.
        if not 0 <= place < len(self):
            raise IndexError(f"`number` must be from 0 and below {len(self):,}; got {place:,}.")
        return self._words[place]

    def __len__(self) -> int:
        return len(self._words)

    def __iter__(self) -> Iterator[str]:
        return iter(self._words)

    def __contains__(self, word: object) -> bool:
        return word in self._ids

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self._words == other._words

    def __hash__(self) -> int:
        return hash(tuple(self._words[:_SAMPLED_WORDS]))

    def __repr__(self) -> str:
        shown = ", ".join(self._words[:4]) + (", ..." if len(self) > 4 else "")
        return f"<Vocabulary of {len(self):,}: {shown}>"

    def _not_found(self, word: str) -> KeyNotFoundError:
        def near() -> list[str]:
            letters = "".join(self._words[:_SAMPLED_WORDS])
            return near_spellings(word, letters, lambda tried: [w for w in tried if w in self._ids])

        message = f'No word "{word}" in this vocabulary ({len(self):,} words).'
        return KeyNotFoundError(message, key=word, suggestions=near)
