"""Classifier, regressor and transformer on exact neighbours, with scikit-learn's interface.

Each can be fitted on an array, as in any pipeline, or on a store, whose vectors it then does not
copy. Importing this module loads scikit-learn.
"""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import (
    ClassifierMixin,
    ClassNamePrefixFeaturesOutMixin,
    RegressorMixin,
    TransformerMixin,
)
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from vecstore.analysis.estimators.knn_base import KNeighbors, Weights
from vecstore.metrics import Metric
from vecstore.store import Store

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["KNeighborsClassifier", "KNeighborsRegressor", "KNeighborsTransformer"]

Floats = npt.NDArray[np.float64]


class KNeighborsClassifier(ClassifierMixin, KNeighbors):  # type: ignore[misc]
    """Predicts the class of a vector from the classes of its nearest neighbours.

    Parameters
    ----------
    n_neighbors : int, default 5
        The number of neighbours.
    weights : str or callable, default "uniform"
        ``"uniform"`` weights all neighbours alike, ``"distance"`` by the inverse of their distance.
        A function of distances, shape (n, k), returns weights of the same shape.
    metric : str, callable or None
        As for `vecstore.from_arrays`; None takes that of the store, and euclidean for arrays.
    n_jobs : int or None
        The number of threads, at least 1; None and -1 take all.

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
        The dimension of the vectors.

    Notes
    -----
    Neighbours are exact; ties go to the row that came first. Vectors are searched as float32, so
    neighbours that differ only in float64 may be swapped.

    Examples
    --------
    >>> from vecstore.analysis import KNeighborsClassifier
    >>> model = KNeighborsClassifier(n_neighbors=1).fit([[0, 0], [9, 9]], ["low", "high"])
    >>> model.predict([[1, 1], [8, 7]])
    array(['low', 'high'], dtype='<U4')
    """

    def __init__(
        self,
        n_neighbors: int = 5,
        *,
        weights: Weights = "uniform",
        metric: Metric | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.weights = weights
        self.metric = metric
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any) -> Self:
        """Keep rows and their classes.

        Parameters
        ----------
        X : array_like of numbers, shape (n, dim), or Store
            The rows.
        y : array_like, shape (n,), or str
            Their classes; with a store, the attribute that has them. Rows without a class are left
            out.

        Returns
        -------
        KNeighborsClassifier
            The estimator itself.
        """
        labels = self._fit_store(X, y) if isinstance(X, Store) else self._fit_array(X, y)
        self._check_weights(self.weights)
        check_classification_targets(labels)
        self.classes_, self._codes = np.unique(labels, return_inverse=True)
        return self

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Return the most likely class of each vector; the first one of equally likely classes.

        Parameters
        ----------
        X : array_like of numbers, shape (n, dim), or None
            Vectors. None stands for the fitted rows, each left out of its own neighbours.

        Returns
        -------
        ndarray, shape (n,)
            Elements of `classes_`.
        """
        shares = self.predict_proba(X)
        return np.asarray(self.classes_[shares.argmax(axis=1)])

    def predict_proba(self, X: Any) -> Floats:
        """Return the share of each class among the neighbours of each vector.

        Parameters
        ----------
        X : array_like of numbers, shape (n, dim), or None
            As for `predict`.

        Returns
        -------
        ndarray of float64, shape (n, n_classes)
            In the order of `classes_`.
        """
        check_is_fitted(self)
        weights, places = self._weighted(X, self.weights)
        votes = np.zeros((len(places), len(self.classes_)))
        np.add.at(votes, (np.arange(len(places))[:, np.newaxis], self._codes[places]), weights)
        total = votes.sum(axis=1, keepdims=True)
        return np.asarray(votes / np.where(total == 0, 1, total))


class KNeighborsRegressor(RegressorMixin, KNeighbors):  # type: ignore[misc]
    """Predicts one or several numbers by the mean of the nearest neighbours.

    Parameters
    ----------
    n_neighbors, weights, metric, n_jobs
        As for `KNeighborsClassifier`.

    Examples
    --------
    >>> from vecstore.analysis import KNeighborsRegressor
    >>> model = KNeighborsRegressor(n_neighbors=2).fit([[0], [1], [9]], [10, 20, 50])
    >>> model.predict([[0.4], [8]])
    array([15., 35.])
    """

    def __init__(
        self,
        n_neighbors: int = 5,
        *,
        weights: Weights = "uniform",
        metric: Metric | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.weights = weights
        self.metric = metric
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any) -> Self:
        """Keep rows and their numbers.

        Parameters
        ----------
        X : array_like of numbers, shape (n, dim), or Store
            The rows.
        y : array_like of numbers, shape (n,) or (n, n_outputs), or str
            Their numbers; with a store, the attribute that has them. Rows without a number are left
            out.

        Returns
        -------
        KNeighborsRegressor
            The estimator itself.
        """
        if isinstance(X, Store):
            numbers = self._fit_store(X, y)
            if isinstance(y, str) and np.asarray(numbers).dtype.kind not in "biuf":
                raise TypeError(f'`y` must name a column of numbers; "{y}" holds none.')
        else:
            numbers = self._fit_array(X, y, multi_output=True, y_numeric=True)
        self._check_weights(self.weights)
        self._numbers = np.asarray(numbers, np.float64)
        return self

    def predict(self, X: Any) -> Floats:
        """Return the weighted mean of the numbers of each vector's neighbours.

        Parameters
        ----------
        X : array_like of numbers, shape (n, dim), or None
            Vectors. None stands for the fitted rows, each left out of its own neighbours.

        Returns
        -------
        ndarray of float64, shape (n,) or (n, n_outputs)
            In the shape of `y`.
        """
        check_is_fitted(self)
        weights, places = self._weighted(X, self.weights)
        found = self._numbers[places]
        shares = weights / weights.sum(axis=1, keepdims=True)
        return np.asarray(np.einsum("nk,nk...->n...", shares, found))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


class KNeighborsTransformer(
    ClassNamePrefixFeaturesOutMixin,  # type: ignore[misc]
    TransformerMixin,  # type: ignore[misc]
    KNeighbors,
):
    """Turns vectors into a sparse graph of neighbours, for estimators with precomputed distances.

    It replaces ``sklearn.neighbors.KNeighborsTransformer``: DBSCAN, Isomap, spectral clustering and
    others accept its graph with ``metric="precomputed"``. It has no `algorithm`, `leaf_size`, `p`
    and `metric_params`, because there is one exact search; `metric` is one of vecstore's.

    Parameters
    ----------
    mode : str, default "distance"
        ``"distance"``, with one more neighbour because every row counts as its own; or
        ``"connectivity"``.
    n_neighbors, metric, n_jobs
        As for `KNeighborsClassifier`.

    Examples
    --------
    >>> from vecstore.analysis import KNeighborsTransformer
    >>> graph = KNeighborsTransformer(n_neighbors=1).fit_transform([[0.0], [1.0], [9.0]])
    >>> graph.toarray()
    array([[0., 1., 0.],
           [1., 0., 0.],
           [0., 8., 0.]])
    """

    def __init__(
        self,
        *,
        mode: str = "distance",
        n_neighbors: int = 5,
        metric: Metric | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.mode = mode
        self.n_neighbors = n_neighbors
        self.metric = metric
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any = None) -> Self:
        """Keep the rows to search.

        Parameters
        ----------
        X : array_like of numbers, shape (n, dim), or Store
            The rows.
        y : object
            Ignored.

        Returns
        -------
        KNeighborsTransformer
            The estimator itself.
        """
        if isinstance(X, Store):
            self._fit_store(X)
        else:
            self._fit_array(X)
        self._n_features_out = len(self._rows)
        return self

    def transform(self, X: Any) -> "csr_matrix":
        """Return the graph from vectors to the fitted rows.

        Parameters
        ----------
        X : array_like of numbers, shape (n, dim)
            Vectors.

        Returns
        -------
        csr_matrix of float64, shape (n, n_fitted)
            See `kneighbors_graph`.
        """
        check_is_fitted(self)
        return self.kneighbors_graph(X, self.n_neighbors + (self.mode == "distance"), self.mode)
