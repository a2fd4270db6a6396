"""Exact comparisons of two values, also of different kinds."""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.filters.substrings import framed
from vecstore.filters.values import Values, texts, truth
from vecstore.storage.keys import PackedStrings

__all__ = ["Compare", "compare_values", "float32_name", "named"]

Compare = Callable[[Any, Any], Any]

_DAY = 86_400_000_000  # microseconds


def compare_values(left: Values, right: Values, kinds: tuple[str, str], compare: Compare) -> Values:
    """Compare two values: true, false, or missing where one of them is."""
    valid = left.valid & right.valid
    if kinds[0] == kinds[1]:
        if kinds[0] == "string":
            return truth(_strings(left, right, compare), valid)
        return truth(compare(left.data, right.data), valid)
    if kinds in (("float64", "int64"), ("datetime", "date")):
        order = -_order(right.data, left.data, kinds[::-1])
    else:
        order = _order(left.data, right.data, kinds)
    return truth(compare(order, 0), valid)


def float32_name(literal: float) -> float | None:
    """Return the float32, if it is another number, whose shortest spelling is this literal.

    >>> float32_name(9.99), float32_name(0.5), float32_name(9.9900001)
    (9.989999771118164, None, None)
    """
    with np.errstate(over="ignore"):
        near = np.float32(literal)
    return float(near) if float(near) != literal and float(str(near)) == literal else None


def named(column: Values, literal: float) -> Values:
    """Return a column with the float32 that is spelled like a literal replaced by the literal."""
    near = float32_name(literal)
    if near is None:
        return column
    return Values(np.where(column.data == near, literal, column.data), column.valid)


def _strings(left: Values, right: Values, compare: Compare) -> Any:
    if compare in (operator.eq, operator.ne):
        if isinstance(right.data, PackedStrings):
            left, right = right, left
        packed, other = left.data, right.data
        if (
            isinstance(packed, PackedStrings)
            and not isinstance(other, PackedStrings)
            and len(other) == 1
        ):
            same = framed(packed, other[0].encode("utf-8", "surrogatepass"), None)
            return same if compare is operator.eq else ~same
    return np.asarray(compare(texts(left), texts(right)), np.bool_)


def _order(
    left: npt.NDArray[Any], right: npt.NDArray[Any], kinds: tuple[str, str]
) -> npt.NDArray[np.int8]:
    """Return -1, 0 or 1 as an integer compares with a float, or a date with a datetime."""
    if kinds == ("date", "datetime"):
        days, rest = right // _DAY, right % _DAY
        order = np.sign(left - days)
        early: npt.NDArray[np.int8] = np.where(order == 0, -np.sign(rest), order).astype(np.int8)
        return early
    # Rounding keeps the order, so only pairs that become equal need a second look.
    rounded = left.astype(np.float64)
    order = (rounded > right).astype(np.int8) - (rounded < right)
    inside = np.where((rounded == right) & (rounded < 2.0**63), right, 0).astype(np.int64)
    ties = np.where(rounded < 2.0**63, np.sign(left - inside), -1)
    return np.where(rounded == right, ties, order).astype(np.int8)
