"""Keys of rows: which row has a key, and which key a row has.

Every table answers from mapped arrays as well as from arrays in memory, so opening a store builds
no dict. In the order in which to read the modules:

- `hashing`: the 64-bit hash of a string key, which is part of the file format;
- `strings`: `PackedStrings`, many strings in two arrays;
- `sorted_table`: sorted 64-bit values and the row of each;
- `string_keys`: `StrKeys`, packed strings with a table of their hashes;
- `key_tables`: `IntKeys` and `RangeKeys`; `build_keys` chooses the table for a kind of key.
"""

from vecstore.storage.keys.key_tables import RangeKeys
from vecstore.storage.keys.string_keys import StrKeys
from vecstore.storage.keys.strings import PADDING, PackedStrings

__all__ = [
    "PADDING",
    "PackedStrings",
    "RangeKeys",
    "StrKeys",
]
