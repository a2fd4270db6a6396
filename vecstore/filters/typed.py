"""Expressions whose type is known, and what may be done with two of them."""

import operator
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from vecstore.filters.syntax import refusal
from vecstore.frames import polars_type

if TYPE_CHECKING:
    import polars

__all__ = [
    "NUMBERS",
    "Typed",
    "as_pattern",
    "compared",
    "constant",
    "contained",
    "instant",
    "missing",
    "unified",
]

#: Kinds that can be computed with.
NUMBERS = ("int64", "float64")

_INSTANTS = ("date", "datetime")
_INTEGERS = range(-(2**63), 2**63)
_SHOWN = 40


class Typed(NamedTuple):
    """An expression, and the kind of its values.

    Attributes
    ----------
    expr : polars.Expr
        What polars evaluates.
    kind : str
        A kind of column, or ``"null"`` for the literal NULL.
    is_constant : bool
        Whether it is a literal.
    value : object
        Of a literal.
    """

    expr: "polars.Expr"
    kind: str
    is_constant: bool = False
    value: Any = None


def constant(kind: str, value: Any) -> Typed:
    """Return a literal.

    Parameters
    ----------
    kind : str
        Of the value.
    value : object
        None for NULL.

    Returns
    -------
    Typed
        A constant.

    Raises
    ------
    ValueError
        If it is an integer that does not fit 64 bits.
    """
    import polars

    if kind == "int64" and value not in _INTEGERS:
        raise refusal("an integer beyond 64 bits")
    if value is None:
        return Typed(missing("bool"), kind, True, None)
    return Typed(polars.lit(value, polars_type(kind)), kind, True, value)


def missing(kind: str) -> "polars.Expr":
    """Return null.

    Parameters
    ----------
    kind : str
        Of which type.

    Returns
    -------
    polars.Expr
        For every row.
    """
    import polars

    return polars.lit(None, polars_type(kind))


def instant(text: str, kind: str) -> Typed:
    """Return the date or the datetime that a string names.

    Parameters
    ----------
    text : str
        As in ISO 8601.
    kind : str
        ``"date"`` or ``"datetime"``.

    Returns
    -------
    Typed
        A constant.

    Raises
    ------
    ValueError
        If it names none, or one with a zone.
    """
    try:
        found = (date if kind == "date" else datetime).fromisoformat(text)
    except ValueError:
        found = None
    if found is None or getattr(found, "tzinfo", None) is not None:
        example = "2024-02-29" if kind == "date" else "2024-02-29 12:00:00"
        raise ValueError(
            f"`where` must write a {kind} like '{example}'; got {text[:_SHOWN]!r}."
        ) from None
    return constant(kind, found)


def unified(terms: Sequence[Typed]) -> tuple[list["polars.Expr"], str]:
    """Return expressions of one type, those of terms that can be compared.

    Parameters
    ----------
    terms : sequence of Typed
        Integers go with floats, dates with datetimes, strings with both if they name one, and
        NULL with everything.

    Returns
    -------
    exprs : list of polars.Expr
        One for each.
    kind : str
        Of all; ``"null"`` if they are all NULL.

    Raises
    ------
    ValueError
        If they do not go together.
    """
    kinds = {term.kind for term in terms} - {"null"}
    if kinds & set(_INSTANTS):
        # A literal that names an instant of the finer kind makes both of that kind.
        kind = "datetime" if "datetime" in kinds else "date"
        terms = [
            instant(term.value, kind) if term.is_constant and term.kind == "string" else term
            for term in terms
        ]
        kinds = {term.kind for term in terms} - {"null"}
    if len(kinds) <= 1:
        kind = kinds.pop() if kinds else "null"
    elif kinds == set(NUMBERS):
        kind = "float64"
    elif kinds == set(_INSTANTS):
        kind = "datetime"
    else:
        raise ValueError(f"`where` compares {' with '.join(sorted(kinds))}.")
    of_kind = "bool" if kind == "null" else kind
    exprs = [
        missing(of_kind)
        if term.kind == "null"
        else term.expr
        if term.kind == kind
        else term.expr.cast(polars_type(kind))
        for term in terms
    ]
    return exprs, kind


def compared(left: Typed, right: Typed, compare: Callable[[Any, Any], Any]) -> Typed:
    """Compare two terms.

    Parameters
    ----------
    left, right : Typed
        Of types that go together.
    compare : callable
        Of the module `operator`.

    Returns
    -------
    Typed
        True, false, or null where a value is missing.

    Raises
    ------
    ValueError
        If they do not go together.
    """
    (one, other), _ = unified([left, right])
    return Typed(compare(one, other), "bool")


def contained(term: Typed, listed: Sequence[Typed]) -> Typed:
    """Return whether a term is one of a list of literals.

    Parameters
    ----------
    term : Typed
        What is looked for.
    listed : sequence of Typed
        Constants. One that is NULL makes the answer null instead of false.

    Returns
    -------
    Typed
        True, false or null.

    Raises
    ------
    ValueError
        If they do not go together.
    """
    import polars

    known = [one for one in listed if one.kind != "null"]
    (expr, *_), kind = unified([term, *known])
    if not known or kind == "null":
        return Typed(missing("bool"), "bool")
    if kind in _INSTANTS:
        values = [instant(o.value, kind).value if o.kind == "string" else o.value for o in known]
    else:
        values = [one.value for one in known]
    found = expr.is_in(polars.Series(values, dtype=polars_type(kind)).implode())
    if len(known) < len(listed):
        found = operator.or_(found, missing("bool"))
    return Typed(found, "bool")


def as_pattern(like: str, escape: str, *, any_case: bool) -> str:
    """Return the regular expression of a pattern of LIKE.

    Parameters
    ----------
    like : str
        ``%`` stands for any text and ``_`` for any character.
    escape : str
        Before a character that stands for itself; empty for none.
    any_case : bool
        Whether case does not matter.

    Returns
    -------
    str
        In the syntax of Rust, which takes no more than linear time to search with it.

    Examples
    --------
    >>> as_pattern("50!%_%%", "!", any_case=False)
    '^(?s:50%..*)$'
    """
    pieces: list[str] = []
    characters = iter(like)
    for character in characters:
        if escape and character == escape:
            pieces.append(re.escape(next(characters, escape)))
        elif character == "%":
            if pieces[-1:] != [".*"]:
                pieces.append(".*")
        else:
            pieces.append("." if character == "_" else re.escape(character))
    return f"^(?{'si' if any_case else 's'}:{''.join(pieces)})$"
