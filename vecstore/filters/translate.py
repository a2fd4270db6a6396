"""From a tree of SQL to a function of columns.

Types are checked here, before any row is read, so a mismatch is an error in the caller's words even
if there are no rows.
"""

import operator
import re
from collections.abc import Callable, Mapping
from functools import reduce
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from vecstore.filters.arithmetic import MAGNITUDES, computed, negative, part_of_date
from vecstore.filters.patterns import Pattern
from vecstore.filters.syntax import refusal, unknown_column
from vecstore.filters.typed import (
    NUMBERS,
    Compute,
    Typed,
    comparison,
    constant,
    contained,
    instant,
    unified,
)
from vecstore.filters.values import Values, both, either, negated, texts, truth

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["translate"]

# Levels of a tree; a chain of AND or of OR is one.
_DEEPEST = 64
_NUMBER = re.compile(r"\d+(\.\d*)?([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?", re.ASCII)
_LONGEST_INTEGER = 20
_LEAST = str(-(2**63))  # without its sign it does not fit 64 bits

# All nodes that a filter may hold, with the parts that each may have.
_PARTS = {
    "Literal": "this is_string",
    "Boolean": "this",
    "Null": "",
    "Column": "this",
    "Cast": "this to",
    "Paren": "this",
    "In": "this expressions",
    "Between": "this low high",
    "Is": "this expression",
    "Like": "this expression negate",
    "ILike": "this expression negate",
    "Escape": "this expression",
    "Coalesce": "this expressions",
    "Nullif": "this expression",
    "Not": "this",
    "Neg": "this",
    **dict.fromkeys(["And", "Or", "EQ", "NEQ", "GT", "GTE", "LT", "LTE"], "this expression"),
    **dict.fromkeys(["Add", "Sub", "Mul", "Div", "Mod"], "this expression"),
    **dict.fromkeys(["Lower", "Upper", "Trim", "Length", "Abs", "Floor", "Ceil"], "this"),
    **dict.fromkeys(["Year", "Month", "Day"], "this"),
}

_LOGIC: dict[str, Callable[[Values, Values], Values]] = {"And": both, "Or": either}

_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "EQ": operator.eq,
    "NEQ": operator.ne,
    "GT": operator.gt,
    "GTE": operator.ge,
    "LT": operator.lt,
    "LTE": operator.le,
}

_ARITHMETIC = ("Add", "Sub", "Mul", "Div", "Mod")
_TEXTS: dict[str, Callable[[str], str]] = {
    "Lower": str.lower,
    "Upper": str.upper,
    "Trim": lambda text: text.strip(" "),
}
_DATES = ("Year", "Month", "Day")

# Most characters of an expression in an error.
_SHOWN = 60


def translate(tree: "exp.Expression", kinds: Mapping[str, str]) -> tuple[Compute, tuple[str, ...]]:
    """Return a function that computes a condition from columns, and the columns it needs."""
    translator = _Translator(kinds)
    return translator.condition(tree, 0).compute, tuple(translator.named)


class _Translator:
    """Translates nodes of sqlglot, each by the method or the table of the same name."""

    def __init__(self, kinds: Mapping[str, str]) -> None:
        self._kinds = kinds
        self.named: dict[str, None] = {}

    def condition(self, node: Any, depth: int) -> Typed:
        """Translate a node that must be true or false."""
        found = self.term(node, depth)
        if found.kind not in ("bool", "null"):
            raise ValueError(f"`where` must be true or false where it is {found.kind}.")
        return found._replace(kind="bool")

    def term(self, node: Any, depth: int) -> Typed:
        """Translate any node."""
        name = type(node).__name__
        if name not in _PARTS:
            raise refusal(name.upper())
        for part, value in node.args.items():
            if value and part not in _PARTS[name].split():
                raise refusal(f"{name.upper()} with {part.upper()}")
        if depth > _DEEPEST:
            raise ValueError(f"`where` must not be nested deeper than {_DEEPEST} levels.")
        depth += 1
        if name in _LOGIC:
            return self._chain(node, depth)
        if name in _COMPARISONS:
            left, right = self.term(node.this, depth), self.term(node.expression, depth)
            compare = comparison(left, right, _COMPARISONS[name])
            return Typed(lambda rows: compare(left.compute(rows), right.compute(rows)), "bool")
        if name in _ARITHMETIC:
            return self._computed(node, depth)
        if name in _TEXTS:
            return self._text(node, depth)
        if name in MAGNITUDES:
            this, shown, change = (
                self._argument(node.this, depth, *NUMBERS),
                _sql(node),
                MAGNITUDES[name],
            )
            return Typed(lambda rows: change(this.compute(rows), shown), this.kind)
        if name in _DATES:
            this = self._argument(node.this, depth, "date", "datetime")
            return Typed(lambda rows: part_of_date(name, this.compute(rows), this.kind), "int64")
        method: Callable[[Any, int], Typed] = getattr(self, f"_{name.lower()}")
        return method(node, depth)

    # Leaves.

    def _column(self, node: Any, _: int) -> Typed:
        name = str(node.name)
        if name not in self._kinds:
            # A lone IN or ESCAPE: words of SQL that the parser takes for columns.
            raise unknown_column(name, self._kinds)
        self.named[name] = None
        return Typed(lambda rows: rows(name), self._kinds[name], is_column=True)

    def _literal(self, node: Any, _: int) -> Typed:
        text = str(node.this)
        if node.is_string:
            return constant("string", text)
        if text.isascii() and text.isdigit() and len(text) <= _LONGEST_INTEGER:
            return constant("int64", int(text))
        if not _NUMBER.fullmatch(text) or not isfinite(float(text)):
            raise refusal(f"the number {text}")
        return constant("float64", float(text))

    def _boolean(self, node: Any, _: int) -> Typed:
        return constant("bool", bool(node.this))

    def _null(self, _: Any, __: int) -> Typed:
        return constant("null", None)

    def _cast(self, node: Any, depth: int) -> Typed:
        kind = {"DATE": "date", "TIMESTAMP": "datetime"}.get(node.to.this.name)
        text = self.term(node.this, depth)
        if kind is None or not text.is_constant or text.kind != "string":
            raise refusal("CAST")
        return instant(text.value, kind)

    # Logic.

    def _paren(self, node: Any, depth: int) -> Typed:
        return self.term(node.this, depth)

    def _not(self, node: Any, depth: int) -> Typed:
        this = self.condition(node.this, depth)
        return Typed(lambda rows: negated(this.compute(rows)), "bool")

    def _chain(self, node: Any, depth: int) -> Typed:
        """Translate a AND b AND c, which may be long, without recursion."""
        kind, join, links = type(node), _LOGIC[type(node).__name__], []
        while type(node) is kind:
            links.append(node.expression)
            node = node.this
        terms = [self.condition(link, depth) for link in (node, *reversed(links))]
        return Typed(lambda rows: reduce(join, (term.compute(rows) for term in terms)), "bool")

    # Comparisons.

    def _between(self, node: Any, depth: int) -> Typed:
        this, low, high = (self.term(node.args[name], depth) for name in ("this", "low", "high"))
        above = comparison(this, low, operator.ge)
        below = comparison(this, high, operator.le)

        def between(rows: Callable[[str], Values]) -> Values:
            found = this.compute(rows)
            return both(above(found, low.compute(rows)), below(found, high.compute(rows)))

        return Typed(between, "bool")

    def _in(self, node: Any, depth: int) -> Typed:
        listed = [self.term(one, depth) for one in node.expressions]
        if not listed or not all(one.is_constant for one in listed):
            raise refusal("IN with anything but a list of literals")
        return contained(self.term(node.this, depth), listed)

    def _is(self, node: Any, depth: int) -> Typed:
        wanted = self.term(node.expression, depth)
        if wanted.kind == "null":
            this = self.term(node.this, depth)
        elif wanted.is_constant and wanted.kind == "bool":
            this = self.condition(node.this, depth)
        else:
            raise refusal("IS with anything but NULL, TRUE or FALSE")

        def matched(rows: Callable[[str], Values]) -> Values:
            found = this.compute(rows)
            if wanted.kind == "null":
                answer = ~found.valid
            else:
                answer = found.valid & (found.data == wanted.value)
            return Values(answer, np.ones_like(answer))

        return Typed(matched, "bool")

    def _like(self, node: Any, depth: int, escape: str = "") -> Typed:
        this, like = self._argument(node.this, depth, "string"), self.term(node.expression, depth)
        if not like.is_constant or like.kind != "string":
            raise refusal("LIKE with anything but a literal pattern")
        any_case = type(node).__name__ == "ILike"
        pattern = Pattern(like.value, escape, any_case=any_case)

        def matched(rows: Callable[[str], Values]) -> Values:
            found = this.compute(rows)
            return truth(pattern.matched(found.data), found.valid)

        if node.args.get("negate"):
            return Typed(lambda rows: negated(matched(rows)), "bool")
        return Typed(matched, "bool")

    _ilike = _like

    def _escape(self, node: Any, depth: int) -> Typed:
        mark, like = self.term(node.expression, depth), type(node.this).__name__
        if like not in ("Like", "ILike") or mark.kind != "string" or len(mark.value) != 1:
            raise refusal("ESCAPE with anything but LIKE and one character")
        self.term(node.this, depth)  # for the checks that every node gets
        return self._like(node.this, depth, mark.value)

    # Values.

    def _argument(self, node: Any, depth: int, *kinds: str) -> Typed:
        """Translate a node that must be of one of some kinds."""
        found = self.term(node, depth)
        if found.kind == "null":
            return Typed(unified([found, constant(kinds[0], None)], "")[0][0], kinds[0])
        if found.kind not in kinds:
            raise ValueError(f"`where` must have {' or '.join(kinds)} where it has {found.kind}.")
        return found

    def _computed(self, node: Any, depth: int) -> Typed:
        left = self._argument(node.this, depth, *NUMBERS)
        right = self._argument(node.expression, depth, *NUMBERS)
        name, whole = type(node).__name__, left.kind == right.kind == "int64"
        kind, shown = "int64" if whole and name != "Div" else "float64", _sql(node)
        return Typed(
            lambda rows: computed(name, left.compute(rows), right.compute(rows), shown), kind
        )

    def _text(self, node: Any, depth: int) -> Typed:
        this, change = self._argument(node.this, depth, "string"), _TEXTS[type(node).__name__]

        def changed(rows: Callable[[str], Values]) -> Values:
            found = this.compute(rows)
            strings = texts(found)
            data = np.empty(len(strings), object)
            data[:] = list(map(change, strings))
            return Values(data, found.valid)

        return Typed(changed, "string")

    def _length(self, node: Any, depth: int) -> Typed:
        this = self._argument(node.this, depth, "string")

        def lengths(rows: Callable[[str], Values]) -> Values:
            found = this.compute(rows)
            strings = texts(found)
            return Values(np.fromiter(map(len, strings), np.int64, len(strings)), found.valid)

        return Typed(lengths, "int64")

    def _neg(self, node: Any, depth: int) -> Typed:
        digits = str(node.this.this) if type(node.this).__name__ == "Literal" else ""
        if not getattr(node.this, "is_string", False) and digits == _LEAST[1:]:
            return constant("int64", int(_LEAST))
        this, shown = self._argument(node.this, depth, *NUMBERS), _sql(node)
        if this.is_constant:
            return constant(this.kind, -this.value)
        return Typed(lambda rows: negative(this.compute(rows), shown), this.kind)

    def _coalesce(self, node: Any, depth: int) -> Typed:
        terms = [self.term(one, depth) for one in (node.this, *node.expressions)]
        computes, kind = unified(terms, _sql(node))

        def first(rows: Callable[[str], Values]) -> Values:
            found = computes[0](rows)
            for compute in computes[1:]:
                other = compute(rows)
                data = np.where(found.valid, found.data, other.data)
                found = Values(data, found.valid | other.valid)
            return found

        return Typed(first, kind)

    def _nullif(self, node: Any, depth: int) -> Typed:
        this, other = self.term(node.this, depth), self.term(node.expression, depth)
        compare = comparison(this, other, operator.eq)

        def kept(rows: Callable[[str], Values]) -> Values:
            found = this.compute(rows)
            same = compare(found, other.compute(rows))
            valid = found.valid & ~same.data
            return truth(found.data, valid) if this.kind == "bool" else Values(found.data, valid)

        return Typed(kept, this.kind)


def _sql(node: Any) -> str:
    shown = str(node.sql())
    return repr(shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "...")
