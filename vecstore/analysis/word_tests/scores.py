"""What a test of word vectors found: scores, with what they were computed from."""

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
    """How the questions of one section were answered.

    Attributes
    ----------
    section : str
        Its name.
    right, wrong : list of PlainQuestion
        The questions that count, as plain tuples; `correct` and `incorrect` are the same ones.
    unknown : int
        Questions with a word that is not in the store.
    """

    section: str
    right: list[PlainQuestion]
    wrong: list[PlainQuestion]
    unknown: int

    @property
    def correct(self) -> list[Question]:
        """The questions that were answered correctly."""
        return list(map(Question._make, self.right))

    @property
    def incorrect(self) -> list[Question]:
        """The questions that were not."""
        return list(map(Question._make, self.wrong))

    @property
    def counted(self) -> int:
        """How many questions count."""
        return len(self.right) + len(self.wrong)

    @property
    def accuracy(self) -> float:
        """The share of correct answers among those that count; 0 if none do."""
        return len(self.right) / self.counted if self.counted else 0.0


@dataclass(frozen=True)
class Analogies:
    """How all analogies of a file were answered.

    Attributes
    ----------
    sections : list of SectionScore
        In the order of the file.
    skipped : int
        Lines of the file that are no question.
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
        """The share of correct answers among all that count."""
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
    """How the similarities of a store go with those that people see.

    Attributes
    ----------
    spearman, pearson : float
        Correlations of ratings and similarities; the first is that of their ranks. NaN where one
        of them is the same for all pairs.
    ratings : ndarray of float64, shape (n,)
        What people said of the pairs that count.
    similarities : ndarray of float64, shape (n,)
        The cosines of the same.
    unknown : int
        Pairs with a word that is not in the store.
    coverage : float
        The share of the pairs of which both words are in the store.
    skipped : int
        Lines of the file that are no pair.
    """

    spearman: float
    pearson: float
    ratings: npt.NDArray[np.float64]
    similarities: npt.NDArray[np.float64]
    unknown: int
    coverage: float
    skipped: int
