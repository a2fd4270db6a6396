"""Filters: conditions on attributes that say which rows may be answers.

========== ==================================================================
`syntax`    text to a tree of SQL; what a filter must not hold is refused
`typed`     expressions whose type is known
`translate` the tree to a polars expression
`evaluate`  the rows of a snapshot, or of a table, that fulfil a condition
========== ==================================================================

In SQL a comparison with a missing value is neither true nor false, and such a row does not qualify.
Columns are written as they are, or in double quotes; strings in single ones. Dates compare with
strings such as ``'2024-02-29'``. Integers are compared with floats as floats, and wrap around at
64 bits when they are computed with; NaN equals itself and is greater than every number; ``/``
divides exactly, ``%`` has the sign of the divisor.
"""

from vecstore.filters.evaluate import columns_named, filtered, qualifying

__all__ = ["columns_named", "filtered", "qualifying"]
