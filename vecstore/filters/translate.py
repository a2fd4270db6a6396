"""From a tree of SQL to a polars expression.

Polars is given no text, and nothing that this module did not build. Types are checked here, so
that what does not fit is an error in the words of the caller, whatever polars would make of it.
"""

import operator
import re
from collections.abc import Callable, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any

from vecstore.filters.syntax import refusal, unknown_column
from vecstore.filters.typed import (
    NUMBERS,
    Typed,
    as_pattern,
    compared,
    constant,
    contained,
    instant,
    missing,
    unified,
)
from vecstore.frames import polars_type

if TYPE_CHECKING:
    import polars
    from sqlglot import exp

__all__ = ["translate"]

# Levels of a tree; a chain of AND or of OR is one.
_DEEPEST = 64
_NUMBER = re.compile(r"\d+(\.\d*)?([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?", re.ASCII)
_LONGEST_INTEGER = 20

# Every node that a filter may hold, and the parts that it may have.
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

_LOGIC: dict[str, Callable[[Any, Any], Any]] = {"And": operator.and_, "Or": operator.or_}

_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "EQ": operator.eq,
    "NEQ": operator.ne,
    "GT": operator.gt,
    "GTE": operator.ge,
    "LT": operator.lt,
    "LTE": operator.le,
}

_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "Add": operator.add,
    "Sub": operator.sub,
    "Mul": operator.mul,
    "Div": operator.truediv,
    "Mod": operator.mod,
}

# What an argument may be, what the value is (None: what the argument is), and how it is computed.
_Function = tuple[tuple[str, ...], str | None, Callable[["polars.Expr"], "polars.Expr"]]
_FUNCTIONS: dict[str, _Function] = {
    "Lower": (("string",), "string", lambda text: text.str.to_lowercase()),
    "Upper": (("string",), "string", lambda text: text.str.to_uppercase()),
    "Trim": (("string",), "string", lambda text: text.str.strip_chars(" ")),
    "Length": (("string",), "int64", lambda text: text.str.len_chars()),
    "Abs": (NUMBERS, None, lambda number: number.abs()),
    "Floor": (NUMBERS, None, lambda number: number.floor()),
    "Ceil": (NUMBERS, None, lambda number: number.ceil()),
    "Year": (("date", "datetime"), "int64", lambda time: time.dt.year()),
    "Month": (("date", "datetime"), "int64", lambda time: time.dt.month()),
    "Day": (("date", "datetime"), "int64", lambda time: time.dt.day()),
}


def translate(tree: "exp.Expression", kinds: Mapping[str, str]) -> "polars.Expr":
    """Translate a condition.

    Parameters
    ----------
    tree : sqlglot.exp.Expression
        From `syntax.parse`.
    kinds : mapping of str to str
        The columns that there are, and their kinds.

    Returns
    -------
    polars.Expr
        True, false, or null where what decides is missing; row by row.

    Raises
    ------
    ValueError
        If it holds what a filter must not hold, or compares what cannot be compared.
    """
    return _Translator(kinds).condition(tree, 0)


class _Translator:
    """Translates nodes of sqlglot, each by the method or the table that has its name."""

    def __init__(self, kinds: Mapping[str, str]) -> None:
        self._kinds = kinds

    def condition(self, node: Any, depth: int) -> "polars.Expr":
        """Translate a node that must be true or false."""
        found = self.term(node, depth)
        if found.kind == "null":
            return missing("bool")
        if found.kind != "bool":
            raise ValueError(f"`where` must be true or false where it is {found.kind}.")
        return found.expr

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
            return compared(left, right, _COMPARISONS[name])
        if name in _ARITHMETIC:
            return self._computed(node, depth)
        if name in _FUNCTIONS:
            allowed, kind, compute = _FUNCTIONS[name]
            argument = self._argument(node.this, depth, *allowed)
            kind = kind or argument.kind
            return Typed(compute(argument.expr).cast(polars_type(kind)), kind)
        method: Callable[[Any, int], Typed] = getattr(self, f"_{name.lower()}")
        return method(node, depth)

    # Leaves.

    def _column(self, node: Any, _: int) -> Typed:
        import polars

        name = str(node.name)
        if name not in self._kinds:
            # IN and ESCAPE alone: words of SQL that the parser takes for columns.
            raise unknown_column(name, self._kinds)
        return Typed(polars.col(name), self._kinds[name])

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
        return Typed(~self.condition(node.this, depth), "bool")

    def _chain(self, node: Any, depth: int) -> Typed:
        """Translate a AND b AND c, which may be long, to a tree that is not deep."""
        kind, join, links = type(node), _LOGIC[type(node).__name__], []
        while type(node) is kind:
            links.append(node.expression)
            node = node.this
        exprs = [self.condition(link, depth) for link in (node, *reversed(links))]
        while len(exprs) > 1:
            pairs = [join(*exprs[at : at + 2]) for at in range(0, len(exprs) - 1, 2)]
            exprs = pairs + exprs[len(pairs) * 2 :]
        return Typed(exprs[0], "bool")

    # Comparisons.

    def _between(self, node: Any, depth: int) -> Typed:
        this, low, high = (self.term(node.args[name], depth) for name in ("this", "low", "high"))
        above, below = compared(this, low, operator.ge), compared(this, high, operator.le)
        return Typed(above.expr & below.expr, "bool")

    def _in(self, node: Any, depth: int) -> Typed:
        listed = [self.term(one, depth) for one in node.expressions]
        if not listed or not all(one.is_constant for one in listed):
            raise refusal("IN with anything but a list of literals")
        return contained(self.term(node.this, depth), listed)

    def _is(self, node: Any, depth: int) -> Typed:
        wanted = self.term(node.expression, depth)
        if wanted.kind == "null":
            return Typed(self.term(node.this, depth).expr.is_null(), "bool")
        if not wanted.is_constant or wanted.kind != "bool":
            raise refusal("IS with anything but NULL, TRUE or FALSE")
        return Typed(self.condition(node.this, depth).eq_missing(wanted.expr), "bool")

    def _like(self, node: Any, depth: int, escape: str = "") -> Typed:
        this, like = self._argument(node.this, depth, "string"), self.term(node.expression, depth)
        if not like.is_constant or like.kind != "string":
            raise refusal("LIKE with anything but a literal pattern")
        any_case = type(node).__name__ == "ILike"
        matched = this.expr.str.contains(as_pattern(like.value, escape, any_case=any_case))
        return Typed(~matched if node.args.get("negate") else matched, "bool")

    _ilike = _like

    def _escape(self, node: Any, depth: int) -> Typed:
        mark, like = self.term(node.expression, depth), type(node.this).__name__
        if like not in ("Like", "ILike") or mark.kind != "string" or len(mark.value) != 1:
            raise refusal("ESCAPE with anything but LIKE and one character")
        self.term(node.this, depth)  # for what is checked of every node
        return self._like(node.this, depth, mark.value)

    # Values.

    def _argument(self, node: Any, depth: int, *kinds: str) -> Typed:
        """Translate a node that must be of one of some kinds."""
        found = self.term(node, depth)
        if found.kind == "null":
            return Typed(missing(kinds[0]), kinds[0])
        if found.kind not in kinds:
            raise ValueError(f"`where` must have {' or '.join(kinds)} where it has {found.kind}.")
        return found

    def _computed(self, node: Any, depth: int) -> Typed:
        left = self._argument(node.this, depth, *NUMBERS)
        right = self._argument(node.expression, depth, *NUMBERS)
        name, whole = type(node).__name__, left.kind == right.kind == "int64"
        kind = "int64" if whole and name != "Div" else "float64"
        return Typed(_ARITHMETIC[name](left.expr, right.expr), kind)

    def _neg(self, node: Any, depth: int) -> Typed:
        this = self._argument(node.this, depth, *NUMBERS)
        if this.is_constant:
            return constant(this.kind, -this.value)
        return Typed(-this.expr, this.kind)

    def _coalesce(self, node: Any, depth: int) -> Typed:
        import polars

        exprs, kind = unified([self.term(one, depth) for one in (node.this, *node.expressions)])
        return Typed(polars.coalesce(exprs), kind)

    def _nullif(self, node: Any, depth: int) -> Typed:
        import polars

        this, other = self.term(node.this, depth), self.term(node.expression, depth)
        same = compared(this, other, operator.eq).expr.fill_null(value=False)
        return Typed(polars.when(~same).then(this.expr), this.kind)
