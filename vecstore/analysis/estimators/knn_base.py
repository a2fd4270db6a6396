"""The base of the estimators on exact neighbours: fitting, and searching the fitted rows."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from vecstore.analysis.estimators.fitted import FittedRows
from vecstore.analysis.selection import Selection
from vecstore.arrays import MOST_THREADS, check_count
from vecstore.metrics import Metric, metric_name
from vecstore.store import Store

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["KNeighbors", "Weights"]

Floats = npt.NDArray[np.float64]
Weights = str | Callable[[Floats], Floats]


class KNeighbors(BaseEstimator):  # type: ignore[misc]
    """Finds the fitted rows nearest to given vectors."""

    n_neighbors: int
    metric: Metric | None
    n_jobs: int | None

    def kneighbors(
        self, X: Any = None, n_neighbors: int | None = None, return_distance: bool = True
    ) -> Any:
        """Find the nearest fitted rows.

        Parameters
        ----------
        X : array_like of numbers, shape (n, dim), or None
            Vectors. None stands for the fitted rows, each left out of its own answer.
        n_neighbors : int or None
            None takes that of the model.
        return_distance : bool, default True
            Whether to return distances too.

        Returns
        -------
        distances : ndarray of float64, shape (n, n_neighbors)
            Ascending; only if `return_distance` is True.
        indices : ndarray of int64, shape (n, n_neighbors)
            Numbers of rows, in the order in which they were fitted.

        Raises
        ------
        ValueError
            If there are fewer than `n_neighbors` rows to find.
        VecstoreError
            If the store has changed since the model was fitted.
        """
        check_is_fitted(self)
        k = check_count(self.n_neighbors if n_neighbors is None else n_neighbors, "n_neighbors")
        most = len(self._rows) - (X is None)
        if k > most:
            raise ValueError(
                f"`n_neighbors` must be at most {most}, as many rows as there are; got {k}."
            )
        if X is None:
            distances, places = self._rows.nearest_others(k, self._threads())
        else:
            queries = validate_data(self, X, dtype=np.float64, reset=False)
            distances, places = self._rows.nearest(queries, k, self._threads())
        return (distances, places) if return_distance else places

    def kneighbors_graph(
        self, X: Any = None, n_neighbors: int | None = None, mode: str = "connectivity"
    ) -> "csr_matrix":
        """Return the nearest fitted rows as a sparse matrix.

        Parameters
        ----------
        X : array_like of numbers, shape (n, dim), or None
            As for `kneighbors`.
        n_neighbors : int or None
            None takes that of the model.
        mode : str, default "connectivity"
            The value where row i has neighbour j: 1 for ``"connectivity"``, their distance for
            ``"distance"``.

        Returns
        -------
        csr_matrix of float64, shape (n, n_fitted)
            Sorted by distance within each row.

        Raises
        ------
        ValueError
            If `mode` is unknown; otherwise as for `kneighbors`.
        """
        from scipy.sparse import csr_matrix

        if mode not in ("connectivity", "distance"):
            raise ValueError(f'`mode` must be "connectivity" or "distance"; got {mode!r}.')
        distances, places = self.kneighbors(X, n_neighbors)
        n, k = places.shape
        values = distances.ravel() if mode == "distance" else np.ones(n * k)
        starts = np.arange(0, n * k + 1, k)
        return csr_matrix((values, places.ravel(), starts), shape=(n, len(self._rows)))

    def _fit_array(self, X: Any, y: Any = None, **check: Any) -> Any:
        """Keep the rows of an array; return y, checked."""
        check_count(self.n_neighbors, "n_neighbors")
        if y is None and not check:
            X = validate_data(self, X, dtype=np.float64)
        else:
            X, y = validate_data(self, X, y, dtype=np.float64, **check)
        self._rows = FittedRows.of_array(X, "euclidean" if self.metric is None else self.metric)
        self._metric_name = metric_name(self.metric or "euclidean")
        return y

    def _fit_store(self, store: Store, y: Any = None) -> Any:
        """Keep the rows of a store that have a label; return their labels."""
        check_count(self.n_neighbors, "n_neighbors")
        if self.metric not in (None, store.metric):
            raise ValueError(
                f'`metric` must be None or that of the store, "{metric_name(store.metric)}"; '
                f"got {self.metric!r}."
            )
        chosen = None
        if isinstance(y, str):
            values = Selection(store).column(y, "y")
            chosen = values.is_not_null().to_numpy()
            y = values.drop_nulls().to_numpy()
        elif y is not None and len(y) != len(store):
            raise ValueError(f"`y` must have a value for each of {len(store)} rows; got {len(y)}.")
        self._rows = FittedRows(store, chosen)
        self._metric_name = metric_name(store.metric)
        self.n_features_in_ = store.dim
        return None if y is None else np.asarray(y)

    def _threads(self) -> int | None:
        if self.n_jobs in (None, -1):
            return None
        return check_count(self.n_jobs, "n_jobs", most=MOST_THREADS)

    def _weighted(self, X: Any, weights: Weights) -> tuple[Floats, npt.NDArray[np.int64]]:
        """Return weights and places of the neighbours of each row: shape (n, k) both."""
        distances, places = self.kneighbors(X)
        if callable(weights):
            return np.asarray(weights(distances), np.float64), places
        if weights == "uniform":
            return np.ones_like(distances), places
        # A neighbour at distance 0 outweighs any number of others.
        same = distances == 0
        with np.errstate(divide="ignore"):
            close = 1 / distances
        return np.where(same.any(axis=1, keepdims=True), same, close), places

    def _check_weights(self, weights: Weights) -> None:
        if not callable(weights) and weights not in ("uniform", "distance"):
            raise ValueError(
                f'`weights` must be "uniform", "distance" or a function; got {weights!r}.'
            )
        if weights == "distance" and self._metric_name == "dot":
            raise ValueError('`weights` must not be "distance" with dot products, which may be 0.')
