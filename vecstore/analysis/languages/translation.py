"""Words of one language as those of another, through a space that both are in."""

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
    """A word and what it may be in the other language.

    Attributes
    ----------
    word : str or int
        As the source spells it, or as the text does.
    matches : Matches or None
        Keys of the target, best first; None for a word that is not in the source, and for signs.
    spaced : bool
        Whether a space stands before it in the text.
    """

    word: Any
    matches: Matches | None
    spaced: bool = True

    @property
    def best(self) -> Any:
        """The best translation, or the word itself."""
        return self.matches[0].key if self.matches else self.word


@dataclass(frozen=True)
class Translation:
    """A text word by word; `str` of it is the line.

    Attributes
    ----------
    words : list of TranslatedWord
        In the order of the text.
    """

    words: list[TranslatedWord]

    @property
    def unknown(self) -> list[Any]:
        """The words that have no translation, because the source does not have them."""
        return [one.word for one in self.words if not one.matches and is_word(str(one.word))]

    def __str__(self) -> str:
        # What elides a word in the target ("l'") stands close to the next one, whatever the source.
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
        For each k, the share of words of which a right translation was among the best k.
    words : int
        Source keys that were tested: those known with a translation that is known too.
    unknown : int
        Source keys of the dictionary that were not.
    """

    at: Mapping[int, float]
    words: int
    unknown: int


class Translator:
    """Translates texts, or words, word by word; for one, `translate` does.

    Parameters
    ----------
    source, target, retrieval, threads
        As for `translate`.
    progress : callable or None
        Called as ``progress(rows, total)`` while CSLS is made ready.
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
        """Translate one more text.

        Parameters
        ----------
        text, k
            As for `translate`.

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
        """Take a text apart into keys of the source, words that are none, and signs."""
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
    """Translate a text, or words, word by word.

    Parameters
    ----------
    text : str, or sequence of keys
        A text, which is taken apart into words; or words, or other keys, as they are.
    source, target : Store
        Two stores in one space: made so by `align`, or from the beginning.
    k : int, default 5
        Translations for each word.
    retrieval : str, default "csls"
        ``"csls"``, which sets back keys that are near everything, or ``"nn"`` for the nearest
        neighbours; see `Retrieval`.
    threads : int or None
        As for `Store.search`.

    Returns
    -------
    Translation
        Its words with their translations. A word that is unknown stands for itself, and so do
        signs.

    Raises
    ------
    ValueError
        If the stores differ in dim; if CSLS is asked for and a store has not the metric cosine.

    Notes
    -----
    A word of a text that is not a key is tried in lower case, then in two parts at an apostrophe.
    Under CSLS the similarities are CSLS. For it every key of the target is searched for in the
    source, which takes a minute or so where there are hundreds of thousands of each; ``"nn"``
    costs one search.

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
    """Test translations with a dictionary.

    Parameters
    ----------
    source, target : Store
        Two stores in one space.
    pairs : path-like, or iterable of (source key, target key)
        What is right; not what the map was learned from, if the figure shall mean something: see
        `split_pairs`.
    ks : iterable of int, default (1, 5)
        How many translations to look at.
    retrieval, threads
        As for `translate`.

    Returns
    -------
    Precision
        For each k, how often one of the right translations is among the best k.

    Raises
    ------
    VecstoreError
        If no pair is known to both stores.
    ValueError
        As for `translate`.
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
