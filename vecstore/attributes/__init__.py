"""Attribute columns as callers give them and as they see them.

Columns come as lists, arrays or frames, are stored typed, and go out as tables of polars. In the
order in which to read the modules:

- `given`: attributes as callers give them, checked and typed;
- `frames`: one column to a series of polars, and back;
- `row_tables`: keys and attributes of rows as a table.
"""

from vecstore.attributes.frames import from_series, kind_of, polars_type
from vecstore.attributes.given import normalise, schema_of
from vecstore.attributes.row_tables import key_series, part_table, row_table

__all__ = [
    "from_series",
    "key_series",
    "kind_of",
    "normalise",
    "part_table",
    "polars_type",
    "row_table",
    "schema_of",
]
