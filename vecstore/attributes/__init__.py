"""To be said."""

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
