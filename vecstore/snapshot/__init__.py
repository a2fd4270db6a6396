"""One state of a store, as every search sees it: parts, their rows, and the keys of the rows.

A snapshot never changes. A commit makes a new one, which shares the parts that stayed. In the order
in which to read the modules:

- `part`: `Part`, rows with their keys, wherever they lie;
- `snapshot`: `Snapshot`, parts in order and rows numbered across them;
- `journal_rows`: the rows of the journal, a part that grows in memory;
- `state`: `State`, the files of a manifest and the commits since, from which snapshots are made;
- `keys`: the keys that a caller names, checked and turned into rows.
"""

from vecstore.snapshot.keys import (
    as_keys,
    check_key_kind,
    find_folded,
    is_key,
    not_found,
    require_rows,
)
from vecstore.snapshot.part import Keys, Part
from vecstore.snapshot.snapshot import Snapshot
from vecstore.snapshot.state import State

__all__ = [
    "Keys",
    "Part",
    "Snapshot",
    "State",
    "as_keys",
    "check_key_kind",
    "find_folded",
    "is_key",
    "not_found",
    "require_rows",
]
