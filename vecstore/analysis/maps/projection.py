"""Maps: every vector as a point of the plane.

t-SNE and UMAP usually spend much of their time on an approximate search of neighbours. Here they
get the exact neighbours, which takes less time. Both expect euclidean distances. Under cosine they
get the distance of the unit vectors, the square root of 2 - 2 cos.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.analysis.maps.components import principal_components
from vecstore.analysis.maps.written_columns import check_columns, write_columns
from vecstore.analysis.selection import MEMORY, Selection
from vecstore.arrays import Progress, check_count
from vecstore.extras import need
from vecstore.filters import Where
from vecstore.store import Store, from_arrays

__all__ = ["METHODS", "Projection", "project"]

Floats = npt.NDArray[np.float64]

#: Neighbours that each row should stay close to, by method.
METHODS = {"pca": 0, "tsne": 90, "umap": 15}

# The module that computes each method, and the distribution whose version is recorded with the map.
_MODULES = {"pca": "sklearn", "tsne": "openTSNE", "umap": "umap"}
_PACKAGES = {"pca": "scikit-learn", "tsne": "openTSNE", "umap": "umap-learn"}

_FEWEST = 3  # rows: two points always lie on a line
_PERPLEXITY = 3  # neighbours per unit of perplexity (van der Maaten, 2014)
_EXAGGERATED, _NORMAL = 250, 500  # iterations of t-SNE: openTSNE's defaults
_FEW = 1_000  # rows; with fewer, threads wait for each other longer than they compute
_EVERY = 50  # iterations between reports of progress


@dataclass(frozen=True)
class Projection:
    """A map.

    Attributes
    ----------
    keys : ndarray of object (str) or int64, shape (n,)
        The rows, in the order of insertion.
    points : ndarray of float64, shape (n, 2)
        Their points, centred.
    method : str
        The method that computed them.
    explained : float or None
        The share of the variance that two principal components show; None for other methods.
    """

    keys: npt.NDArray[Any]
    points: Floats
    method: str
    explained: float | None


def project(
    store: Store,
    method: str = "pca",
    where: Where = None,
    *,
    columns: tuple[str, str] | None = ("x", "y"),
    overwrite: bool = False,
    k: int | None = None,
    seed: int = 0,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Projection:
    """Give every row a point in the plane, and store it as two attributes.

    Parameters
    ----------
    store : Store
        Open for writing, unless `columns` is None.
    method : str, default "pca"
        ``"pca"`` shows the directions of largest variance, in seconds at any size. ``"tsne"`` keeps
        neighbours together. So does ``"umap"``, which needs the package ``umap-learn``.
    where : str, polars.Expr, array_like of bool, or None
        The rows to project; see `Store.search`.
    columns : pair of str or None, default ("x", "y")
        The attributes for the coordinates; null in rows that `where` leaves out. None writes
        nothing.
    overwrite : bool, default False
        Whether to overwrite values that `columns` already have.
    k : int or None
        The number of neighbours that each row should stay close to; None takes 90 for t-SNE (a
        perplexity of 30) and 15 for UMAP.
    seed : int, default 0
        The same seed gives the same map on the same machine.
    threads : int or None
        None takes all.
    progress : callable or None
        Called as ``progress(done, total)`` while neighbours are searched, and then while t-SNE
        iterates.

    Returns
    -------
    Projection
        Keys and points.

    Raises
    ------
    ValueError
        If the method is unknown, or there are fewer than 3 rows.
    ReadOnlyError
        If `columns` are given and the store is not open for writing.
    VecstoreError
        If a column already has values, unless `overwrite` is True.
    ImportError
        If a package is missing.

    Notes
    -----
    t-SNE and UMAP keep the vectors and k neighbours for each row in memory, and take time
    proportional to the number of rows. Rows of a dot-product store are compared by euclidean
    distance. Writing the attributes costs what it does for `cluster`.

    References
    ----------
    .. [1] van der Maaten, 2014, "Accelerating t-SNE using tree-based algorithms", JMLR 15.
    .. [2] Poličar, Stražar and Zupan, 2024, "openTSNE: a modular Python library for t-SNE
       dimensionality reduction and embedding", Journal of Statistical Software 109(3).
    .. [3] McInnes, Healy and Melville, 2018, "UMAP: uniform manifold approximation and projection
       for dimension reduction", arXiv:1802.03426.

    Examples
    --------
    >>> import vecstore
    >>> from vecstore.analysis import project
    >>> store = vecstore.from_arrays([[0, 1, 5], [1, 0, 5], [0, 0, 9]], metric="euclidean")
    >>> project(store, columns=None).points.shape
    (3, 2)
    """
    if method not in METHODS:
        raise ValueError(f"`method` must be one of {', '.join(METHODS)}; got {method!r}.")
    need(_MODULES[method])
    near = METHODS[method] if k is None else check_count(k, "k", 2)
    selection = Selection(store, where)
    if len(selection) < _FEWEST:
        raise ValueError(f"A map needs at least {_FEWEST} rows; there are {len(selection)}.")
    if columns is not None:
        check_columns(store, dict.fromkeys(columns, "float64"), overwrite=overwrite)
    near = 0 if method == "pca" else min(near, len(selection) - 1)
    explained = None
    if method == "pca":
        points, explained = _by_components(selection, seed)
    elif method == "tsne":
        points = _by_tsne(selection, near, seed, threads, progress)
    else:
        points = _by_umap(selection, near, seed, threads, progress)
    points -= points.mean(axis=0)
    if columns is not None:
        source = {
            "model": method,
            "columns": list(columns),
            "parameters": {"seed": seed, **({"k": near} if near else {})},
            "packages": {_PACKAGES[method]: version(_PACKAGES[method])},
        }
        write_columns(store, selection.keys, dict(zip(columns, points.T, strict=True)), source)
    return Projection(selection.keys, points, method, explained)


def _by_components(selection: Selection, seed: int) -> tuple[Floats, float]:
    kept = min(2, selection.store.dim)
    components = principal_components(selection, kept, seed=seed, memory=MEMORY)
    points = np.concatenate([components.transform(vectors) for vectors in selection.batches()])
    flat = np.zeros((len(points), 2))  # the second column stays 0 if vectors have one dimension
    flat[:, :kept] = points
    return flat, float(components.explained_variance_ratio_.sum())


def _neighbors(
    selection: Selection,
    vectors: npt.NDArray[np.float32],
    k: int,
    threads: int | None,
    progress: Progress | None,
) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return places and distances of the k nearest other rows of every row."""
    store = selection.store
    if selection.whole and store.metric != "dot":
        matches = store.neighbors(k, threads=threads, progress=progress)
    else:
        some = from_arrays(vectors, metric="euclidean")
        matches = some.neighbors(k, threads=threads, progress=progress)
    if matches.metric == "cosine":
        return matches.rows, np.sqrt(2 * matches.distances)
    return matches.rows, matches.distances


def _by_tsne(
    selection: Selection, k: int, seed: int, threads: int | None, progress: Progress | None
) -> Floats:
    from openTSNE import TSNE, initialization
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    vectors = selection.vectors()
    found = PrecomputedNeighbors(*_neighbors(selection, vectors, k, threads, progress))
    jobs = threads or (-1 if len(vectors) > _FEW else 1)
    model = TSNE(
        early_exaggeration_iter=_EXAGGERATED,
        n_iter=_NORMAL,
        n_jobs=jobs,
        random_state=seed,
        callbacks=_reported(progress) if progress else None,
        callbacks_every_iters=_EVERY,
    )
    affinities = PerplexityBasedNN(knn_index=found, perplexity=k / _PERPLEXITY, n_jobs=jobs)
    start = initialization.pca(vectors, random_state=seed)
    return np.array(model.fit(affinities=affinities, initialization=start), np.float64)


def _reported(progress: Progress) -> Callable[[int, float, Any], None]:
    """Return a callback for openTSNE, which counts each of its two phases from 0."""
    done = 0

    def report(iteration: int, error: float, embedding: Any) -> None:
        nonlocal done
        done += _EVERY
        progress(done, _EXAGGERATED + _NORMAL)

    return report


def _by_umap(
    selection: Selection, k: int, seed: int, threads: int | None, progress: Progress | None
) -> Floats:
    from umap import UMAP

    vectors = selection.vectors()
    rows, distances = _neighbors(selection, vectors, k - 1, threads, progress)
    # umap counts a row as its own first neighbour.
    itself = np.arange(len(rows))[:, np.newaxis]
    known = np.hstack([itself, rows]), np.hstack([np.zeros(itself.shape), distances])
    model = UMAP(n_neighbors=k, precomputed_knn=known, init="pca", random_state=seed, n_jobs=1)
    with warnings.catch_warnings():
        # It warns that it cannot place new points without an index of its own.
        warnings.filterwarnings("ignore", "precomputed_knn", UserWarning)
        return np.array(model.fit_transform(vectors), np.float64)
