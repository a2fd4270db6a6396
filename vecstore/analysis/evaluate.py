"""Tests of word vectors: analogies, and how similar people find two words.

The same questions count, and the figures are the same, as with gensim's
``evaluate_word_analogies`` and ``evaluate_word_pairs``.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from vecstore.analysis.known_words import KnownWords
from vecstore.analysis.lines import numbered_lines
from vecstore.analysis.questions import HEADING, Question, read_questions
from vecstore.analysis.ratings import fields_of, number_in, read_ratings
from vecstore.analysis.scores import Analogies, PairScores, SectionScore
from vecstore.errors import IngestError, VecstoreError
from vecstore.store import Store

__all__ = ["kind_of", "word_analogies", "word_pairs"]

# Answers looked at: the best is passed over while it is an input in another case.
_CANDIDATES = 5
# Lines from which the kind of a file is told.
_LOOKED_AT = 50


def word_analogies(
    store: Store,
    path: str | PathLike[str],
    method: str = "add",
    restrict: int | None = None,
    case_insensitive: bool = True,
    *,
    count_unknown: bool = False,
    threads: int | None = None,
) -> Analogies:
    """Ask all analogies of a file in one batch.

    Parameters
    ----------
    store : Store
        Vectors keyed by words.
    path : path-like
        ``questions-words.txt`` or another in its format; or BATS: its folder, or a file of it.
    method : str, default "add"
        ``"add"`` for 3CosAdd, ``"mul"`` for 3CosMul; see `Store.analogy`.
    restrict : int or None
        Only the first so many keys are words, the commonest where they are in that order. None
        takes all; gensim's ``restrict_vocab`` is 300,000 unless told otherwise.
    case_insensitive : bool, default True
        Whether words that differ only in case are one. The first of them in the store is taken.
    count_unknown : bool, default False
        Whether questions with unknown words count, as answered wrongly: gensim's
        ``dummy4unknown``.
    threads : int or None
        As for `Store.search`.

    Returns
    -------
    Analogies
        The score of every section, with its questions.

    Raises
    ------
    IngestError
        If the file holds no analogies.
    VecstoreError
        If no question has all its words in the store, and unknown ones do not count.
    TypeError
        If the store is not keyed by words.

    Notes
    -----
    What a question asks with is no answer to it, in whatever case. Of BATS's alternatives the first
    that is in the store stands for the pair that is given, and any counts as an answer. Near means
    what it means in the store; under cosine the answers are gensim's.

    Examples
    --------
    >>> import vecstore
    >>> from pathlib import Path
    >>> people = {"king": [1, 1], "queen": [1, -1], "man": [0.1, 1], "woman": [0.1, -1]}
    >>> store = vecstore.from_arrays(list(people.values()), keys=list(people))
    >>> with Path("royals.txt").open("w") as file:
    ...     print(": royals", "Man King Woman Queen", "man king boy prince", sep=chr(10), file=file)
    >>> scores = word_analogies(store, "royals.txt")
    >>> scores.accuracy, scores.total.counted, scores.total.unknown
    (1.0, 1, 1)
    """
    words = KnownWords(store, restrict, case_insensitive)
    sections, skipped = read_questions(path)
    questions = [question for section in sections for question in section.questions]
    find = cache(words.find)  # a file asks about the same few words again and again
    inputs = [_inputs(question, find) for question in questions]
    known = [keys for keys in inputs if keys]
    if not known and not count_unknown:
        raise VecstoreError(
            f"None of the {len(questions):,} questions in {path} has all its words in the store."
        )
    answers = _answers(store, known, words, method, threads)
    verdicts = (
        next(answers) in map(words.fold, question.expected) if keys else None
        for question, keys in zip(questions, inputs, strict=True)
    )
    scores = [
        _score(section, asked, list(islice(verdicts, len(asked))), count_unknown)
        for section, asked in sections
    ]
    return Analogies(scores, skipped)


def word_pairs(
    store: Store,
    path: str | PathLike[str],
    *,
    column: str | None = None,
    restrict: int | None = None,
    case_insensitive: bool = True,
    count_unknown: bool = False,
) -> PairScores:
    """Compare the similarities of a store with those that people see.

    Parameters
    ----------
    store : Store
        Vectors keyed by words.
    path : path-like
        Lines of two words and a number, between tabs, commas or spaces: WordSim-353, SimLex-999.
    column : str or None
        The heading of the column with the numbers, if there are several, as in Multi-SimLex.
    restrict, case_insensitive
        As for `word_analogies`.
    count_unknown : bool, default False
        Whether pairs with unknown words count, as of similarity 0: gensim's ``dummy4unknown``.

    Returns
    -------
    PairScores
        Correlations, what they were computed from, and how many pairs were known.

    Raises
    ------
    IngestError
        If the file holds no pairs.
    VecstoreError
        If no pair has both words in the store.
    ValueError
        If the file has no such column.
    TypeError
        If the store is not keyed by words.

    Notes
    -----
    The similarity is the cosine, whatever the metric of the store. How significant a correlation
    is, ``scipy.stats.spearmanr(scores.ratings, scores.similarities)`` tells.
    """
    words = KnownWords(store, restrict, case_insensitive)
    ratings, skipped = read_ratings(path, column)
    pairs = [(words.find(one.first), words.find(one.second)) for one in ratings]
    known = np.array([None not in pair for pair in pairs])
    if not known.any():
        raise VecstoreError(
            f"None of the {len(pairs):,} pairs in {path} has both words in the store."
        )
    similarities = np.zeros(len(pairs))
    similarities[known] = _cosines(store, [pair for pair in pairs if None not in pair])
    counted = np.ones_like(known) if count_unknown else known
    scores = np.array([one.score for one in ratings])[counted]
    similarities = similarities[counted]
    return PairScores(
        spearman=_correlation(scores, similarities, "spearman"),
        pearson=_correlation(scores, similarities, "pearson"),
        ratings=scores,
        similarities=similarities,
        unknown=int(np.count_nonzero(~known)),
        coverage=float(known.mean()),
        skipped=skipped,
    )


def kind_of(path: str | PathLike[str]) -> str:
    """Tell what a file tests, from its first lines.

    Parameters
    ----------
    path : path-like
        A file, or the folder of BATS.

    Returns
    -------
    str
        ``"analogies"`` or ``"pairs"``.

    Raises
    ------
    IngestError
        If it is neither.
    """
    path = Path(path)
    if path.is_dir():
        return "analogies"
    lines = [line for _, line in islice(numbered_lines(path), _LOOKED_AT) if line.strip()]
    if any(map(_is_heading, lines)):
        return "analogies"
    rows = list(islice(fields_of(path), _LOOKED_AT))
    if 2 * sum(map(_is_rating, rows)) > len(rows):
        return "pairs"
    if 2 * sum(map(_is_question, lines)) > len(lines):
        return "analogies"
    raise IngestError(
        f"{path} holds neither analogies (four words a line, in sections headed "
        f'"{HEADING}name") nor pairs (two words and a number a line).'
    )


def _is_rating(row: Sequence[str]) -> bool:
    """Tell two words and numbers from a word and the numbers of its vector."""
    numbers = [number_in(field) is not None for field in row]
    return not any(numbers[:2]) and any(numbers[2:])


def _is_heading(line: str) -> bool:
    """Tell a heading from the vector of a colon."""
    return line.startswith(HEADING) and number_in(line.split()[-1]) is None


def _is_question(line: str) -> bool:
    words = line.split()
    return "\t" in line or (len(words) == 4 and all(number_in(word) is None for word in words))


def _inputs(question: Question, find: Callable[[str], str | None]) -> tuple[str, str, str] | None:
    """Return a, b and c as keys; None if a word of the question is unknown."""
    a, c = find(question.a), find(question.c)
    b = next(filter(None, map(find, question.b)), None)
    if a is None or b is None or c is None or not any(map(find, question.expected)):
        return None
    return a, b, c


def _answers(
    store: Store,
    asked: Sequence[tuple[str, str, str]],
    words: KnownWords,
    method: str,
    threads: int | None,
) -> Iterator[str]:
    """Give the answer to each question, folded; none is "" where the store has no other words."""
    if not asked:
        return
    matches = store.analogy(
        positive=[[b, c] for _, b, c in asked],
        negative=[[a] for a, _, _ in asked],
        # Without two spellings of a word no input comes back as another key.
        k=1 if words.unique else _CANDIDATES,
        method=method,
        where=words.where,
        threads=threads,
    )
    for inputs, keys in zip(asked, matches.keys, strict=True):
        ignored = set(map(words.fold, inputs))
        answer = ""
        for key in filter(None, keys):
            answer = words.fold(key)
            if answer not in ignored:
                break
        # As gensim has it: if all were inputs in another case, the last of them is the answer.
        yield answer


def _score(
    section: str, asked: Sequence[Question], verdicts: Sequence[bool | None], count_unknown: bool
) -> SectionScore:
    judged = list(zip(asked, verdicts, strict=True))
    wrong = (False, None) if count_unknown else (False,)
    return SectionScore(
        section,
        correct=[question for question, right in judged if right],
        incorrect=[question for question, right in judged if right in wrong],
        unknown=verdicts.count(None),
    )


def _cosines(
    store: Store, pairs: Sequence[tuple[str | None, str | None]]
) -> npt.NDArray[np.float64]:
    left, right = (store[list(side)].astype(np.float64) for side in zip(*pairs, strict=True))
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    return np.asarray(np.einsum("nd,nd->n", left, right) / lengths)


def _correlation(
    first: npt.NDArray[np.float64],
    second: npt.NDArray[np.float64],
    method: Literal["pearson", "spearman"],
) -> float:
    import polars

    found = polars.select(polars.corr(polars.Series(first), polars.Series(second), method=method))
    return float(found.item())
