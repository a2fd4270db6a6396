"""Reducing a matrix to the few dimensions that explain most of it."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vecstore.arrays import check_count
from vecstore.extras import need

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["factor", "reduce"]

METHODS = ("pca", "svd")

# Iterations of the randomised decomposition. The singular values of PPMI fall slowly: with
# scikit-learn's 5, its vectors score a tenth lower in similarity tests; with 20, no higher.
ITERATIONS = 10

# Singular values below this share of the largest are rounding errors.
NOTHING = 1e-10

# The covariances of this many columns are cheap; so is any method for this many rows.
FEW = 1000
TALL = 10  # rows per column from which covariances pay


def reduce(
    matrix: Any, dim: int, method: str = "pca", *, seed: int = 0
) -> npt.NDArray[np.floating[Any]]:
    """Keep the few dimensions in which the rows of a matrix differ most.

    Parameters
    ----------
    matrix : array_like or SciPy sparse matrix of numbers, shape (n, m)
        Finite numbers.
    dim : int
        At most as many as rows and columns; for a sparse matrix, less.
    method : str, default "pca"
        ``"pca"`` subtracts the mean of the rows first, ``"svd"`` does not.
    seed : int, default 0
        Seeds the start vector of an iteration, if there is one.

    Returns
    -------
    ndarray of float64, shape (n, dim)
        Float32 if the matrix is. Columns by falling variance; their signs mean nothing.

    Raises
    ------
    ImportError
        If scikit-learn is not installed.
    ValueError
        If the matrix has another shape, is not finite, or is all 0; if `method` is unknown or `dim`
        is out of range.

    Notes
    -----
    Random projections are fast but inaccurate if components are of similar size, so none are used:
    60,000 rows of 784 numbers take some six seconds on one core. A sparse matrix stays sparse.

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
        # ARPACK cannot return all singular vectors; for all of them, the other is not random.
        solver = "arpack" if dim < min(rows.shape) else "randomized"
        decomposition = TruncatedSVD(dim, algorithm=solver, random_state=seed)
    else:
        solver = _solver(rows.shape, dim, sparse=issparse(rows))
        decomposition = PCA(dim, svd_solver=solver, random_state=seed)
    # Equal rows have no variance: the share that a component explains is 0 / 0.
    with np.errstate(invalid="ignore", divide="ignore"):
        reduced: npt.NDArray[np.floating[Any]] = decomposition.fit_transform(rows)
    return reduced


def factor(
    matrix: "csr_matrix", dim: int, power: float, seed: int
) -> tuple[npt.NDArray[np.float32], float]:
    """Return a float32 vector per row: left singular vectors times singular values to the `power`.

    Also returns the share of the squared matrix that the `dim` largest singular values leave out.
    """
    need("sklearn")
    from sklearn.decomposition import TruncatedSVD

    total = float((matrix.data**2).sum())
    if total == 0:
        return np.zeros((matrix.shape[0], dim), np.float32), 0.0
    decomposition = TruncatedSVD(dim, n_iter=ITERATIONS, random_state=seed)
    vectors = decomposition.fit_transform(matrix)
    values = decomposition.singular_values_
    real = values > NOTHING * values[0]  # vectors are zero in the other dimensions
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
