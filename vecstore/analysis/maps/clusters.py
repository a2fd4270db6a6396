"""Cluster rows: principal components, then k-means.

Vectors of a cosine store are scaled to unit length first, so that k-means compares directions.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vecstore.analysis.maps.components import principal_components
from vecstore.analysis.maps.written_columns import check_columns, write_columns
from vecstore.analysis.selection import MEMORY, Selection
from vecstore.arrays import check_count
from vecstore.extras import need
from vecstore.filters import Where
from vecstore.store import Store

if TYPE_CHECKING:
    import polars
    from sklearn.cluster import KMeans

__all__ = ["Clusters", "cluster"]

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
Transform = Callable[[Floats], Floats]

_SHOWN = 5  # typical keys of a cluster
_PASSES = 3  # over all rows, if they do not fit in memory
_SAMPLE = 5_000  # rows for the silhouette, which takes the distance of each to every other

# k-means finds a local optimum. Up to this many rows, ten tries cost next to nothing.
_FEW, _TRIES = 20_000, 10
_EACH = 50  # rows per cluster in the sample that mini-batch k-means begins with


@dataclass(frozen=True)
class Clusters:
    """The result of `cluster`.

    Attributes
    ----------
    keys : ndarray of object (str) or int64, shape (m,)
        The rows, in the order of insertion.
    labels : ndarray of int64, shape (m,)
        The cluster of each row; 0 is the largest.
    sizes : ndarray of int64, shape (n,)
        The number of rows in each cluster, descending.
    typical : list of n lists of keys
        The keys nearest to the centre of each cluster, nearest first; at most five.
    method : str
        ``"k-means"``, or ``"mini-batch k-means"`` if the vectors did not fit in memory.
    explained : float
        The share of the variance that the principal components kept.
    silhouette : float or None
        The mean of (b - a) / max(a, b) over all rows, or over 5,000 drawn from more. For each row,
        a is the mean distance to its own cluster and b that to the next one; 1 is best. None if it
        is not defined.
    nmi, ari : float or None
        Normalised mutual information with the labels of `truth`, and the adjusted Rand index: 1 if
        both agree, about 0 if they are independent. None without labels.
    """

    keys: npt.NDArray[Any]
    labels: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]
    typical: list[list[Any]]
    method: str
    explained: float
    silhouette: float | None
    nmi: float | None
    ari: float | None


def cluster(
    store: Store,
    n: int,
    reduce: int | None = 100,
    *,
    where: Where = None,
    column: str | None = "cluster",
    truth: str | None = None,
    overwrite: bool = False,
    seed: int = 0,
    memory: int = MEMORY,
) -> Clusters:
    """Group the rows into n clusters, and store the cluster of each row as an attribute.

    Parameters
    ----------
    store : Store
        Open for writing, unless `column` is None.
    n : int
        The number of clusters, at least 2.
    reduce : int or None, default 100
        The number of principal components to keep; None keeps the vectors as they are.
    where : str, polars.Expr, array_like of bool, or None
        The rows to cluster; see `Store.search`.
    column : str or None, default "cluster"
        The attribute for the number of the cluster; null in rows that `where` leaves out. None
        writes nothing.
    truth : str or None
        An attribute with labels to compare with; rows without a label are left out of the
        comparison.
    overwrite : bool, default False
        Whether to overwrite values that `column` already has.
    seed : int, default 0
        Seed of everything that is random. The same seed gives the same clusters if they are
        distinct. Otherwise rounding decides, which depends on the machine and its threads.
    memory : int, default 1 GiB
        Bytes that the vectors may take. If they take more, k-means begins with a sample of the rows
        (50 per cluster, 20,000 at least) and goes through all rows in batches.

    Returns
    -------
    Clusters
        Labels, sizes, typical keys, and measures of quality.

    Raises
    ------
    ValueError
        If `n` is less than 2, or more than the number of different rows; if `truth` is not a column
        with values.
    ReadOnlyError
        If `column` is given and the store is not open for writing.
    VecstoreError
        If `column` already has values, unless `overwrite` is True.

    Notes
    -----
    Writing the attribute rewrites every row with its vector, in one commit: all of it or nothing.
    It needs disk space for all rows once more, and an index must be built again.

    References
    ----------
    .. [1] Arthur and Vassilvitskii, 2007, "k-means++: the advantages of careful seeding", SODA.
    .. [2] Sculley, 2010, "Web-scale k-means clustering", WWW.

    Examples
    --------
    >>> import vecstore
    >>> from vecstore.analysis import cluster
    >>> store = vecstore.from_arrays([[0, 9], [1, 9], [9, 0]], metric="euclidean")
    >>> cluster(store, 2, column=None).labels
    array([0, 0, 1])
    """
    need("sklearn")
    n = check_count(n, "n", 2)
    reduce = None if reduce is None else check_count(reduce, "reduce")
    selection = Selection(store, where)
    if n > len(selection):
        raise ValueError(f"`n` must be at most the number of rows, {len(selection)}; got {n}.")
    given = None if truth is None else selection.column(truth, "truth")
    if column is not None:
        check_columns(store, {column: "int64"}, overwrite=overwrite)
    transform, explained = _reducer(selection, reduce, seed, memory)
    fits = selection.nbytes <= memory
    if fits:
        distances = _fit(selection, transform, n, seed)
    else:
        distances = _fit_batches(selection, transform, n, seed)
    labels, sizes, typical = _labelled(selection, transform, distances, n)
    nmi, ari = (None, None) if given is None else _agreement(given, labels)
    clusters = Clusters(
        keys=selection.keys,
        labels=labels,
        sizes=sizes,
        typical=typical,
        method="k-means" if fits else "mini-batch k-means",
        explained=explained,
        silhouette=_silhouette(selection, transform, labels, seed),
        nmi=nmi,
        ari=ari,
    )
    if column is not None:
        source = {
            "model": clusters.method,
            "column": column,
            "parameters": {"n": n, "reduce": reduce, "seed": seed},
            "packages": {"scikit-learn": version("scikit-learn")},
        }
        write_columns(store, clusters.keys, {column: clusters.labels}, source)
    return clusters


def _reducer(
    selection: Selection, reduce: int | None, seed: int, memory: int
) -> tuple[Transform, float]:
    """Return a function that reduces batches, and the share of the variance that it keeps."""
    if reduce is None or reduce >= selection.store.dim:
        return lambda vectors: vectors, 1.0
    kept = min(reduce, len(selection))
    components = principal_components(selection, kept, seed=seed, memory=memory)
    return components.transform, float(components.explained_variance_ratio_.sum())


def _fit(selection: Selection, transform: Transform, n: int, seed: int) -> Transform:
    """Return a function from points to their distances to all n centres."""
    points = np.concatenate([transform(vectors) for vectors in selection.batches()])
    distances: Transform = _k_means(points, n, seed, "rows").transform
    return distances


def _fit_batches(selection: Selection, transform: Transform, n: int, seed: int) -> Transform:
    """Do what `_fit` does without holding all points in memory."""
    from sklearn.cluster import MiniBatchKMeans

    # Begin with a sample of all rows: those of the first batch may be of one kind.
    _, sample = selection.sample(max(_EACH * n, _FEW), seed)
    rows = "rows"
    if len(sample) < len(selection):
        rows += f" in the sample of {len(sample):,} that k-means begins with beyond `memory`"
    centers = _k_means(transform(sample), n, seed, rows).cluster_centers_
    model = MiniBatchKMeans(n, init=centers, n_init=1, random_state=seed)
    for _ in range(_PASSES):
        for vectors in selection.batches():
            model.partial_fit(transform(vectors))
    distances: Transform = model.transform
    return distances


def _k_means(points: Floats, n: int, seed: int, rows: str) -> "KMeans":
    """Fit k-means; raises ValueError if there are fewer different points than clusters."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    tries = _TRIES if len(points) <= _FEW else 1
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            return KMeans(n, n_init=tries, random_state=seed).fit(points)
        except ConvergenceWarning:
            # `rows` is what the error calls the points.
            different = len(np.unique(points, axis=0))
            raise ValueError(
                f"`n` must be at most the number of different {rows}, {different}; got {n}."
            ) from None


def _labelled(
    selection: Selection, transform: Transform, distances: Transform, n: int
) -> tuple[Labels, Labels, list[list[Any]]]:
    """Return labels, sizes and typical keys, the largest cluster first."""
    labels, nearest = np.empty(len(selection), np.int64), np.empty(len(selection))
    first = 0
    for vectors in selection.batches():
        apart = distances(transform(vectors))
        here = slice(first, first + len(apart))
        labels[here], nearest[here] = apart.argmin(axis=1), apart.min(axis=1)
        first += len(apart)
    sizes = np.bincount(labels, minlength=n)
    order = np.argsort(-sizes, kind="stable")
    labels = np.argsort(order)[labels]
    typical = []
    for number in range(n):
        rows = np.flatnonzero(labels == number)
        closest = rows[np.argsort(nearest[rows], kind="stable")[:_SHOWN]]
        typical.append(selection.keys[closest].tolist())
    return labels, sizes[order], typical


def _silhouette(
    selection: Selection, transform: Transform, labels: Labels, seed: int
) -> float | None:
    from sklearn.metrics import silhouette_score

    places, sample = selection.sample(_SAMPLE, seed)
    drawn = labels[places]
    if not 2 <= len(np.unique(drawn)) < len(drawn):
        return None
    return float(silhouette_score(transform(sample), drawn))


def _agreement(given: "polars.Series", labels: Labels) -> tuple[float, float]:
    """Return NMI and ARI of the rows that have a label."""
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    known = given.is_not_null().to_numpy()
    truth, found = given.drop_nulls().to_list(), labels[known]
    return (
        float(normalized_mutual_info_score(truth, found)),
        float(adjusted_rand_score(truth, found)),
    )
