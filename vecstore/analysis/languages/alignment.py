"""Bring the vectors of two languages into one space by an orthogonal map."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from os import PathLike, fspath
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.analysis.languages.dictionary import Pairs, as_pairs, identical_keys, known_pairs
from vecstore.analysis.languages.retrieval import check_dims, mutual_nearest
from vecstore.analysis.selection import unit_vectors
from vecstore.arrays import Progress, check_count
from vecstore.errors import VecstoreError
from vecstore.metrics import metric_name
from vecstore.store import Store, create, from_arrays, open, removed_on_failure

__all__ = ["Alignment", "align"]

#: Refinement looks for pairs among this many first rows of each store: the most frequent words, if
#: it is in that order. Rare words have poor vectors, and the search is quadratic.
FREQUENT = 20_000

_MODEL = "orthogonal map"
_BATCH = 8192

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Alignment:
    """A map that moves the vectors of one space into another.

    Attributes
    ----------
    map : ndarray of float64, shape (dim, dim)
        An orthogonal matrix: ``vectors @ map`` have the same lengths and distances as ``vectors``.
    provenance : mapping of str to object
        What the map was learned from. It is stored with everything that the map writes.
    """

    map: Matrix
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def move(self, vectors: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Return vectors of the target in the space of the source.

        Parameters
        ----------
        vectors : array_like of numbers, shape (dim,) or (n, dim)
            Vectors of the target.

        Returns
        -------
        ndarray of float32, of the same shape
            Computed in float64.

        Raises
        ------
        ValueError
            If their dimension is not that of the map.
        """
        rows, dim = np.asarray(vectors, np.float64), len(self.map)
        if rows.ndim not in (1, 2) or rows.shape[-1] != dim:
            raise ValueError(f"`vectors` must have shape ({dim},) or (n, {dim}); got {rows.shape}.")
        return (rows @ self.map).astype(np.float32)

    def write(self, target: Store, path: str | PathLike[str]) -> Store:
        """Write a copy of a store, moved into the space of the source.

        Parameters
        ----------
        target : Store
            The store that the map was learned for, or another in its space.
        path : path-like
            The path of a new store.

        Returns
        -------
        Store
            Open for reading, with the keys, attributes, metric and dtype of the target, and with
            the provenance of the map.

        Raises
        ------
        StoreExistsError
            If the path is taken.
        ValueError
            If the store and the map differ in dimension.
        """
        if target.dim != len(self.map):
            raise ValueError(
                f"`target` must have dim {len(self.map)}, as the map has; got {target.dim}."
            )
        metric, kind = str(target.metric), target.key_kind
        new = create(path, target.dim, metric, keys=kind, dtype=target.dtype)
        with removed_on_failure(new) as store, store:
            store.add_batches(
                (
                    (keys, self.move(vectors), target.frame(keys.tolist()).drop("key"))
                    for keys, vectors in target.batches(_BATCH)
                ),
                provenance=self.provenance,
            )
        return open(path)

    def save(self, path: str | PathLike[str]) -> None:
        """Save the map as a store: row i is where axis i of the target goes.

        Parameters
        ----------
        path : path-like
            The path of a new store.

        Raises
        ------
        StoreExistsError
            If the path is taken.
        """
        dim = len(self.map)
        new = create(path, dim, "dot", keys="int")
        with removed_on_failure(new) as store, store:
            store.add_batches([(range(dim), self.map)], provenance=self.provenance)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> "Alignment":
        """Load a map that `save` wrote.

        Parameters
        ----------
        path : path-like
            The path of its store.

        Returns
        -------
        Alignment
            With values rounded to float32.

        Raises
        ------
        VecstoreError
            If the store is not a map.
        """
        with open(path) as store:
            provenance = list(store.info().get("provenance", ()))
            if len(store) != store.dim or not provenance or provenance[-1].get("model") != _MODEL:
                raise VecstoreError(f"{path} is not a map; Alignment.save makes one.")
            return cls(store[list(range(store.dim))].astype(np.float64), provenance[-1])


def align(
    source: Store,
    target: Store,
    pairs: Pairs | None = None,
    *,
    refine: int = 0,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Alignment:
    """Learn the map that moves the vectors of `target` into the space of `source`.

    Parameters
    ----------
    source : Store
        The store whose space stays as it is.
    target : Store
        The store to move, of the same dimension and metric.
    pairs : path-like, iterable of (source key, target key), or None
        Keys that mean the same: a file with two words a line, or the pairs. Pairs with an unknown
        key are left out. None pairs the keys that both stores have.
    refine : int, default 0
        How many times to learn again from the pairs of keys that are each other's nearest after
        mapping. Five rounds make a poor dictionary good; a good one gains little.
    threads : int or None
        As for `Store.search`.
    progress : callable or None
        Called as ``progress(rounds, refine)``.

    Returns
    -------
    Alignment
        The map; `Alignment.write` moves a store.

    Raises
    ------
    ValueError
        If the stores differ in dimension or metric.
    VecstoreError
        If no pair is known to both stores, or they have no key in common.
    IngestError
        If the file holds no pairs.

    Warns
    -----
    UserWarning
        If there are fewer pairs than dimensions, which leaves part of the map undetermined.

    Notes
    -----
    The map is the orthogonal W that minimises ``|Y W - X|``, where the rows of X and Y are the
    vectors of the pairs, of length 1 under cosine: ``W = U V'`` with ``Y' X = U S V'`` [1]_.
    Refinement compares by CSLS under cosine [2]_ and looks at the first 20,000 keys of each store.

    References
    ----------
    .. [1] Schönemann, 1966, "A generalized solution of the orthogonal Procrustes problem",
       Psychometrika 31(1).
    .. [2] Conneau, Lample, Ranzato, Denoyer and Jégou, 2018, "Word translation without parallel
       data", ICLR.

    Examples
    --------
    >>> import vecstore
    >>> english = vecstore.from_arrays([[1, 0], [0, 1], [2, 1]], ["cat", "dog", "cow"])
    >>> french = vecstore.from_arrays([[0, 1], [-1, 0], [-1, 2]], ["chat", "chien", "vache"])
    >>> alignment = align(english, french, [("cat", "chat"), ("dog", "chien")])
    >>> alignment.move(french["vache"]).round(3)
    array([2., 1.], dtype=float32)
    """
    _check_spaces(source, target)
    refine = check_count(refine, "refine", 0)
    if pairs is None:
        known = identical_keys(source, target)
    else:
        known = known_pairs(as_pairs(pairs), source, target)
    if len(known) < source.dim and not refine:
        warnings.warn(
            f"{len(known)} pairs are fewer than the {source.dim} dimensions: part of the map is "
            f"left to chance. Find more pairs, or pass refine=5.",
            stacklevel=2,
        )
    keys, others = (list(side) for side in zip(*known, strict=True))
    moved = _procrustes(_rows(source, keys), _rows(target, others))
    mutual: list[int] = []
    if refine:
        near, far = (_rows(store, _first_keys(store)) for store in (source, target))
    for done in range(1, refine + 1):
        rows = mutual_nearest(
            from_arrays(near, metric=source.metric),
            from_arrays(far @ moved, metric=source.metric),
            threads=threads,
        )
        moved = _procrustes(near[rows[:, 0]], far[rows[:, 1]])
        mutual.append(len(rows))
        if progress:
            progress(done, refine)
    parameters = {
        "space_of": _path(source),
        "pairs": _described(pairs),
        "known_pairs": len(known),
        "refine": refine,
        "mutual_pairs": mutual,
    }
    return Alignment(moved, {"model": _MODEL, "source": _path(target), "parameters": parameters})


def _check_spaces(source: Store, target: Store) -> None:
    check_dims(source, target)
    if source.metric != target.metric or not isinstance(source.metric, str):
        raise ValueError(
            f'`target` must have the metric "{metric_name(source.metric)}", as `source` has; '
            f'got "{metric_name(target.metric)}".'
        )


def _rows(store: Store, keys: Sequence[Any]) -> Matrix:
    """Return the vectors of keys, of unit length under cosine."""
    return unit_vectors(store[keys], store.metric)


def _first_keys(store: Store) -> list[Any]:
    return list(islice(store, FREQUENT))


def _path(store: Store) -> str:
    return str(store.path or "in memory")


def _described(pairs: Pairs | None) -> str:
    if pairs is None:
        return "identical keys"
    return fspath(pairs) if isinstance(pairs, str | PathLike) else "given"


def _procrustes(near: Matrix, far: Matrix) -> Matrix:
    """Return the orthogonal map that takes the rows of `far` nearest to those of `near`."""
    u, _, v = np.linalg.svd(far.T @ near)
    return np.asarray(u @ v)
