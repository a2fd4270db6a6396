"""Expressions whose type is known, and what can be done with two of them."""

import operator
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np

from vecstore.filters.arithmetic import FilterOverflowError, as_float
from vecstore.filters.order import Compare, compare_values, float32_name, named
from vecstore.filters.syntax import refusal
from vecstore.filters.values import Values, lone, texts, truth
from vecstore.storage.keys import PackedStrings

__all__ = [
    "NUMBERS",
    "Compute",
    "Typed",
    "comparison",
    "constant",
    "contained",
    "instant",
    "unified",
]

#: Kinds for arithmetic.
NUMBERS = ("int64", "float64")

#: Computes the values of an expression, given a function from column names to values.
Compute = Callable[[Callable[[str], Values]], Values]

_INSTANTS = ("date", "datetime")
_LEAST, _MOST = -(2**63), 2**63 - 1  # not a range: looking for None in one takes forever
_DAY = 86_400_000_000  # microseconds
_SHOWN = 40
_FEW = 16
_TOO_FINE = re.compile(r"[.,]\d{7}")
_DTYPES = {
    "bool": "bool",
    "date": "int64",
    "datetime": "int64",
    "float64": "float64",
    "int64": "int64",
    "null": "bool",
    "string": "O",
}


class Typed(NamedTuple):
    """An expression, and the kind of its values; ``"null"`` for the literal NULL."""

    compute: Compute
    kind: str
    is_constant: bool = False
    value: Any = None
    is_column: bool = False


def constant(kind: str, value: Any) -> Typed:
    """Return a literal; the `value` of an instant is a count of days or microseconds."""
    if kind == "int64" and value is not None and not _LEAST <= value <= _MOST:
        raise refusal("an integer beyond 64 bits")
    # Computed lazily: literals of a long list are never asked for.
    return Typed(lambda _: lone(value, _DTYPES[kind]), kind, True, value)


def instant(text: str, kind: str) -> Typed:
    """Return the date or datetime that a string names."""
    try:
        found = (date if kind == "date" else datetime).fromisoformat(text)
    except ValueError:
        found = None
    if found is None or getattr(found, "tzinfo", None) is not None or _TOO_FINE.search(text):
        example = "2024-02-29" if kind == "date" else "2024-02-29 12:00:00"
        hint = "" if kind == "date" else ", without a zone, at most microseconds"
        raise ValueError(
            f"`where` must write a {kind} like '{example}'{hint}; got {text[:_SHOWN]!r}."
        ) from None
    return constant(
        kind, int(np.datetime64(found, "D" if kind == "date" else "us").astype(np.int64))
    )


def comparison(left: Typed, right: Typed, compare: Compare) -> Callable[[Values, Values], Values]:
    """Return a function that compares the values of two terms whose kinds go together."""
    left, right = _as_instants([left, right])
    kinds = (left.kind, right.kind)
    if "null" in kinds:
        return lambda one, other: truth(np.zeros(1, np.bool_), one.valid & other.valid)
    _check_together(kinds)
    literals = [
        term.value if term.is_constant and term.kind == "float64" and other.is_column else None
        for term, other in ((right, left), (left, right))
    ]
    # Literals are computed once. A string beside an instant is the instant that it names by now.
    fixed = [term.compute(_no_column) if term.is_constant else None for term in (left, right)]

    def compared(one: Values, other: Values) -> Values:
        one, other = fixed[0] or one, fixed[1] or other
        if literals[0] is not None and kinds[0] == "float64":
            one = named(one, literals[0])
        if literals[1] is not None and kinds[1] == "float64":
            other = named(other, literals[1])
        return compare_values(one, other, kinds, compare)

    return compared


def contained(term: Typed, listed: Sequence[Typed]) -> Typed:
    """Return whether a term is one of a list of literals; a NULL among them is unknown."""
    known = [one for one in listed if one.kind != "null"]
    (term, *known) = _as_instants([term, *known])
    for one in known:
        _check_together((term.kind, one.kind))
    kinds = {one.kind for one in known}
    if len(kinds - set(NUMBERS)) > 1 and kinds != set(_INSTANTS):
        raise ValueError(f"`where` compares {' with '.join(sorted(kinds))}.")
    if term.kind == "null" or not known:
        return constant("null", None)._replace(kind="bool")
    values = _values_of_kind(term, known)
    has_null = len(known) < len(listed)

    def found(columns: Callable[[str], Values]) -> Values:
        this = term.compute(columns)
        data = _is_in(this, values)
        return truth(data, this.valid & data if has_null else this.valid)

    return Typed(found, "bool")


def unified(terms: Sequence[Typed], shown: str) -> tuple[list[Compute], str]:
    """Return expressions of one kind: integers as floats, dates as datetimes, none rounded."""
    terms = _as_instants(terms)
    kinds = {term.kind for term in terms} - {"null"}
    if len(kinds) <= 1:
        kind = kinds.pop() if kinds else "null"
    elif kinds == set(NUMBERS):
        kind = "float64"
    elif kinds == set(_INSTANTS):
        kind = "datetime"
    else:
        raise ValueError(f"`where` compares {' with '.join(sorted(kinds))}.")
    return [_converted(term, kind, shown) for term in terms], kind


def _converted(term: Typed, kind: str, shown: str) -> Compute:
    if term.kind == "null":
        nothing = lone(None, _DTYPES[kind])
        return lambda _: nothing
    if kind == "string":

        def as_texts(columns: Callable[[str], Values]) -> Values:
            this = term.compute(columns)
            return Values(texts(this), this.valid)

        return as_texts
    if term.kind == kind:
        return term.compute
    if kind == "float64":
        return lambda columns: as_float(term.compute(columns), shown)

    def as_datetimes(columns: Callable[[str], Values]) -> Values:
        this = term.compute(columns)
        if ((abs(this.data) > 2**63 // _DAY) & this.valid).any():
            raise FilterOverflowError(
                f"`where` needs a date as a datetime beyond 64 bits in {shown}."
            )
        return Values(this.data * _DAY, this.valid)

    return as_datetimes


def _as_instants(terms: Sequence[Typed]) -> list[Typed]:
    """Replace literal strings beside instants by the instants that they name."""
    kinds = {term.kind for term in terms}
    if not kinds & set(_INSTANTS):
        return list(terms)
    kind = "datetime" if "datetime" in kinds else "date"
    return [
        instant(term.value, kind) if term.is_constant and term.kind == "string" else term
        for term in terms
    ]


def _check_together(kinds: tuple[str, str]) -> None:
    found = set(kinds) - {"null"}
    if len(found) > 1 and found != set(NUMBERS) and found != set(_INSTANTS):
        raise ValueError(f"`where` compares {' with '.join(sorted(found))}.")


def _values_of_kind(term: Typed, known: Sequence[Typed]) -> list[Any]:
    """Return the listed values that a term can have, in the kind of the term."""
    values = []
    for one in known:
        value = one.value
        if (term.kind, one.kind) == ("int64", "float64"):
            whole = value.is_integer() and _LEAST <= int(value) <= _MOST
            value = int(value) if whole else None
        elif (term.kind, one.kind) == ("float64", "int64"):
            value = float(value) if float(value) == value else None
        elif (term.kind, one.kind) == ("date", "datetime"):
            value = value // _DAY if value % _DAY == 0 else None
        elif (term.kind, one.kind) == ("datetime", "date"):
            value = value * _DAY
        elif one.kind == "float64" and term.is_column:
            values.append(float32_name(value))
        values.append(value)
    return [value for value in dict.fromkeys(values) if value is not None]


def _is_in(this: Values, values: list[Any]) -> Any:
    if isinstance(this.data, PackedStrings) and len(values) <= _FEW:
        found = np.zeros(len(this.data), np.bool_)
        for value in values:
            one = lone(value, "O")
            kinds = ("string", "string")
            found |= compare_values(Values(this.data, found | True), one, kinds, operator.eq).data
        return found
    data = texts(this)
    if data.dtype == object:
        return np.fromiter(map(set(values).__contains__, data), np.bool_, len(data))
    return np.isin(data, np.array(values, data.dtype))


def _no_column(name: str) -> Values:
    raise KeyError(name)
