"""Pickles and copies of stores: by path, or in memory by value.

A store on disk is pickled as its path and generation, and opened for reading at the newest one. The
other process sees this state or a later one, never an earlier one and never another store.
"""

import copyreg
from pathlib import Path
from typing import Any

import numpy as np

from vecstore.errors import ReadOnlyError, VecstoreError
from vecstore.metrics import Metric
from vecstore.snapshot import Snapshot
from vecstore.storage.keys import RangeKeys
from vecstore.store.folder import Folder
from vecstore.store.opening import foreign_sources, from_arrays
from vecstore.store.opening import open as open_store
from vecstore.store.store import Store

__all__ = ["reduced", "reopened", "reopened_foreign"]


def reduced(store: Store) -> tuple[Any, ...]:
    """Return what pickle and copy make the store again from."""
    rows = store._open_rows()
    if isinstance(rows, Folder) and _may_write(rows):
        raise TypeError(
            f"{store.path} is open for writing, which one store at a time may do; pickle or copy "
            f'one that is open for reading: vecstore.open("{store.path}").'
        )
    if store.path is None:
        assert isinstance(rows, Snapshot)
        return from_arrays, _arrays(rows, store.metric)
    path = Path(store.path).absolute()
    if store in foreign_sources:
        dataset, sidecar = foreign_sources[store]
        return reopened_foreign, (path, dataset, store.metric, sidecar, _kind_of(store))
    return reopened, (path, store.generation, store.info().get("created"), _kind_of(store))


def _kind_of(store: Store) -> tuple[int, str, str]:
    """Return what does not change while a store lives: dim, dtype and kind of keys."""
    return store.dim, store.dtype.name, store.key_kind


def reopened(path: Path, generation: int, created: str | None, kind: tuple[int, str, str]) -> Store:
    """Open a store that was pickled; raises VecstoreError if its path has another or older one."""
    store = open_store(path)
    same = store.info().get("created") == created and _kind_of(store) == kind
    if not same or store.generation < generation:
        found = f"its generation is {store.generation}" if same else "it is another one"
        store.close()
        raise VecstoreError(
            f"{path} is not the store that was pickled, at generation {generation}: {found}; open "
            "it anew."
        )
    return store


def reopened_foreign(
    path: Path, dataset: str, metric: str, sidecar: bool, kind: tuple[int, str, str]
) -> Store:
    """Open a foreign file that was pickled; raises VecstoreError if it is another one."""
    store = open_store(path, dataset=dataset, metric=metric, sidecar=sidecar)
    if _kind_of(store) != kind:
        found = f"({len(store)}, {store.dim}) {store.dtype.name}"
        store.close()
        raise VecstoreError(
            f'{path} is not the file that was pickled: "{dataset}" is {found} now; open it anew.'
        )
    return store


def _may_write(folder: Folder) -> bool:
    try:
        return bool(folder.writer)
    except ReadOnlyError:
        return False


def _arrays(snapshot: Snapshot, metric: Metric) -> tuple[Any, ...]:
    rows = snapshot.live
    keys = None
    if not all(isinstance(part.keys, RangeKeys) for part in snapshot.parts):
        keys = snapshot.take(rows).tolist()
    whole = len(snapshot.parts) == 1 and len(rows) == snapshot.rows
    vectors = snapshot.parts[0].vectors if whole else snapshot.gather(rows, snapshot.dtype)
    return np.ascontiguousarray(vectors), keys, metric


# Registered from outside, because a store does not know how it was opened.
copyreg.pickle(Store, reduced)
