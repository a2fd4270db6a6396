"""To be said."""

from vecstore.storage.segments.single import is_single, open_single, write_single
from vecstore.storage.segments.subwords import Subwords, bucket_rows
from vecstore.storage.segments.tombstones import (
    Words,
    all_rows,
    clear_rows,
    count_rows,
    has_row,
    have_rows,
    rows_of,
)

__all__ = [
    "Subwords",
    "Words",
    "all_rows",
    "bucket_rows",
    "clear_rows",
    "count_rows",
    "has_row",
    "have_rows",
    "is_single",
    "open_single",
    "rows_of",
    "write_single",
]
