"""From text to a tree of SQL that holds only what a filter may hold.

There are two walls, before and behind the parser. Before it, every token must be one that a filter
needs, and nesting is bounded: the parser meets no statement, no subquery and no deep recursion.
Behind it, `translate` knows a few nodes and refuses every other one by name.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from vecstore.forks import IMPORTING

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.tokens import Tokenizer

__all__ = ["FUNCTIONS", "parse", "refusal", "unknown_column"]

#: Functions that a filter may call.
FUNCTIONS = (
    "abs",
    "ceil",
    "coalesce",
    "day",
    "floor",
    "length",
    "lower",
    "month",
    "nullif",
    "trim",
    "upper",
    "year",
)

_LONGEST = 100_000
# A level of parentheses takes the parser about 25 of Python's 1000 frames.
_DEEPEST = 20

_TOKENS = """
    AND BETWEEN COMMA DASH EQ ESCAPE FALSE GT GTE ILIKE IN IS LIKE LT LTE L_PAREN MOD NEQ NOT NULL
    NUMBER OR PLUS R_PAREN SLASH STAR STRING TRUE
"""
_ALLOWED = frozenset(_TOKENS.split())
_WORD = re.compile(r"[^\W\d]\w*")
_SHOWN = 60


def parse(text: str, columns: Collection[str]) -> "exp.Expression":
    """Return the tree of a condition; its columns are known, its nodes still to be checked."""
    with IMPORTING:
        from sqlglot import exp
        from sqlglot.errors import SqlglotError
        from sqlglot.parser import Parser

    if len(text) > _LONGEST:
        raise ValueError(
            f"`where` must have at most {_LONGEST} characters; got {len(text)}. "
            "Use a polars expression such as polars.col(name).is_in(values)."
        )
    try:
        tokens = list(_checked(_tokenizer()().tokenize(text), columns))
        _check_depth(tokens)
        (tree,) = Parser().parse_into(exp.Condition, tokens, text)
    except SqlglotError as error:
        raise ValueError(f"`where` is not a condition in SQL{_place(error)}.") from None
    except RecursionError:
        raise _too_deep() from None
    if not isinstance(tree, exp.Expression):
        raise ValueError("`where` must hold a condition; got nothing.")
    return tree


def refusal(what: str) -> ValueError:
    """Return the error for a construct that a condition must not hold."""
    return ValueError(
        f"`where` must not hold {what[:_SHOWN]}; it may hold columns, literals, comparisons, "
        "arithmetic, AND, OR, NOT, IN with a list, BETWEEN, LIKE, IS NULL and the functions "
        f"{', '.join(FUNCTIONS)}."
    )


def unknown_column(name: str, columns: Collection[str]) -> ValueError:
    """Return the error that names a missing column, and those that exist."""
    return ValueError(
        f"`where` names the column {_quoted(name)}; there are "
        f"{', '.join(sorted(map(_quoted, columns)))}."
    )


@cache
def _tokenizer() -> "type[Tokenizer]":
    from sqlglot.tokens import Tokenizer

    # Quotes around column names: of standard SQL, and of MySQL, SQLite and pandas.
    return type("_Tokenizer", (Tokenizer,), {"IDENTIFIERS": ['"', "`"]})


def _checked(tokens: Sequence[Any], columns: Collection[str]) -> Iterator[Any]:
    """Yield the tokens once each is known to be allowed, columns as quoted identifiers."""
    from sqlglot import TokenType

    if not tokens:
        raise ValueError("`where` must hold a condition; got nothing.")
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        kind = token.token_type
        after = following.token_type if following else None
        if token.comments:
            raise refusal("a comment")
        if kind.name in _ALLOWED:
            yield token
        elif kind == TokenType.IDENTIFIER:
            if token.text not in columns:
                raise unknown_column(token.text, columns)
            yield token
        elif kind in (TokenType.DATE, TokenType.TIMESTAMP) and after == TokenType.STRING:
            yield token
        elif token.text in columns and after != TokenType.L_PAREN:
            # Some words of SQL are good column names: such a word is a column if one is called so.
            place = {"line": token.line, "col": token.col, "start": token.start, "end": token.end}
            yield type(token)(TokenType.IDENTIFIER, text=token.text, **place)
        elif after == TokenType.L_PAREN and _WORD.fullmatch(token.text):
            if token.text.lower() not in FUNCTIONS:
                raise refusal(f"{token.text.upper()}()")
            yield token
        elif kind == TokenType.VAR and _WORD.fullmatch(token.text):
            raise unknown_column(token.text, columns)
        else:
            raise refusal(repr(token.text) if token.text else kind.name)


def _check_depth(tokens: Sequence[Any]) -> None:
    """Refuse nesting too deep for the parser: parentheses, and NOT and signs in a row."""
    from sqlglot import TokenType

    signs = (TokenType.DASH, TokenType.PLUS)
    depths, run = [0], 0
    for token in tokens:
        kind = token.token_type
        run = run + 1 if kind in signs else 0
        if kind == TokenType.L_PAREN:
            depths.append(depths[-1] + 1)
        elif kind == TokenType.R_PAREN and len(depths) > 1:
            depths.pop()
        elif kind == TokenType.NOT:
            depths[-1] += 1
        elif kind in (TokenType.AND, TokenType.OR, TokenType.COMMA):
            depths[-1] = depths[-2] + 1 if len(depths) > 1 else 0
        if depths[-1] + run > _DEEPEST:
            raise _too_deep()


def _too_deep() -> ValueError:
    return ValueError(f"`where` must not be nested deeper than {_DEEPEST} levels.")


def _place(error: Any) -> str:
    details = getattr(error, "errors", None)
    near = details[0].get("highlight") if details else None
    return f", near {near[:_SHOWN]!r}" if near else ""


def _quoted(name: str) -> str:
    return f'"{name[:_SHOWN]}"'
