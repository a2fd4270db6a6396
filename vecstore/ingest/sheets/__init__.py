"""Tables with columns of all kinds: vectors, keys, and attributes.

In reading order:

- `table_columns`: which columns are keys, vectors and attributes;
- `parquet`: Parquet and Arrow, which polars decodes;
- `cells`: the kind of a value in text, and its conversion;
- `sheet`: tables made of text, as a table of vectors;
- `delimited`, `jsonl`: CSV and JSON lines, which are such tables.
"""
