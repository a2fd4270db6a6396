"""Matrices, and the few dimensions that say most of them."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vecstore.arrays import check_count
from vecstore.extras import need

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["factor", "reduce"]

METHODS = ("pca", "svd")

# Of the randomised decomposition. With scikit-learn's 5, vectors of PPMI, whose singular values
# fall slowly, have a tenth less of what they are worth in tests of similarity; with 20, no more.
ITERATIONS = 10

# Singular values smaller than this, relative to the largest, are rounding.
NOTHING = 1e-10

# Of so many columns all covariances are cheap; so is everything about a matrix of so many rows.
FEW = 1000
TALL = 10  # times as many rows as columns


def reduce(
    matrix: Any, dim: int, method: str = "pca", *, seed: int = 0
) -> npt.NDArray[np.floating[Any]]:
    """Keep the few dimensions in which the rows of a matrix differ most.

    Parameters
    ----------
    matrix : array_like, or SciPy sparse matrix, of shape (n, m)
        Finite numbers.
    dim : int
        At most as many as there are rows and columns; of a sparse matrix, less.
    method : str, default "pca"
        ``"pca"`` takes the mean of the rows away first, ``"svd"`` does not.
    seed : int, default 0
        Of the vector that an iteration starts from, where there is one.

    Returns
    -------
    ndarray of float64, shape (n, dim)
        Float32 if the matrix is. Columns by falling variance; their signs mean nothing.

    Raises
    ------
    ValueError
        If the matrix has another shape, is not finite, or all 0; if a number above is out of range.

    Notes
    -----
    No random projections, which are quick, and far off where components are of similar size: 60,000
    rows of 784 numbers take some six seconds of one core. A sparse matrix stays sparse.

    Examples
    --------
    >>> reduce([[0.0, 0.0, 1.0], [2.0, 1.0, 1.0], [4.0, 2.0, 1.0]], 1).round(3)
    array([[-2.236],
           [ 0.   ],
           [ 2.236]])
    """
    need("sklearn")
    from scipy.sparse import issparse
    from sklearn.decomposition import PCA, TruncatedSVD

    if method not in METHODS:
        raise ValueError(f'`method` must be "pca" or "svd"; got {method!r}.')
    rows = matrix.tocsr() if issparse(matrix) else np.asarray(matrix)
    _check_matrix(rows, check_count(dim, "dim"), sparse=issparse(matrix))
    if method == "svd":
        # ARPACK cannot give all singular vectors; where they are all wanted, chance has no say.
        solver = "arpack" if dim < min(rows.shape) else "randomized"
        decomposition = TruncatedSVD(dim, algorithm=solver, random_state=seed)
    else:
        solver = _solver(rows.shape, dim, sparse=issparse(rows))
        decomposition = PCA(dim, svd_solver=solver, random_state=seed)
    # Rows that are all equal have no variance of which a component could have a share.
    with np.errstate(invalid="ignore", divide="ignore"):
        reduced: npt.NDArray[np.floating[Any]] = decomposition.fit_transform(rows)
    return reduced


def factor(
    matrix: "csr_matrix", dim: int, power: float, seed: int
) -> tuple[npt.NDArray[np.float32], float]:
    """Return a vector for each row, made of what varies most.

    Parameters
    ----------
    matrix : scipy.sparse.csr_matrix of float64, shape (n, m)
        Of finite numbers.
    dim : int
        Less than m.
    power : float
        To which the singular values are raised.
    seed : int
        Of the random projections.

    Returns
    -------
    vectors : ndarray of float32, shape (n, dim)
        Left singular vectors times the powers; zero where there is nothing left to tell.
    left : float
        The share of the squares of the matrix that its dim largest singular values leave out.
    """
    need("sklearn")
    from sklearn.decomposition import TruncatedSVD

    total = float((matrix.data**2).sum())
    if total == 0:
        return np.zeros((matrix.shape[0], dim), np.float32), 0.0
    decomposition = TruncatedSVD(dim, n_iter=ITERATIONS, random_state=seed)
    vectors = decomposition.fit_transform(matrix)
    values = decomposition.singular_values_
    real = values > NOTHING * values[0]
    scale = np.where(real, values, 1) ** (power - 1) * real
    left = 1 - float((values**2).sum()) / total
    return (vectors * scale).astype(np.float32), max(left, 0.0)


def _solver(shape: tuple[int, int], dim: int, *, sparse: bool) -> str:
    """Return the cheapest exact way to principal components."""
    n, m = shape
    if m <= FEW and (sparse or n >= TALL * m):
        return "covariance_eigh"
    if not sparse and (min(shape) <= FEW or dim == min(shape)):
        return "full"
    return "arpack"


def _check_matrix(rows: Any, dim: int, *, sparse: bool) -> None:
    if rows.ndim != 2 or rows.dtype.kind not in "buif":
        raise ValueError(
            f"`matrix` must be numbers of shape (n, m); got {rows.dtype} of shape {rows.shape}."
        )
    values = rows.data if sparse else rows
    if not values.any():
        raise ValueError("`matrix` must hold something; all of it is 0.")
    if not np.isfinite(values).all():
        raise ValueError("`matrix` must be finite; it holds NaN or infinity.")
    most = min(rows.shape) - sparse
    if dim > most:
        raise ValueError(
            f"`dim` must be at most {most} for a{' sparse' * sparse} matrix of shape "
            f"{rows.shape}; got {dim}."
        )
