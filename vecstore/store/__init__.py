"""The facade: one class for users, and the functions that make its objects.

`Store` is built from four classes in a line, each of which can be read at once. In the order in
which to read the modules:

- `vectors`: `Vectors`, which looks up vectors by key;
- `reader`: `Reader`, which searches;
- `editor`: `Editor`, which changes;
- `store`: `Store`, which describes, checks, copies and closes;
- `folder`: a store on disk, as it is opened, followed and closed;
- `single_file`: a store in one file, which is read-only;
- `opening`: `create`, `open` and `from_arrays`;
- `pickling`: stores that are copied, or sent to another process.
"""

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
