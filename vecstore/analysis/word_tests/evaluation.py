"""Run tests of word vectors: analogies, and similarities as people rate them.

The questions that count, and the figures, are those of gensim's ``evaluate_word_analogies`` and
``evaluate_word_pairs``.
"""

from collections.abc import Sequence
from itertools import chain, compress, islice
from operator import itemgetter
from os import PathLike
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vecstore.analysis.correlation import pearson, spearman
from vecstore.analysis.word_tests.known_words import KnownWords
from vecstore.analysis.word_tests.lines import numbered_lines
from vecstore.analysis.word_tests.questions import HEADING, PlainQuestion, Section, read_questions
from vecstore.analysis.word_tests.ratings import fields_of, number_in, read_ratings
from vecstore.analysis.word_tests.scores import Analogies, PairScores, SectionScore
from vecstore.arrays import Rows, as_groups
from vecstore.errors import IngestError, VecstoreError
from vecstore.metrics import Metric
from vecstore.search import analogies_of_rows
from vecstore.store import Store

__all__ = ["kind_of", "word_analogies", "word_pairs"]

# Answers to look at: the best one is skipped while it is an input in another case.
_CANDIDATES = 5
# Lines that tell the kind of a file.
_LOOKED_AT = 50

Booleans = npt.NDArray[np.bool_]


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
    """Answer all analogies of a file in one batch.

    Parameters
    ----------
    store : Store
        Vectors keyed by words.
    path : path-like
        ``questions-words.txt`` or another file in its format; or the folder of BATS, or a file of
        it.
    method : str, default "add"
        ``"add"`` for 3CosAdd, ``"mul"`` for 3CosMul; see `Store.analogy`.
    restrict : int or None
        Use only the first so many keys: the most frequent words, if the store is in that order.
        None takes all; gensim's ``restrict_vocab`` defaults to 300,000.
    case_insensitive : bool, default True
        Whether words that differ only in case are one; the first of them in the store is used.
    count_unknown : bool, default False
        Whether questions with unknown words count as answered wrongly: gensim's ``dummy4unknown``.
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
        If no question has all its words in the store, unless `count_unknown` is True.
    TypeError
        If the store is not keyed by words.

    Notes
    -----
    The words of a question are not answers to it, in whatever case. Where BATS gives alternatives
    for the known pair, the first that is in the store is used; where it gives several answers, any
    of them counts. Distances are those of the store's metric; under cosine the answers are
    gensim's.

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
    inputs, expected = _rows(questions, words)
    known = (inputs >= 0).all(axis=1) & expected.any()
    if not (count_unknown or known.any()):
        raise VecstoreError(
            f"None of the {len(questions):,} questions in {path} has all its words in the store."
        )
    answers = np.full(len(questions), -1)
    if known.any():
        answers[known] = _answers(words, inputs[known], store.metric, method, threads)
    right = expected.any(answers)
    wrong = ~right if count_unknown else known & ~right
    stops = np.cumsum([len(section.questions) for section in sections])
    pieces = (np.split(marks, stops[:-1]) for marks in (right, wrong, ~known))
    scores = [_score(*one) for one in zip(sections, *pieces, strict=True)]
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
    r"""Correlate the similarities of a store with people's ratings.

    Parameters
    ----------
    store : Store
        Vectors keyed by words.
    path : path-like
        A file with two words and a number a line, separated by tabs, commas or spaces, such as
        WordSim-353 or SimLex-999.
    column : str or None
        The heading of the column with the numbers, if there are several, as in Multi-SimLex.
    restrict : int or None
        Use only the first so many keys; see `word_analogies`.
    case_insensitive : bool, default True
        Whether words that differ only in case are one; see `word_analogies`.
    count_unknown : bool, default False
        Whether pairs with unknown words count, with similarity 0: gensim's ``dummy4unknown``.

    Returns
    -------
    PairScores
        The correlations, the numbers behind them, and how many pairs were known.

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
    The similarity is the cosine, whatever the metric of the store. For the significance of a
    correlation, call ``scipy.stats.spearmanr(scores.ratings, scores.similarities)``.

    Examples
    --------
    >>> import vecstore
    >>> from pathlib import Path
    >>> store = vecstore.from_arrays([[1, 0], [3, 1], [0, 1]], keys=["cat", "kitten", "car"])
    >>> size = Path("pairs.txt").write_text("cat kitten 9\ncat car 1\nkitten car 2\ncat tom 8\n")
    >>> scores = word_pairs(store, "pairs.txt")
    >>> round(scores.spearman, 6), scores.unknown
    (1.0, 1)
    """
    words = KnownWords(store, restrict, case_insensitive)
    ratings, skipped = read_ratings(path, column)
    rows = words.find(chain(ratings.first, ratings.second)).reshape(2, -1)
    known: Booleans = np.all(rows >= 0, axis=0)
    if not known.any():
        raise VecstoreError(
            f"None of the {len(known):,} pairs in {path} has both words in the store."
        )
    similarities = np.zeros(len(known))
    similarities[known] = _cosines(words.snapshot.gather(rows[:, known].ravel(), np.float64))
    counted = np.ones_like(known) if count_unknown else known
    scores, similarities = ratings.scores[counted], similarities[counted]
    return PairScores(
        spearman=spearman(scores, similarities),
        pearson=pearson(scores, similarities),
        ratings=scores,
        similarities=similarities,
        unknown=int(np.count_nonzero(~known)),
        coverage=float(known.mean()),
        skipped=skipped,
    )


def kind_of(path: str | PathLike[str]) -> str:
    """Tell from its first lines whether a file (or BATS's folder) tests "analogies" or "pairs".

    Raises IngestError if it is neither.
    """
    path = Path(path)
    if path.is_dir():
        return "analogies"
    lines = [line for _, line in islice(numbered_lines(path), _LOOKED_AT) if line.strip()]
    if any(map(_is_heading, lines)):
        return "analogies"
    rows = fields_of(lines)
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


class _Alternatives:
    """Rows of interchangeable words: a non-empty group for each question."""

    def __init__(self, groups: Sequence[Sequence[str]], rows: Rows) -> None:
        self._rows = rows
        self._sizes = np.fromiter(map(len, groups), np.intp, len(groups))
        self._starts = np.cumsum(self._sizes) - self._sizes

    def first(self) -> Rows:
        """Return the first known row of each group; -1 where there is none."""
        places = np.where(self._rows >= 0, np.arange(len(self._rows)), len(self._rows))
        return np.append(self._rows, -1)[np.minimum.reduceat(places, self._starts)]

    def any(self, answers: Rows | None = None) -> Booleans:
        """Tell which groups have a known row, or that one of `answers`."""
        found = self._rows >= 0
        if answers is not None:
            found &= self._rows == np.repeat(answers, self._sizes)
        return np.logical_or.reduceat(found, self._starts)


def _rows(questions: Sequence[PlainQuestion], words: KnownWords) -> tuple[Rows, _Alternatives]:
    """Return a, b and c of the questions as rows, shape (n, 3), and the expected answers."""
    a, b, c, expected = (list(map(itemgetter(place), questions)) for place in range(4))
    columns = [a, c, list(chain(*b)), list(chain(*expected))]
    stops = np.cumsum([len(column) for column in columns])
    first, third, given, wanted = np.split(words.find(chain(*columns)), stops[:-1])
    inputs = np.column_stack([first, _Alternatives(b, given).first(), third])
    return inputs, _Alternatives(expected, wanted)


def _answers(
    words: KnownWords, inputs: Rows, metric: Metric, method: str, threads: int | None
) -> Rows:
    """Return the row that answers each question; -1 where the store has no other words."""
    one, two = np.ones(len(inputs), np.int64), np.full(len(inputs), 2)
    matches = analogies_of_rows(
        words.snapshot,
        as_groups(two, inputs[:, 1:].ravel()),
        as_groups(one, inputs[:, 0]),
        # If no word has two spellings, no input comes back as another key.
        1 if words.unique else _CANDIDATES,
        metric,
        method=method,
        where=words.where,
        threads=threads,
    )
    rows = words.standing_for(matches.rows)
    passed = (rows[:, :, np.newaxis] == inputs[:, np.newaxis]).any(axis=2) | (rows < 0)
    # As in gensim: if all candidates are inputs in another case, the last of them is the answer.
    last = np.asarray(matches.counts) - 1
    chosen = np.where(passed.all(axis=1), last, np.argmin(passed, axis=1))
    return rows[np.arange(len(rows)), chosen]


def _score(section: Section, right: Booleans, wrong: Booleans, unknown: Booleans) -> SectionScore:
    return SectionScore(
        section.name,
        right=list(compress(section.questions, right.tolist())),
        wrong=list(compress(section.questions, wrong.tolist())),
        unknown=int(np.count_nonzero(unknown)),
    )


def _cosines(vectors: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the cosines of the first half of the vectors with the second; 0 where one is zero."""
    left, right = vectors.reshape(2, -1, vectors.shape[1])
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    products = np.einsum("nd,nd->n", left, right)
    cosines = np.zeros(len(products))
    np.divide(products, lengths, out=cosines, where=lengths > 0)
    return cosines
