"""Filters: conditions on attributes that say which rows may be answers.

========== ==================================================================
`syntax`    text to a tree of SQL; what a filter must not hold is refused
`typed`     expressions whose type is known
`translate` the tree to a function of columns
`evaluate`  the rows of a snapshot, or of a table, that fulfil a condition
========== ==================================================================

In SQL a comparison with a missing value is neither true nor false, and such a row does not qualify.
Columns are written as they are, or in double quotes; strings in single ones. Dates compare with
strings such as ``'2024-02-29'``, without a zone. Integers are compared with floats exactly; one
that does not fit 64 bits when it is computed is an error. A float32 is stored as the float64 of the
same value, and a literal that is its shortest name, as 9.99 is, equals it. NaN is missing; ``/``
divides as floats, ``%`` has the sign of the divisor.
"""

from vecstore.filters.evaluate import Where, columns_named, filtered, qualifying

__all__ = ["Where", "columns_named", "filtered", "qualifying"]
