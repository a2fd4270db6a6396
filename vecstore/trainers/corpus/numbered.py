"""Texts made of ids instead of words, as in `keras.datasets`.

An id is the word that its digits spell: 7 and "7" are the same word, with the key "7" in a store.
`words_of_ids` replaces ids by the words of a word index.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, SupportsIndex

import numpy as np

from vecstore.arrays import check_count

__all__ = ["as_texts", "holds_ids", "rows_of", "spelled", "words_of_ids"]

# `keras.datasets` puts 1 in front of a text, and 2 in place of words that it leaves out. Ids up to
# `index_from` are not words of the index.
_MARKS = {1: "<start>", 2: "<oov>"}

_RAW = (str, bytes, bytearray)


def words_of_ids(
    texts: Iterable[Any], word_index: Mapping[str, SupportsIndex], *, index_from: int = 3
) -> list[list[str]]:
    """Replace the ids in texts by words, for example those of `keras.datasets.imdb` and `reuters`.

    Parameters
    ----------
    texts : ndarray of int, shape (n, length), or sequence of n lists or arrays of int
        Ids from 0. 0 is padding and is left out.
    word_index : mapping of str to int
        The numbers of the words, from 1, as ``get_word_index()`` returns them.
    index_from : int, default 3
        The offset that was added to these numbers, as in ``load_data``. Ids up to the offset are
        marks: 1 becomes ``<start>``, 2 (a word that was left out) ``<oov>``, and others ``<id>``.

    Returns
    -------
    list of n lists of str
        Every trainer that reads text accepts them.

    Raises
    ------
    TypeError
        If an id is not an integer.
    ValueError
        If an id is negative, or the index has no word for it.

    Examples
    --------
    >>> words_of_ids([[1, 5, 4, 2], [4]], {"film": 1, "good": 2})
    [['<start>', 'good', 'film', '<oov>'], ['film']]
    """
    first = check_count(index_from, "index_from", least=0)
    words = {int(number) + first: str(word) for word, number in word_index.items()}
    # Added last: marks win over words that the index has at the same ids.
    words |= {number: _MARKS.get(number, f"<{number}>") for number in range(1, first + 1)}
    found = []
    for row, text in enumerate(rows_of(texts, "`texts`")):
        ids = _numbers(text, f"`texts` must hold ids; text {row}")
        try:
            found.append([words[number] for number in ids if number])
        except KeyError as error:
            raise ValueError(
                f"`word_index` must have a word for each id, less `index_from` ({first}); text "
                f"{row} has {error.args[0]}."
            ) from None
    return found


def rows_of(texts: Iterable[Any], what: str) -> Iterable[Any]:
    """Return the texts one by one; rows of an array lose their zeros, which are padding."""
    if not isinstance(texts, np.ndarray) or texts.ndim == 1:
        return texts
    if texts.ndim != 2:
        raise ValueError(f"{what} must have a row for each text; got shape {texts.shape}.")
    if texts.dtype.kind == "U":
        words: list[list[str]] = texts.tolist()
        return words
    if texts.dtype.kind not in "iuO":
        raise TypeError(f"{what} must hold words or ids, from 0; got an array of {texts.dtype}.")
    return (row[row != 0].tolist() for row in texts)


def as_texts(data: Any, name: str) -> list[Any]:
    """Return texts as a list of str, or of lists of words or ids, all of one kind; or raise."""
    what = f"`{name}`"
    if isinstance(data, _RAW):
        raise TypeError(f"{what} must be texts, not one; put it into a list.")
    if not isinstance(data, Iterable):
        raise TypeError(f"{what} must be texts; got {type(data).__name__}.")
    texts = []
    ids_at = words_at = -1
    for row, text in enumerate(rows_of(data, what)):
        place = f"{what} must hold texts, or lists of words or of ids; text {row}"
        checked = text if isinstance(text, str) else _tokens(text, place)
        texts.append(checked)
        if len(checked) and isinstance(checked[0], str):
            words_at = row
        elif len(checked):
            ids_at = row
        if min(ids_at, words_at) >= 0:
            raise TypeError(
                f"{what} must hold either words or ids; text {words_at} has words, and text "
                f"{ids_at} has ids."
            )
    return texts


def holds_ids(texts: Sequence[Any]) -> bool:
    """Return whether texts from `as_texts` are made of ids."""
    first = next((text for text in texts if len(text)), "")
    return not isinstance(first, str) and not isinstance(first[0], str)


def spelled(text: Any, what: str) -> list[str]:
    """Return the words of a text that is already split; an id becomes its digits."""
    return [str(token) for token in _tokens(text, what)]


def _tokens(text: Any, what: str) -> list[Any]:
    """Return words, or ids as `int`; refuse anything else, and a mixture of both."""
    tokens = _listed(text, what)
    kinds = set(map(type, tokens))
    if all(issubclass(kind, str) for kind in kinds):
        return tokens
    if any(issubclass(kind, str) for kind in kinds):
        named = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise TypeError(f"{what} mixes words with other things ({named}).")
    return _numbers(tokens, what)


def _numbers(text: Any, what: str) -> list[int]:
    tokens = _listed(text, what)
    for kind in set(map(type, tokens)):
        if not issubclass(kind, int | np.integer) or issubclass(kind, bool):
            raise TypeError(f"{what} holds {kind.__name__}; ids are integers, from 0.")
    numbers = [int(token) for token in tokens]
    if numbers and min(numbers) < 0:
        raise ValueError(f"{what} holds {min(numbers)}; ids are integers, from 0.")
    return numbers


def _listed(text: Any, what: str) -> list[Any]:
    if isinstance(text, np.ndarray):
        if text.ndim != 1:
            raise TypeError(f"{what} is an array of shape {text.shape}, not a row of words.")
        listed: list[Any] = text.tolist()
        return listed
    if isinstance(text, Sequence) and not isinstance(text, _RAW):
        return list(text)
    raise TypeError(f"{what} is of type {type(text).__name__}.")
