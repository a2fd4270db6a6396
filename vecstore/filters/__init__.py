"""Filters: conditions on attributes that decide which rows may be answers.

A condition is what SQL has after WHERE. Columns are written as they are, or in double quotes;
strings in single quotes. A comparison with a missing value is neither true nor false, and such a
row does not qualify; NaN is missing. Dates compare with strings such as ``'2024-02-29'``, without a
zone. Integers are compared with floats exactly; an integer beyond 64 bits in a computation is an
error. A float32 is stored as the float64 of the same value; a literal that is its shortest
spelling, such as 9.99, equals it. ``/`` divides as floats, ``%`` has the sign of the divisor.

In the order in which to read the modules:

- `syntax`: text to a tree of SQL, with everything refused that a filter must not hold;
- `values`: values of rows, with missing ones, and three-valued logic;
- `order`, `arithmetic`: exact comparisons and arithmetic of these values;
- `substrings`, `patterns`: searching in packed strings, and LIKE;
- `typed`: expressions of a known type, and how two of them combine;
- `translate`: the tree to a function of columns;
- `evaluate`: the rows of a snapshot, or of a table, that fulfil a condition.
"""

from vecstore.filters.evaluate import Where, columns_named, filtered, qualifying

__all__ = ["Where", "columns_named", "filtered", "qualifying"]
