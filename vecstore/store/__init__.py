"""To be said."""

from vecstore.store.opening import create, from_arrays, open, removed_on_failure
from vecstore.store.pickling import reopened
from vecstore.store.store import Store
from vecstore.store.vectors import snapshot_of

__all__ = [
    "Store",
    "create",
    "from_arrays",
    "open",
    "removed_on_failure",
    "reopened",
    "snapshot_of",
]
