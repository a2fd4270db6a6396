"""To be said."""

from vecstore.storage.keys.key_tables import RangeKeys
from vecstore.storage.keys.string_keys import StrKeys
from vecstore.storage.keys.strings import PADDING, PackedStrings

__all__ = [
    "PADDING",
    "PackedStrings",
    "RangeKeys",
    "StrKeys",
]
