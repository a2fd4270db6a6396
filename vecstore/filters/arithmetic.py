"""Arithmetic on numbers: integers are exact or an error, floats follow IEEE 754."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.filters.values import Bools, Values, numbers

__all__ = [
    "MAGNITUDES",
    "FilterOverflowError",
    "as_float",
    "computed",
    "negative",
    "part_of_date",
]

_LEAST = -(2**63)
_DAY = 86_400_000_000  # microseconds

Array = npt.NDArray[Any]


class FilterOverflowError(ValueError):
    """A value of a row does not fit its type; the message names the expression."""


def _checked(data: Array, valid: Bools, lost: Bools, shown: str) -> Values:
    if (lost & valid).any():
        raise FilterOverflowError(
            f"`where` computes an integer beyond 64 bits in {shown}; "
            "write one number as a float, such as 2.0, to compute with floats."
        )
    return Values(data, valid)


def _added(left: Array, right: Array) -> tuple[Array, Bools]:
    total = left + right
    return total, ((left ^ total) & (right ^ total)) < 0


def _subtracted(left: Array, right: Array) -> tuple[Array, Bools]:
    rest = left - right
    return rest, ((left ^ right) & (left ^ rest)) < 0


def _multiplied(left: Array, right: Array) -> tuple[Array, Bools]:
    product = left * right
    # Division undoes a product that did not wrap around, but the least integer by -1 wraps too.
    divisor = np.where((right == 0) | (right == -1), 1, right)
    lost = (right != 0) & (right != -1) & ((product // divisor != left) | (product % divisor != 0))
    return product, lost | ((right == -1) & (left == _LEAST))


_WHOLE: dict[str, Callable[[Array, Array], tuple[Array, Bools]]] = {
    "Add": _added,
    "Sub": _subtracted,
    "Mul": _multiplied,
}
_ARITHMETIC: dict[str, Callable[[Array, Array], Any]] = {
    "Add": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "Div": np.divide,
    "Mod": np.mod,
}


def computed(name: str, left: Values, right: Values, shown: str) -> Values:
    """Apply an operator to two numbers; integers make integers, except by division."""
    one, other, valid = left.data, right.data, left.valid & right.valid
    with np.errstate(all="ignore"):
        if one.dtype.kind == other.dtype.kind == "i" and name != "Div":
            if name == "Mod":
                valid = valid & (other != 0)
                # The least integer divided by -1 traps on some processors.
                divisor = np.where((other == 0) | (other == -1), 1, other)
                return Values(np.mod(one, divisor), valid)
            data, lost = _WHOLE[name](one, other)
            return _checked(data, valid, lost, shown)
        data = _ARITHMETIC[name](one.astype(np.float64), other.astype(np.float64))
        return numbers(data, valid)


def negative(this: Values, shown: str) -> Values:
    """Return the number with the other sign."""
    with np.errstate(all="ignore"):
        lost = this.data == _LEAST if this.data.dtype.kind == "i" else np.zeros(1, np.bool_)
        return _checked(-this.data, this.valid, lost, shown)


def _absolute(this: Values, shown: str) -> Values:
    less = this.data < 0
    changed = negative(Values(this.data, this.valid & less), shown)
    return Values(np.where(less, changed.data, this.data), this.valid)


def _floor(this: Values, _: str) -> Values:
    return this if this.data.dtype.kind == "i" else Values(np.floor(this.data), this.valid)


def _ceil(this: Values, _: str) -> Values:
    return this if this.data.dtype.kind == "i" else Values(np.ceil(this.data), this.valid)


MAGNITUDES: dict[str, Callable[[Values, str], Values]] = {
    "Abs": _absolute,
    "Floor": _floor,
    "Ceil": _ceil,
}


def as_float(this: Values, shown: str) -> Values:
    """Return integers as floats; raises FilterOverflowError if one would be rounded."""
    if this.data.dtype.kind == "f":
        return this
    data = this.data.astype(np.float64)
    # 2**63 is the one float outside int64 that an int64 can be rounded to.
    back = np.where(data < 2.0**63, data, 0).astype(np.int64)
    if ((back != this.data) & this.valid).any():
        raise FilterOverflowError(
            f"`where` needs an integer beyond 2**53 as a float in {shown}, which would round it."
        )
    return Values(data, this.valid)


def part_of_date(name: str, this: Values, kind: str) -> Values:
    """Return the year, month or day of dates or datetimes."""
    days = this.data if kind == "date" else this.data // _DAY
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    if name == "Day":
        return Values((dates - months.astype("datetime64[D]")).astype(np.int64) + 1, this.valid)
    count = months.astype(np.int64)
    found = count // 12 + 1970 if name == "Year" else count % 12 + 1
    return Values(found, this.valid)
