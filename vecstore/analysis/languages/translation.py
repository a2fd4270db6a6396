"""Translate word by word between two languages whose vectors are in one space."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from vecstore.analysis.languages.dictionary import Pairs, as_pairs, known_pairs
from vecstore.analysis.languages.retrieval import Retrieval
from vecstore.analysis.tokens import as_known, is_word, joined, spaced_tokens
from vecstore.arrays import Progress, check_count
from vecstore.search import Matches
from vecstore.store import Store

__all__ = [
    "Precision",
    "TranslatedWord",
    "Translation",
    "Translator",
    "precision",
    "translate",
]


class TranslatedWord(NamedTuple):
    """A word with its possible translations."""

    word: Any  # as the source spells it, else as the text does
    matches: Matches | None  # best first; None for signs and unknown words
    spaced: bool = True  # whether a space stands before it in the text

    @property
    def best(self) -> Any:
        """The best translation, or the word itself."""
        return self.matches[0].key if self.matches else self.word


@dataclass(frozen=True)
class Translation:
    """A text translated word by word; its `str` is the translated line.

    Attributes
    ----------
    words : list of TranslatedWord
        The words and signs in the order of the text. Each has the ``word``, its ``matches`` in the
        target, and the ``best`` of them.
    """

    words: list[TranslatedWord]

    @property
    def unknown(self) -> list[Any]:
        """The words without a translation, because the source does not have them."""
        return [one.word for one in self.words if not one.matches and is_word(str(one.word))]

    def __str__(self) -> str:
        # An elided word of the target ("l'") joins the next word, whatever the spaces of the
        # source.
        elided = [
            bool(one.matches) and str(one.best).endswith(("'", "\u2019")) for one in self.words
        ]
        return joined(
            (str(one.best), one.spaced and not close)
            for one, close in zip(self.words, [False, *elided], strict=False)
        )


@dataclass(frozen=True)
class Precision:
    """How often the right translation was found.

    Attributes
    ----------
    at : mapping of int to float
        For each k, the share of words that have a right translation among the best k.
    words : int
        The number of source keys tested: those in the source with a translation in the target.
    unknown : int
        The number of source keys of the dictionary that were not tested.
    """

    at: Mapping[int, float]
    words: int
    unknown: int


class Translator:
    """Translates any number of texts; to translate a single one, use `translate`.

    Parameters
    ----------
    source, target : Store
        Two stores in one space; see `translate`.
    retrieval : str, default "csls"
        ``"csls"`` or ``"nn"``; see `translate`.
    threads : int or None
        As for `Store.search`.
    progress : callable or None
        Called as ``progress(rows, total)`` while CSLS is prepared.

    Raises
    ------
    ValueError
        As for `translate`.

    Examples
    --------
    >>> import vecstore
    >>> english = vecstore.from_arrays([[1, 0], [0, 1]], ["cat", "sleeps"])
    >>> french = vecstore.from_arrays([[9, 1], [1, 9]], ["chat", "dort"])
    >>> translator = Translator(english, french)
    >>> str(translator("cat sleeps")), str(translator(["sleeps"], k=1))
    ('chat dort', 'dort')
    """

    def __init__(
        self,
        source: Store,
        target: Store,
        retrieval: str = "csls",
        *,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._source = source
        self._retrieve = Retrieval(source, target, retrieval, threads=threads, progress=progress)

    def __call__(self, text: str | Sequence[Any], k: int = 5) -> Translation:
        """Translate a text or a sequence of words.

        Parameters
        ----------
        text : str, or sequence of keys
            As for `translate`.
        k : int, default 5
            Translations for each word.

        Returns
        -------
        Translation
            As from `translate`.
        """
        if isinstance(text, str):
            words = self._words(text)
            asked = [word for word, _ in words if is_word(word)]
        else:
            asked = list(text)
            words = [(word, True) for word in asked]
        known = [word for word in dict.fromkeys(asked) if word in self._source]
        matches = self._retrieve(self._source[known], k) if known else ()
        found: dict[Any, Matches] = dict(zip(known, matches, strict=True))
        return Translation([TranslatedWord(word, found.get(word), space) for word, space in words])

    def _words(self, text: str) -> list[tuple[str, bool]]:
        """Split a text into keys of the source, unknown words, and signs."""
        has = self._source.__contains__
        return [
            (part, spaced and not place)
            for token, spaced in spaced_tokens(text)
            for place, part in enumerate(as_known(token, has) if is_word(token) else [token])
        ]


def translate(
    text: str | Sequence[Any],
    source: Store,
    target: Store,
    k: int = 5,
    retrieval: str = "csls",
    *,
    threads: int | None = None,
) -> Translation:
    """Translate a text or a sequence of words, word by word.

    Parameters
    ----------
    text : str, or sequence of keys
        A text, which is split into words; or words or other keys, which are taken as they are.
    source, target : Store
        Two stores in one space, either aligned by `align` or trained together.
    k : int, default 5
        Translations for each word.
    retrieval : str, default "csls"
        ``"csls"``, which penalises keys that are near everything, or ``"nn"`` for the nearest
        neighbours; see `Retrieval`.
    threads : int or None
        As for `Store.search`.

    Returns
    -------
    Translation
        The words with their translations. Unknown words and signs stay as they are.

    Raises
    ------
    ValueError
        If the stores differ in dimension, if one is empty, or if CSLS is asked for and a store has
        another metric than cosine.

    Notes
    -----
    A word of the text that is not a key is tried in lower case, then split in two at an apostrophe.

    Under CSLS the similarities are CSLS scores. It searches the source for every key of the target,
    which takes about a minute if each has hundreds of thousands; ``"nn"`` takes one search.

    Examples
    --------
    >>> import vecstore
    >>> english = vecstore.from_arrays([[1, 0], [0, 1]], ["cat", "sleeps"])
    >>> french = vecstore.from_arrays([[9, 1], [1, 9]], ["chat", "dort"])
    >>> translation = translate("Cat sleeps, Tom!", english, french)
    >>> str(translation), translation.unknown
    ('chat dort, Tom!', ['Tom'])
    """
    check_count(k, "k")
    return Translator(source, target, retrieval, threads=threads)(text, k)


def precision(
    source: Store,
    target: Store,
    pairs: Pairs,
    ks: Iterable[int] = (1, 5),
    retrieval: str = "csls",
    *,
    threads: int | None = None,
) -> Precision:
    """Test translations against a dictionary.

    Parameters
    ----------
    source, target : Store
        Two stores in one space.
    pairs : path-like, or iterable of (source key, target key)
        The right translations. They should not be the pairs that the map was learned from; see
        `split_pairs`.
    ks : iterable of int, default (1, 5)
        How many translations of each word to look at.
    retrieval : str, default "csls"
        ``"csls"`` or ``"nn"``; see `translate`.
    threads : int or None
        As for `Store.search`.

    Returns
    -------
    Precision
        For each k, how often a right translation is among the best k.

    Raises
    ------
    VecstoreError
        If no pair is known to both stores.
    ValueError
        If `ks` is empty; otherwise as for `translate`.

    Examples
    --------
    >>> import vecstore
    >>> english = vecstore.from_arrays([[1, 0], [0, 1]], ["cat", "sleeps"])
    >>> french = vecstore.from_arrays([[9, 1], [1, 9]], ["chat", "dort"])
    >>> precision(english, french, [("cat", "chat"), ("sleeps", "chat")], ks=[1]).at
    {1: 0.5}
    """
    depths = [check_count(k, "ks") for k in ks]
    if not depths:
        raise ValueError("`ks` must hold at least one number; got none.")
    listed = as_pairs(pairs)
    right: dict[Any, set[Any]] = {}
    for key, other in known_pairs(listed, source, target):
        right.setdefault(key, set()).add(other)
    retrieve = Retrieval(source, target, retrieval, threads=threads)
    found = retrieve(source[list(right)], max(depths)).keys
    hits = np.array(
        [
            [key in wanted for key in keys]
            for keys, wanted in zip(found, right.values(), strict=True)
        ]
    )
    return Precision(
        {k: float(hits[:, :k].any(axis=1).mean()) for k in depths},
        words=len(right),
        unknown=len({key for key, _ in listed}) - len(right),
    )
