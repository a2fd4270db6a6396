"""Values of rows, with missing ones among them, and three-valued logic."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.storage import Column
from vecstore.storage.keys import PackedStrings

__all__ = [
    "Bools",
    "Values",
    "both",
    "either",
    "lone",
    "negated",
    "numbers",
    "read",
    "texts",
    "truth",
]

Bools = npt.NDArray[np.bool_]

_ALL = np.ones(1, np.bool_)


class Values(NamedTuple):
    """Values of n rows, or one for all of them; `data` is arbitrary where not `valid`.

    If nothing is missing, `valid` has one element for all rows, so that logic on it costs nothing.
    """

    data: Any
    valid: Bools


def truth(data: Any, valid: Bools) -> Values:
    """Return booleans, False where they are missing."""
    return Values(data if _is_known(valid) else data & valid, valid)


def numbers(data: npt.NDArray[Any], valid: Bools) -> Values:
    """Return numbers; NaN is missing."""
    if data.dtype.kind == "f" and (missing := np.isnan(data)).any():
        valid = valid & ~missing
    return Values(data, valid)


def lone(value: Any, dtype: str) -> Values:
    """Return one value for all rows; None is missing."""
    data = np.empty(1, dtype)
    data[0] = ("" if dtype == "O" else 0) if value is None else value
    return Values(data, np.array([value is not None]))


def read(column: Column, start: int, stop: int, kind: str) -> Values:
    """Return some rows of a column, converted to the kind in the schema."""
    valid = _ALL if column.valid is None else column.valid[start:stop] != 0
    valid = _ALL if valid.all() else valid
    if isinstance(column.values, PackedStrings):
        strings = column.values
        cut = PackedStrings(strings.utf8, strings.offsets[start : stop + 1], strings.path)
        return Values(cut, valid)
    data = np.asarray(column.values[start:stop])
    if column.kind == "bool":
        return truth(data != 0, valid)
    return numbers(data.astype(np.float64 if kind == "float64" else np.int64, copy=False), valid)


def texts(values: Values) -> npt.NDArray[Any]:
    """Return strings as an array of Python objects."""
    if isinstance(values.data, PackedStrings):
        return values.data.texts()
    return np.asarray(values.data)


def negated(this: Values) -> Values:
    """Return NOT: unknown stays unknown."""
    return truth(~this.data, this.valid)


def both(left: Values, right: Values) -> Values:
    """Return AND: false wins over unknown."""
    true = left.data & right.data
    if _is_known(left.valid) and _is_known(right.valid):
        return Values(true, _ALL)
    return Values(true, true | (left.valid & ~left.data) | (right.valid & ~right.data))


def either(left: Values, right: Values) -> Values:
    """Return OR: true wins over unknown."""
    true = left.data | right.data
    if _is_known(left.valid) and _is_known(right.valid):
        return Values(true, _ALL)
    return Values(true, true | (left.valid & right.valid))


def _is_known(valid: Bools) -> bool:
    return len(valid) == 1 and bool(valid[0])
