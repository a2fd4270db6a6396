"""Exact nearest neighbours straight from memory-mapped HDF5, with no index to build.

>>> import vecstore
>>> store = vecstore.from_arrays([[0, 1], [1, 0], [1, 1]], keys=["north", "east", "north-east"])
>>> store.similar("north", k=1)
<Matches 1 of k=1: north-east 0.2929>
"""

from vecstore.errors import (
    CorruptStoreError,
    DuplicateKeyError,
    FormatVersionError,
    IngestError,
    KeyNotFoundError,
    ReadOnlyError,
    StoreChangedError,
    StoreExistsError,
    StoreLockedError,
    StoreMovedError,
    StoreNotFoundError,
    VecstoreError,
)
from vecstore.kernels import build_info
from vecstore.search import Match, Matches, Plan
from vecstore.storage import Problem, check
from vecstore.store import Store, create, from_arrays, open
from vecstore.store import reopened as _  # noqa: F401  registers how stores are pickled

__all__ = [
    "CorruptStoreError",
    "DuplicateKeyError",
    "FormatVersionError",
    "IngestError",
    "KeyNotFoundError",
    "Match",
    "Matches",
    "Plan",
    "Problem",
    "ReadOnlyError",
    "Store",
    "StoreChangedError",
    "StoreExistsError",
    "StoreLockedError",
    "StoreMovedError",
    "StoreNotFoundError",
    "VecstoreError",
    "build_info",
    "check",
    "create",
    "from_arrays",
    "open",
]

__version__ = "0.1.0"
