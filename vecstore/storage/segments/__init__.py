"""Files of rows and what belongs to them: written once, mapped, and identified by the manifest.

A segment holds keys, vectors, codes and attributes; tombstones, indexes and subword vectors are
files beside it. In the order in which to read the modules:

- `array_files`: what all HDF5 files of a store share: label, id, manifest entry, checked opening;
- `scan_codes`: 8-bit codes as arrays in a file;
- `segment`: writing a segment and mapping it;
- `tombstones`: the deleted rows of a segment, and the bit masks that engines take;
- `indexes`: indexes over a segment, which can always be made again;
- `subwords`: subword vectors of a fastText model;
- `single`: a whole store in one file;
- `sidecar`: codes and norms kept beside a foreign HDF5 file.
"""

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
