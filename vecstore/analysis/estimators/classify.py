"""Measure how well vectors predict an attribute, on rows that the classifier has not seen.

Vectors of a cosine store are scaled to unit length first, so that all models compare directions.
"""

import warnings
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.analysis.selection import Selection
from vecstore.arrays import check_count
from vecstore.extras import need
from vecstore.filters import Where
from vecstore.store import Store

__all__ = ["MODELS", "Validation", "classifier", "cross_validate"]

#: The models, each with its description.
MODELS = {
    "knn": "the classes of the 5 nearest neighbours",
    "svm": "linear support vector machine",
    "logistic": "logistic regression",
}

_FEWEST = 2  # classes, and folds
_NEIGHBORS = 5
_ITERATIONS = 1_000  # of logistic regression; scikit-learn's default of 100 is too few


@dataclass(frozen=True)
class Validation:
    """The result of `cross_validate`.

    Attributes
    ----------
    model : str
        The model that was tested.
    keys : ndarray of object (str) or int64, shape (n,)
        The rows that have a label.
    truth, predicted : ndarray of str, bool or int64, shape (n,)
        Their labels, and the predictions of models that were fitted without them.
    classes : list of str, bool or int
        The different labels, sorted.
    accuracy : ndarray of float64, shape (folds,)
        The share of right predictions in each fold.
    macro_f1 : float
        The harmonic mean of precision and recall, averaged over the classes, so that a rare class
        counts as much as a frequent one.
    baseline : float
        The share of the most frequent class: the accuracy of always predicting it.
    """

    model: str
    keys: npt.NDArray[Any]
    truth: npt.NDArray[Any]
    predicted: npt.NDArray[Any]
    classes: list[Any]
    accuracy: npt.NDArray[np.float64]
    macro_f1: float
    baseline: float

    @property
    def confusion(self) -> npt.NDArray[np.int64]:
        """How many rows of class i were predicted as class j: shape (n_classes, n_classes)."""
        from sklearn.metrics import confusion_matrix

        return np.asarray(confusion_matrix(self.truth, self.predicted, labels=self.classes))


def classifier(
    model: str, metric: str = "euclidean", *, neighbors: int = _NEIGHBORS, seed: int = 0
) -> Any:
    """Return an unfitted scikit-learn estimator, one of `MODELS`; raises ValueError for others."""
    if model not in MODELS:
        raise ValueError(f"`model` must be one of {', '.join(MODELS)}; got {model!r}.")
    need("sklearn")
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import LinearSVC

    from vecstore.analysis.estimators.knn import KNeighborsClassifier

    # Only this one uses `metric` and `neighbors`, and it does not use `seed`.
    if model == "knn":
        return KNeighborsClassifier(neighbors, metric=metric)
    # Linear models take the scale of a dimension for its importance, so every one is standardised.
    if model == "svm":
        return make_pipeline(StandardScaler(), LinearSVC(random_state=seed))
    return make_pipeline(
        StandardScaler(), LogisticRegression(max_iter=_ITERATIONS, random_state=seed)
    )


def cross_validate(
    store: Store,
    column: str,
    model: str = "logistic",
    *,
    folds: int = 5,
    where: Where = None,
    seed: int = 0,
) -> Validation:
    """Measure how well the vectors predict an attribute.

    Parameters
    ----------
    store : Store
        A store with labels for some of its rows; other rows are left out.
    column : str
        The attribute: text, booleans or integers.
    model : str, default "logistic"
        ``"knn"`` for the classes of the 5 nearest neighbours, ``"svm"`` for a linear support vector
        machine, or ``"logistic"`` for logistic regression.
    folds : int, default 5
        The number of parts, of about the same size and the same mixture of classes. A model that
        was fitted on the other parts predicts each part.
    where : str, polars.Expr, array_like of bool, or None
        The rows to use; see `Store.search`.
    seed : int, default 0
        Seed for the folds and the models.

    Returns
    -------
    Validation
        The accuracy of each fold, and the prediction for every row.

    Raises
    ------
    ValueError
        If there is no such attribute or model, if the attribute has no values, if there are fewer
        than two classes, or if a class has fewer rows than there are folds.
    TypeError
        If the attribute holds floats or dates.

    Notes
    -----
    Fits `folds` models on vectors in memory, one after the other.

    Examples
    --------
    >>> import vecstore
    >>> from vecstore.analysis import cross_validate
    >>> with vecstore.create("bunches.vecs", dim=2, metric="euclidean") as store:
    ...     points = [[0, 0], [0, 1], [1, 0], [8, 8], [8, 9], [9, 8]]
    ...     store.add(list("abcdef"), points, {"bunch": ["low"] * 3 + ["high"] * 3})
    ...     cross_validate(store, "bunch", folds=3).accuracy
    array([1., 1., 1.])
    """
    check_count(folds, "folds", _FEWEST)
    metric = store.metric if isinstance(store.metric, str) else "euclidean"
    classifier(model)  # only for its checks, before any row is read
    selection = Selection(store, where)
    keys, vectors, truth = _labelled(selection, column)
    counts = Counter(truth.tolist())
    if len(counts) < _FEWEST:
        raise ValueError(f'`column` must hold at least {_FEWEST} classes; "{column}" holds 1.')
    rarest, fewest = min(counts.items(), key=lambda item: item[1])
    if fewest < folds:
        raise ValueError(
            f'`folds` must be at most the number of rows of each class; "{rarest}" has {fewest}, '
            f"got {folds}."
        )
    from sklearn.metrics import f1_score
    from sklearn.model_selection import StratifiedKFold

    smallest = len(truth) - -(-len(truth) // folds)  # rows that a model is fitted on, at least
    fitted = classifier(model, metric, neighbors=min(_NEIGHBORS, smallest), seed=seed)
    predicted = truth.copy()
    accuracy = []
    splits = StratifiedKFold(folds, shuffle=True, random_state=seed).split(vectors, truth)
    for known, unseen in splits:
        predicted[unseen] = _fit(fitted, vectors[known], truth[known]).predict(vectors[unseen])
        accuracy.append(float(np.mean(predicted[unseen] == truth[unseen])))
    return Validation(
        model=model,
        keys=keys,
        truth=truth,
        predicted=predicted,
        classes=sorted(counts),
        accuracy=np.array(accuracy),
        macro_f1=float(f1_score(truth, predicted, average="macro")),
        baseline=max(counts.values()) / len(truth),
    )


def _labelled(
    selection: Selection, column: str
) -> tuple[npt.NDArray[Any], npt.NDArray[np.float32], npt.NDArray[Any]]:
    """Return keys, vectors and labels of the rows that have a label."""
    values = selection.column(column, "column")
    if values.dtype.is_float() or values.dtype.is_temporal():
        raise TypeError(
            f'`column` must hold text, booleans or integers; "{column}" holds {values.dtype}.'
        )
    known = values.is_not_null().to_numpy()
    labels = np.array(values.drop_nulls().to_list())
    return selection.keys[known], selection.vectors()[known], labels


def _fit(model: Any, vectors: npt.NDArray[np.float32], labels: npt.NDArray[Any]) -> Any:
    from sklearn.base import clone
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        # The last steps of an optimiser hardly change its predictions, and only these are judged.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return clone(model).fit(vectors, labels)
