"""Find what a dimension stands for, and which direction stands for an attribute.

Vectors of a cosine store are scaled to unit length first, as everywhere in `vecstore.analysis`.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.analysis.correlation import pearson
from vecstore.analysis.selection import Selection, unit_vectors
from vecstore.arrays import check_count
from vecstore.extras import need
from vecstore.filters import Where
from vecstore.store import Store

__all__ = ["Direction", "Extremes", "Place", "axis", "correlate", "dimension_extremes", "ends"]

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

# A dimension is dead if its standard deviation is at most this, relative to the average dimension.
_DEAD = 0.05

_FOLDS = 5
_FEWEST = 2 * _FOLDS  # rows: two per fold, because one has no correlation

# Rows to learn a direction from; of more, this many are drawn. Their correlation is that of all
# rows to within 1 / sqrt(20,000) = 0.007.
_MOST = 20_000

# Penalties to choose from: from next to none to five times the weight of 20,000 rows.
_ALPHAS = np.logspace(-3, 5, 17)


class Place(NamedTuple):
    """Where a key lies along a direction.

    Attributes
    ----------
    key : str or int
        The key.
    value : float
        Its coordinate along the direction.
    """

    key: Any
    value: float


class Extremes(NamedTuple):
    """The keys at both ends of a direction.

    Attributes
    ----------
    lowest, highest : list of Place
        The smallest values, ascending, and the largest, descending.
    dead : bool
        Whether the rows hardly differ along the direction, so that it stands for nothing: their
        standard deviation along it, as stored, is at most a twentieth of the root mean square over
        all dimensions. False for a single row.
    """

    lowest: list[Place]
    highest: list[Place]
    dead: bool


@dataclass(frozen=True)
class Direction:
    """The direction along which an attribute grows.

    Attributes
    ----------
    attribute : str
        The name of the attribute.
    vector : ndarray of float32, shape (dim,)
        A unit vector; the larger the attribute, the farther a row lies along it.
    correlation : float
        Pearson's correlation between the attribute and the place of rows along `vector`.
    held_out : float
        The same for rows that the direction was not learned from (five-fold cross-validation). If
        it is far below `correlation`, there is no such direction, only noise that fits.
    dimension : int
        The single dimension that correlates most with the attribute.
    dimension_correlation : float
        Its correlation; negative if it falls where the attribute grows.
    rows : int
        The number of rows that it was learned from.
    """

    attribute: str
    vector: Floats
    correlation: float
    held_out: float
    dimension: int
    dimension_correlation: float
    rows: int


def dimension_extremes(
    store: Store, dimension: int | npt.ArrayLike, n: int = 10, *, where: Where = None
) -> Extremes:
    """Find the keys at both ends of a dimension, or of any direction.

    Parameters
    ----------
    store : Store
        A store of any metric.
    dimension : int, or array_like of numbers, shape (dim,)
        The number of a dimension, from 0; or a direction, such as `Direction.vector`.
    n : int, default 10
        Keys at each end; if there are fewer than twice as many rows, some keys are at both.
    where : str, polars.Expr, array_like of bool, or None
        The rows to look at; see `Store.search`.

    Returns
    -------
    Extremes
        Ties are in the order of insertion.

    Raises
    ------
    ValueError
        If there is no such dimension, or no row is left.

    Examples
    --------
    >>> import vecstore
    >>> vectors = [[3, 1], [1, 0], [-2, 1]]
    >>> store = vecstore.from_arrays(vectors, keys=["red", "rosé", "white"], metric="dot")
    >>> found = dimension_extremes(store, 0, n=1)
    >>> found.lowest, found.highest, found.dead
    ([Place(key='white', value=-2.0)], [Place(key='red', value=3.0)], False)
    """
    n = check_count(n, "n")
    if isinstance(dimension, int | np.integer):
        direction = axis(store, int(dimension), "dimension")
    else:
        direction = np.asarray(dimension, np.float32)
        if direction.shape != (store.dim,):
            raise ValueError(
                f"`dimension` must be a number, or of shape ({store.dim},); got {direction.shape}."
            )
    return ends(Selection(store, where), direction[np.newaxis], n)[0]


def ends(selection: Selection, directions: Floats, n: int) -> list[Extremes]:
    """Find the keys at both ends of each direction (m, dim), in one pass; ties by insertion."""
    metric, spread, pieces = selection.store.metric, _Spread(directions), []
    for vectors in selection.stored():
        spread.add(vectors)
        pieces.append(unit_vectors(vectors, metric).astype(np.float32) @ directions.T)
    values = np.concatenate(pieces)

    def places(along: Floats, ranks: Floats) -> list[Place]:
        rows = np.argsort(ranks, kind="stable")[:n]
        keys = selection.keys[rows].tolist()
        return [Place(key, float(value)) for key, value in zip(keys, along[rows], strict=True)]

    return [
        Extremes(places(along, along), places(along, -along), dead)
        for along, dead in zip(values.T, spread.dead(), strict=True)
    ]


class _Spread:
    """The spread of rows along some directions, and along all dimensions on average."""

    def __init__(self, directions: Floats) -> None:
        self._directions = directions.astype(np.float64)
        self._first: Doubles | None = None
        self._rows, self._squares = 0, 0.0
        self._sum = np.zeros(directions.shape[1])
        self._along = np.zeros((2, len(directions)))  # sums, and sums of squares

    def add(self, vectors: npt.NDArray[Any]) -> None:
        """Count some rows."""
        wide = vectors.astype(np.float64)
        if self._first is None:
            self._first = wide[0].copy()
        wide -= self._first  # otherwise equal rows would spread by rounding
        along = wide @ self._directions.T
        self._rows += len(wide)
        self._sum += wide.sum(axis=0)
        self._squares += float(np.square(wide).sum())
        self._along += [along.sum(axis=0), np.square(along).sum(axis=0)]

    def dead(self) -> list[bool]:
        """Return along which directions the rows hardly differ."""
        if self._rows == 1:
            return [False] * len(self._directions)
        mean = self._sum / self._rows
        average = max(self._squares / self._rows - float(mean @ mean), 0.0) / len(mean)
        sums, squares = self._along / self._rows
        lengths = np.square(self._directions).sum(axis=1)
        dead: list[bool] = (squares - sums**2 <= _DEAD**2 * average * lengths).tolist()
        return dead


def axis(store: Store, number: int, argument: str) -> Floats:
    """Return the unit vector of a dimension; raises ValueError, naming `argument`, if none."""
    if not 0 <= number < store.dim:
        raise ValueError(
            f"`{argument}` must be from 0 to {store.dim - 1}, as the vectors have; got {number}."
        )
    direction: Floats = np.zeros(store.dim, np.float32)
    direction[number] = 1
    return direction


def correlate(store: Store, attribute: str, *, where: Where = None, seed: int = 0) -> Direction:
    """Find the direction that correlates most with an attribute.

    Parameters
    ----------
    store : Store
        A store of any metric.
    attribute : str
        A column of numbers or booleans. Rows without a value are left out.
    where : str, polars.Expr, array_like of bool, or None
        The rows to learn from; see `Store.search`.
    seed : int, default 0
        Seed for the folds, and for drawing 20,000 rows if there are more.

    Returns
    -------
    Direction
        The vector, and how well it fits, also on rows that it was not learned from.

    Raises
    ------
    ValueError
        If there is no such column; if its values are all equal, not finite, or fewer than ten; or
        if the vectors are all equal.
    TypeError
        If the column holds neither numbers nor booleans.
    ImportError
        If scikit-learn is not installed.

    Notes
    -----
    Ridge regression, whose penalty is chosen by cross-validation. Without a penalty, any attribute
    would fit perfectly if there are no more rows than dimensions.

    Examples
    --------
    >>> import vecstore
    >>> from vecstore.analysis import correlate
    >>> with vecstore.create("houses.vecs", 2, metric="euclidean", keys="int") as store:
    ...     points = [[i, i % 3] for i in range(20)]
    ...     store.add(range(20), points, {"price": [2 * i + 1 for i in range(20)]})
    ...     found = correlate(store, "price")
    >>> found.dimension, round(found.held_out, 2)
    (0, 1.0)
    """
    need("sklearn")
    vectors, values = _rows_with(Selection(store, where), attribute, seed)
    if (vectors == vectors[0]).all():
        raise ValueError("`store` must have vectors that differ; all of these rows are equal.")
    spread = vectors.std(axis=0).max()
    # One scale for all dimensions: small ones stay small, so their noise counts little.
    vector, guessed = _ridge(vectors / spread, values, seed)
    length = float(np.linalg.norm(vector))
    if not length:
        raise ValueError(f'`attribute` must go along with some dimension; "{attribute}" does not.')
    each = _standardised(vectors).T @ _standardised(values) / len(values)
    best = int(np.argmax(np.abs(each)))
    return Direction(
        attribute,
        vector=(vector / length).astype(np.float32),
        correlation=_correlation(vectors @ vector, values),
        held_out=_correlation(guessed, values),
        dimension=best,
        dimension_correlation=float(each[best]),
        rows=len(values),
    )


def _rows_with(selection: Selection, attribute: str, seed: int) -> tuple[Doubles, Doubles]:
    """Return vectors and values of the rows with the attribute, at most 20,000 of them."""
    column = selection.column(attribute, "attribute")
    if not (column.dtype.is_numeric() or str(column.dtype) == "Boolean"):
        raise TypeError(
            f'`attribute` must name a column of numbers or truth values; "{attribute}" holds '
            f"{column.dtype}."
        )
    rows = np.flatnonzero(column.is_not_null().to_numpy())
    rows = np.sort(np.random.default_rng(seed).permutation(rows)[:_MOST])
    values = column[rows].to_numpy().astype(np.float64)
    if len(values) < _FEWEST:
        raise ValueError(
            f'`attribute` must have values in at least {_FEWEST} rows; "{attribute}" has '
            f"{len(values)}."
        )
    if not np.isfinite(values).all():
        raise ValueError(f'`attribute` must be finite; "{attribute}" holds NaN or infinity.')
    if (values == values[0]).all():
        raise ValueError(
            f'`attribute` must differ from row to row; "{attribute}" is {column[int(rows[0])]} '
            "in all of them."
        )
    vectors = selection.store[selection.keys[rows].tolist()]
    return unit_vectors(vectors, selection.store.metric), values


def _ridge(vectors: Doubles, values: Doubles, seed: int) -> tuple[Doubles, Doubles]:
    """Return the weights of the dimensions, and for each row a prediction from the other folds."""
    from sklearn.linear_model import RidgeCV
    from sklearn.model_selection import KFold, cross_val_predict

    model = RidgeCV(_ALPHAS)
    folds = KFold(_FOLDS, shuffle=True, random_state=seed)
    guessed = cross_val_predict(model, vectors, values, cv=folds)
    return model.fit(vectors, values).coef_, guessed


def _standardised(values: Doubles) -> Doubles:
    spread = values.std(axis=0)
    # A constant dimension has no scale and no correlation.
    centered: Doubles = values - values.mean(axis=0)
    return centered / np.where(spread > 0, spread, np.inf)


def _correlation(one: Doubles, other: Doubles) -> float:
    """Return Pearson's correlation; 0 if all predictions are the same and so say nothing."""
    return float(np.nan_to_num(pearson(one, other)))
