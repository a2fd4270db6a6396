"""How good the labels of a classifier are."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.extras import need

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Evaluation", "evaluate_labels"]


class Evaluation(NamedTuple):
    """The labels that a classifier gave, compared with the right ones."""

    accuracy: float  # the share that is right
    # A row per label: label, precision, recall, f1, support (how often it is right). Two more for
    # the means: "macro avg" over labels, "weighted avg" by support.
    report: "pl.DataFrame"
    labels: list[Any]  # all that were given or are right, sorted
    confusion: npt.NDArray[np.int64]  # how often label i was taken for label j


def evaluate_labels(right: Sequence[Any], given: Sequence[Any]) -> Evaluation:
    """Compare the labels that a classifier gave with the right ones; needs scikit-learn."""
    need("sklearn", "A report")
    import polars as pl
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

    labels = sorted({*right, *given}, key=lambda label: (isinstance(label, str), label))
    # As numbers, because scikit-learn would confuse bools with ints.
    places = {label: place for place, label in enumerate(labels)}
    truth = [places[label] for label in right]
    guess = [places[label] for label in given]
    every = list(range(len(labels)))

    def scores(average: str | None) -> Any:
        return precision_recall_fscore_support(
            # The precision of a label never given and the recall of one never right are 0.
            truth,
            guess,
            labels=every,
            average=average,
            zero_division=0,
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
