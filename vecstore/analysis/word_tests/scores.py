"""The results of tests of word vectors: scores, and the numbers behind them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vecstore.analysis.word_tests.questions import PlainQuestion, Question

if TYPE_CHECKING:
    import polars

__all__ = ["Analogies", "PairScores", "SectionScore"]


@dataclass(frozen=True)
class SectionScore:
    """How the questions of one section were answered."""

    section: str
    right: list[PlainQuestion]  # `correct` gives them as Question
    wrong: list[PlainQuestion]  # `incorrect`, likewise
    unknown: int  # questions with a word that is not in the store

    @property
    def correct(self) -> list[Question]:
        """The questions that were answered correctly."""
        return list(map(Question._make, self.right))

    @property
    def incorrect(self) -> list[Question]:
        """The questions that were answered wrongly."""
        return list(map(Question._make, self.wrong))

    @property
    def counted(self) -> int:
        """How many questions count."""
        return len(self.right) + len(self.wrong)

    @property
    def accuracy(self) -> float:
        """The share of correct answers among the questions that count; 0 if none do."""
        return len(self.right) / self.counted if self.counted else 0.0


@dataclass(frozen=True)
class Analogies:
    """How all analogies of a file were answered.

    Attributes
    ----------
    sections : list of SectionScore
        In the order of the file. Each has its name, ``section``; the questions ``correct`` and
        ``incorrect``; how many ``counted``, how many were ``unknown``; and the ``accuracy``.
    skipped : int
        The number of lines of the file that are not a question.
    """

    sections: list[SectionScore]
    skipped: int

    @property
    def total(self) -> SectionScore:
        """All sections as one."""
        return SectionScore(
            "total",
            [asked for one in self.sections for asked in one.right],
            [asked for one in self.sections for asked in one.wrong],
            sum(one.unknown for one in self.sections),
        )

    @property
    def accuracy(self) -> float:
        """The share of correct answers among all questions that count."""
        return self.total.accuracy

    def to_frame(self) -> "polars.DataFrame":
        """Return the scores as a table.

        Returns
        -------
        polars.DataFrame
            A row per section: ``section``, ``correct``, ``counted``, ``unknown``, ``accuracy``.
        """
        import polars

        return polars.DataFrame(
            {
                "section": [one.section for one in self.sections],
                "correct": [len(one.right) for one in self.sections],
                "counted": [one.counted for one in self.sections],
                "unknown": [one.unknown for one in self.sections],
                "accuracy": [one.accuracy for one in self.sections],
            }
        )


@dataclass(frozen=True)
class PairScores:
    """How the similarities of a store agree with people's ratings.

    Attributes
    ----------
    spearman, pearson : float
        The rank correlation and the linear correlation of ratings and similarities. NaN where one
        of them is constant.
    ratings : ndarray of float64, shape (n,)
        People's ratings of the pairs that count.
    similarities : ndarray of float64, shape (n,)
        The cosines of the same pairs.
    unknown : int
        The number of pairs with a word that is not in the store.
    coverage : float
        The share of pairs whose words are both in the store.
    skipped : int
        The number of lines of the file that are not a pair.
    """

    spearman: float
    pearson: float
    ratings: npt.NDArray[np.float64]
    similarities: npt.NDArray[np.float64]
    unknown: int
    coverage: float
    skipped: int
