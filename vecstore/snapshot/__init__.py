"""To be said."""

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
