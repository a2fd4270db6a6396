"""How good the labels are that a classifier gave."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.extras import need

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Evaluation", "evaluate_labels"]


class Evaluation(NamedTuple):
    """Labels that were given, against those that are right.

    Attributes
    ----------
    accuracy : float
        The share that is right.
    report : polars.DataFrame
        A row per label: ``label``, ``precision``, ``recall``, ``f1``, ``support`` (how often it is
        right); last the means, ``macro avg`` over labels and ``weighted avg`` by support.
    labels : list of str, int or bool
        All that were given or are right, sorted.
    confusion : ndarray of int64, shape (len(labels), len(labels))
        How often label i was taken for label j.
    """

    accuracy: float
    report: "pl.DataFrame"
    labels: list[Any]
    confusion: npt.NDArray[np.int64]


def evaluate_labels(right: Sequence[Any], given: Sequence[Any]) -> Evaluation:
    """Compare the labels that a classifier gave with those that are right.

    Parameters
    ----------
    right, given : sequence of n str, int or bool
        At least one.

    Returns
    -------
    Evaluation
        Precision of a label that was never given, and recall of one that never was right, are 0.

    Raises
    ------
    ImportError
        If scikit-learn is not installed.
    """
    need("sklearn", "A report")
    import polars as pl
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

    labels = sorted({*right, *given}, key=lambda label: (isinstance(label, str), label))
    # As numbers: scikit-learn would take bools and ints for one another.
    places = {label: place for place, label in enumerate(labels)}
    truth = [places[label] for label in right]
    guess = [places[label] for label in given]
    every = list(range(len(labels)))

    def scores(average: str | None) -> Any:
        return precision_recall_fscore_support(
            truth, guess, labels=every, average=average, zero_division=0
        )

    *measures, support = scores(None)
    rows = [*map(list, zip(labels, *measures, support, strict=True))]
    for row in rows:
        row[0] = str(row[0])
    rows += [[f"{name} avg", *scores(name)[:3], len(right)] for name in ("macro", "weighted")]
    report = pl.DataFrame(
        rows,
        schema={
            "label": pl.String,
            "precision": pl.Float64,
            "recall": pl.Float64,
            "f1": pl.Float64,
            "support": pl.Int64,
        },
        orient="row",
    )
    confusion = confusion_matrix(truth, guess, labels=every).astype(np.int64)
    return Evaluation(float(np.trace(confusion) / len(right)), report, labels, confusion)
