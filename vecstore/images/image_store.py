"""The store that vectors of images go to, which refuses vectors that cannot be compared."""

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from vecstore.images.files import Images
from vecstore.store import Store, create, open

__all__ = ["ImageStore"]

# What must be equal for distances between vectors to mean anything. The weights stand for the
# network.
_IDENTITY = (
    *("weights_sha256", "layer_place", "pooling", "preprocessing", "size", "precision"),
    "orient",
)
# How vectors were made before provenance recorded it.
_BEFORE = {"orient": False}
# What an error says about vectors that cannot be mixed.
_SHOWN = ("model", "layer", "pooling", "preprocessing", "size", "precision", "orient", "weights")


class ImageStore:
    """Collects vectors of images and commits them, in a ``with`` block.

    A new store is created with the first commit, so that failed work leaves nothing behind.
    ValueError if the store holds vectors of another kind.
    """

    def __init__(
        self,
        store: str | PathLike[str] | Store,
        dim: int,
        metric: str | None,
        provenance: Mapping[str, Any],
    ) -> None:
        self._dim = dim
        self._metric = metric or "cosine"
        self._provenance = provenance
        self._path = None if isinstance(store, Store) else Path(store)
        self._store = store if isinstance(store, Store) else None
        self._waiting: list[tuple[list[str], npt.NDArray[np.float32], dict[str, list[Any]]]] = []
        self._described = False
        if self._path is not None and self._path.exists():
            self._store = open(self._path, "a")
        elif self._path is not None and not self._path.parent.is_dir():
            raise FileNotFoundError(f"{self._path.parent} is not a folder; make it first.")
        if self._store is not None:
            try:
                self._check(self._store, metric)
            except BaseException:
                self._close()
                raise

    @property
    def waiting(self) -> int:
        """The number of vectors that are not committed yet."""
        return sum(len(keys) for keys, _, _ in self._waiting)

    def missing(self, keys: Sequence[str]) -> list[int]:
        """Return the places of the keys that the store does not have."""
        store = self._store
        return [place for place, key in enumerate(keys) if store is None or key not in store]

    def put(
        self,
        images: Images,
        places: npt.NDArray[np.int64],
        vectors: npt.NDArray[np.float32],
        stored: npt.NDArray[np.int32],
    ) -> list[tuple[str, str]]:
        """Take vectors for the next commit; return the keys that cannot be ranked, and why."""
        finite = np.asarray(np.isfinite(vectors).all(axis=1))
        ranked = (vectors != 0).any(axis=1) | (self._metric != "cosine")
        good: npt.NDArray[np.bool_] = finite & ranked
        found = images.pick(places[good].tolist())
        columns: dict[str, list[Any]] = {"path": found.paths}
        if found.labels is not None:
            columns["label"] = found.labels
        columns["width"], columns["height"] = stored[good, 1].tolist(), stored[good, 0].tolist()
        if found.keys:
            self._waiting.append((found.keys, vectors[good], columns))
        return [
            (images.keys[place], "its vector is all zeros" if whole else "its vector is not finite")
            for place, whole in zip(places[~good].tolist(), finite[~good], strict=True)
        ]

    def commit(self) -> None:
        """Commit the waiting vectors."""
        if not self._waiting:
            return
        batches, self._waiting = self._waiting, []
        if self._store is None and self._path is not None:
            self._store = create(self._path, self._dim, self._metric)
        assert self._store is not None
        # Provenance is written once per run: a store of many images has many commits.
        if self._described:
            with self._store.batch() as batch:
                for keys, vectors, columns in batches:
                    batch.add(keys, vectors, columns)
        else:
            self._store.add_batches(batches, provenance=self._provenance)
            self._described = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def _close(self) -> None:
        """Close the store, unless the caller has opened it."""
        if self._path is not None and self._store is not None:
            self._store.close()

    def _check(self, store: Store, metric: str | None) -> None:
        if metric not in (None, store.metric):
            raise ValueError(
                f'`metric` must be "{store.metric}", as {store.path} has it; got "{metric}".'
            )
        self._metric = str(store.metric)
        if store.key_kind != "str":
            raise ValueError(f"{store.path} has integers for keys; images have paths.")
        if len(store):
            self._check_same_origin(store)
        if store.dim != self._dim:
            raise ValueError(
                f"{store.path} has vectors of length {store.dim}; those of these images have "
                f"{self._dim}."
            )

    def _check_same_origin(self, store: Store) -> None:
        origins = [one for one in store.info()["provenance"] if "extractor" in one]
        if not origins:
            raise ValueError(
                f"{store.path} holds vectors that no ImageExtractor has made; extract into a store "
                "of its own."
            )
        for noted in origins:
            origin = _BEFORE | noted
            if any(origin.get(name) != self._provenance[name] for name in _IDENTITY):
                theirs, ours = _differences(origin, self._provenance)
                way = f" To go on there, pass orient={origin['orient']}." * self._turns(origin)
                raise ValueError(
                    f"{store.path} holds vectors of another kind ({theirs}; these: {ours}), which "
                    f"cannot be compared with these; extract into a store of its own.{way}"
                )

    def _turns(self, origin: Mapping[str, Any]) -> bool:
        """Return whether the orientation of images is the only difference."""
        names = [name for name in _IDENTITY if origin.get(name) != self._provenance[name]]
        return names == ["orient"]


def _differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[str, str]:
    names = [name for name in _SHOWN if one.get(name) != other.get(name)]
    if "weights" not in names and one.get("weights_sha256") != other.get("weights_sha256"):
        names.append("weights_sha256")  # such as another file of the same name
    first, second = (
        ", ".join(f"{name} {origin.get(name)}" for name in names) for origin in (one, other)
    )
    return first, second
