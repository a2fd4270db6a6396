"""Single values of tables made of text: their kind, and their numbers as text."""

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from vecstore.ingest.text.parsing import is_number

__all__ = ["CONVERT", "is_vector", "join_kinds", "json_kind", "numbers_of", "text_kind"]

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,18})")
_CODE = re.compile(r"[+-]?0[0-9]")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(_DATE.pattern + r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?")
_TO_BLANKS = str.maketrans(",;\n\r\t", "     ")
_BRACKETS = {"[": "]", "(": ")"}


def text_kind(text: str) -> str | None:
    """Return the kind of a field: that of a column, or "vector"; None if it is empty."""
    text = text.strip()
    if not text:
        return None
    if _INTEGER.fullmatch(text):
        return "int64" if -(2**63) <= int(text) < 2**63 else "string"
    # A number with leading zeros is a code.
    if is_number(text.encode("utf-8", "surrogateescape")):
        return "string" if _CODE.match(text) else "float64"
    if is_vector(text):
        return "vector"
    if text.lower() in ("true", "false"):
        return "bool"
    for pattern, kind, read in (
        (_DATE, "date", date.fromisoformat),
        (_DATETIME, "datetime", datetime.fromisoformat),
    ):
        if pattern.fullmatch(text):
            return kind if _reads(read, text) else "string"
    return "string"


def _reads(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


def json_kind(value: Any) -> str | None:
    """Return the kind of a JSON value; "other" if no column can hold it, None if it is null."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int64" if -(2**63) <= value < 2**63 else "other"
    if isinstance(value, float):
        return "float64"
    if isinstance(value, list):
        return "vector" if value and type(value[0]) in (int, float) else "other"
    if isinstance(value, str):
        return "vector" if is_vector(value.strip()) else "string"
    return "other"


def is_vector(text: str) -> bool:
    """Return whether a text is numbers in brackets."""
    if len(text) < 3 or _BRACKETS.get(text[0]) != text[-1]:
        return False
    first = text[1:200].translate(_TO_BLANKS).split()
    return bool(first) and is_number(first[0].rstrip("])").encode("utf-8", "surrogateescape"))


def join_kinds(kinds: Iterable[str | None], mixed: str) -> str | None:
    """Return the kind of a column of such values; `mixed` if they do not go together."""
    found = {kind for kind in kinds if kind is not None}
    if len(found) < 2:
        return next(iter(found), None)
    return "float64" if found == {"int64", "float64"} else mixed


def numbers_of(value: Any) -> str:
    """Return a vector as text, without brackets and with blanks between its numbers."""
    if isinstance(value, list):
        return " ".join(map(repr, value))
    if not isinstance(value, str):
        return "" if value is None else repr(value)
    text = value.strip()
    if len(text) > 1 and _BRACKETS.get(text[0]) == text[-1]:
        return text[1:-1].translate(_TO_BLANKS)
    return text.translate(_TO_BLANKS)


#: Converts a field to a value, for each kind of column.
CONVERT: dict[str, Callable[[Any], Any]] = {
    "int64": int,
    "float64": float,
    "bool": lambda value: value if isinstance(value, bool) else value.strip().lower() == "true",
    "date": lambda text: date.fromisoformat(text.strip()),
    "datetime": lambda text: datetime.fromisoformat(text.strip()),
    "string": str,
}
