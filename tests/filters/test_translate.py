"""What a condition says is what SQL says, row by row, missing values included."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vecstore.attributes.frames import from_series
from vecstore.filters.syntax import parse
from vecstore.filters.translate import translate
from vecstore.filters.values import lone, read
from vecstore.storage.columns import Column

KINDS = {
    "year": "int64",
    "price": "float64",
    "label": "string",
    "ok": "bool",
    "day": "date",
    "at": "datetime",
}
TABLE = pl.DataFrame(
    {
        "year": [1990, 2000, None],
        "price": [1.5, -2.0, None],
        "label": ["a%b", "A_c\n", None],
        "ok": [True, False, None],
        "day": [date(2020, 1, 1), date(2021, 2, 28), None],
        "at": [datetime(2020, 1, 1, 12), datetime(2021, 2, 28), None],
    }
)
YES, NO, UNKNOWN = True, False, None


def answers(text: str, table: pl.DataFrame = TABLE) -> list[bool | None]:
    columns = {name: from_series(name, table[name]) for name in table.columns}
    found = translate(parse(text, KINDS), KINDS)[0](
        lambda name: (
            read(columns[name], 0, len(table), KINDS[name])
            if isinstance(columns[name], Column)
            else lone(None, "float64")  # floats that are all missing have no type
        )
    )
    data, valid = np.broadcast_to(found.data, len(table)), np.broadcast_to(found.valid, len(table))
    assert not (data & ~valid).any()  # what is missing lets no row through
    pairs = zip(data.tolist(), valid.tolist(), strict=True)
    return [value if known else None for value, known in pairs]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("year > 1990", [NO, YES, UNKNOWN]),
        ("year <> 1990", [NO, YES, UNKNOWN]),
        ("year = 1990.0", [YES, NO, UNKNOWN]),
        ("1990 = year", [YES, NO, UNKNOWN]),
        ("ok", [YES, NO, UNKNOWN]),
        ("not ok", [NO, YES, UNKNOWN]),
        ("ok or true", [YES, YES, YES]),
        ("ok or false", [YES, NO, UNKNOWN]),
        ("ok and false", [NO, NO, NO]),
        ("ok and null", [UNKNOWN, NO, UNKNOWN]),
        ("ok = false", [NO, YES, UNKNOWN]),
        ("ok is true", [YES, NO, NO]),
        ("ok is not true", [NO, YES, YES]),
        ("ok is false", [NO, YES, NO]),
        ("year is null", [NO, NO, YES]),
        ("year is not null", [YES, YES, NO]),
        ("year = null", [UNKNOWN, UNKNOWN, UNKNOWN]),
        ("null", [UNKNOWN, UNKNOWN, UNKNOWN]),
        ("1 = 1", [YES, YES, YES]),
        ("true and not false", [YES, YES, YES]),
        ("year in (1990, 1991)", [YES, NO, UNKNOWN]),
        ("year not in (1990, 1991)", [NO, YES, UNKNOWN]),
        ("year in (1990, null)", [YES, UNKNOWN, UNKNOWN]),
        ("year not in (1990, null)", [NO, UNKNOWN, UNKNOWN]),
        ("year in (null)", [UNKNOWN, UNKNOWN, UNKNOWN]),
        ("year in (1990.0, 2.5)", [YES, NO, UNKNOWN]),
        ("price in (1, -2)", [NO, YES, UNKNOWN]),
        ("day in ('2020-01-01', date '1999-09-09')", [YES, NO, UNKNOWN]),
        ("ok in (true)", [YES, NO, UNKNOWN]),
        ("year between 1990 and 1995", [YES, NO, UNKNOWN]),
        ("year not between 1990 and 1995", [NO, YES, UNKNOWN]),
        ("label = 'a%b'", [YES, NO, UNKNOWN]),
        ("label < 'a'", [NO, YES, UNKNOWN]),
        ("label like 'a%'", [YES, NO, UNKNOWN]),
        ("label like '%b'", [YES, NO, UNKNOWN]),
        ("label like 'A___'", [NO, YES, UNKNOWN]),
        ("label like 'A__'", [NO, NO, UNKNOWN]),
        ("label like ''", [NO, NO, UNKNOWN]),
        ("label like '%%%'", [YES, YES, UNKNOWN]),
        ("label not like 'a%'", [NO, YES, UNKNOWN]),
        ("label ilike 'A%'", [YES, YES, UNKNOWN]),
        ("label like '_!%_' escape '!'", [YES, NO, UNKNOWN]),
        ("label not like '_!%_' escape '!'", [NO, YES, UNKNOWN]),
        ("label like '.*'", [NO, NO, UNKNOWN]),
        ("day > '2020-06-01'", [NO, YES, UNKNOWN]),
        ("day = date '2020-01-01'", [YES, NO, UNKNOWN]),
        ("'2020-01-01' = day", [YES, NO, UNKNOWN]),
        ("at > day", [YES, NO, UNKNOWN]),
        ("at = '2020-01-01 12:00:00'", [YES, NO, UNKNOWN]),
        ("at = timestamp '2020-01-01 12:00'", [YES, NO, UNKNOWN]),
        ("at = '2021-02-28'", [NO, YES, UNKNOWN]),
        ("day between '2020-01-01' and '2020-12-31'", [YES, NO, UNKNOWN]),
        ("year + 10 = 2000", [YES, NO, UNKNOWN]),
        ("year - 2000 < 0", [YES, NO, UNKNOWN]),
        ("-year = -1990", [YES, NO, UNKNOWN]),
        ("year * 2 = 3980", [YES, NO, UNKNOWN]),
        ("year / 4 = 497.5", [YES, NO, UNKNOWN]),
        ("year % 7 = 2", [YES, NO, UNKNOWN]),
        ("year + null = 1", [UNKNOWN, UNKNOWN, UNKNOWN]),
        ("1 + 2 * 3 = 7 and (1 + 2) * 3 = 9", [YES, YES, YES]),
        ("not year = 1990 and price < 0", [NO, YES, UNKNOWN]),
        ("abs(price) = 2", [NO, YES, UNKNOWN]),
        ("floor(price) = 1 or ceil(price) = -2", [YES, YES, UNKNOWN]),
        ("length(label) - 4 < 0", [YES, NO, UNKNOWN]),
        ("lower(label) = 'a%b'", [YES, NO, UNKNOWN]),
        ("upper(label) = 'A%B'", [YES, NO, UNKNOWN]),
        ("trim(label) = 'a%b'", [YES, NO, UNKNOWN]),
        ("coalesce(year, 0) = 0", [NO, NO, YES]),
        ("coalesce(year, price, 7.5) = 7.5", [NO, NO, YES]),
        ("nullif(year, 1990) is null", [YES, NO, YES]),
        ("year(day) = 2020 and month(at) = 1 and day(day) = 1", [YES, NO, UNKNOWN]),
        ("year in (9223372036854775807, -9223372036854775807)", [NO, NO, UNKNOWN]),
    ],
)
def test_conditions_say_what_sql_says(text: str, expected: list[bool | None]) -> None:
    assert answers(text) == expected


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("year = 'x'", "`where` compares int64 with string."),
        ("label > 1", "`where` compares int64 with string."),
        ("ok = 1", "`where` compares bool with int64."),
        ("year in (1, 'x')", "`where` compares int64 with string."),
        ("day = 1", "`where` compares date with int64."),
        ("day = label", "`where` compares date with string."),
        ("year", "`where` must be true or false where it is int64."),
        ("not year", "`where` must be true or false where it is int64."),
        ("ok and label", "`where` must be true or false where it is string."),
        ("label + 1 = 2", "`where` must have int64 or float64 where it has string."),
        ("ok + 1 = 2", "`where` must have int64 or float64 where it has bool."),
        ("year like '1%'", "`where` must have string where it has int64."),
        ("lower(year) = 'x'", "`where` must have string where it has int64."),
        ("year(label) = 1", "`where` must have date or datetime where it has string."),
        ("day = 'x'", "`where` must write a date like '2024-02-29'; got 'x'."),
        ("day = '2021-02-29'", "`where` must write a date like '2024-02-29'; got '2021-02-29'."),
        (
            "at = '2020-01-01T00:00:00Z'",
            "`where` must write a datetime like '2024-02-29 12:00:00', without a zone, "
            "at most microseconds; got '2020-01-01T00:00:00Z'.",
        ),
    ],
)
def test_what_cannot_be_compared_is_said(text: str, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        answers(text)
    assert str(caught.value) == sentence


# A condition as text, and the same in Python: None is neither true nor false.

Row = dict[str, Any]
Condition = tuple[str, Callable[[Row], bool | None]]
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
LITERALS: dict[str, st.SearchStrategy[Any]] = {
    "year": st.integers(-5, 5) | st.floats(-5, 5, allow_nan=False),
    "price": st.integers(-5, 5) | st.floats(-5, 5, allow_nan=False),
    "label": st.text("ab%_'\"\\.", max_size=3),
    "day": st.dates(date(2020, 1, 1), date(2020, 1, 5)),
}
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "year": st.none() | st.integers(-5, 5),
            "price": st.none() | st.floats(-5, 5),
            "label": st.none() | st.text("ab%_'\"\\.", max_size=3),
            "ok": st.none() | st.booleans(),
            "day": st.none() | st.dates(date(2020, 1, 1), date(2020, 1, 5)),
        }
    ),
    max_size=6,
)


def written(value: Any) -> str:
    if isinstance(value, str | date):
        return "'" + str(value).replace("'", "''") + "'"
    return "null" if value is None else repr(value)


@st.composite
def simple(draw: st.DrawFn) -> Condition:
    name = draw(st.sampled_from(sorted(LITERALS)))
    kind = draw(st.sampled_from(["compare", "in", "between", "null", "ok", "like"]))
    if kind == "compare":
        sign, value = draw(st.sampled_from(sorted(OPERATORS))), draw(LITERALS[name])
        compare = OPERATORS[sign]
        return (
            f"{name} {sign} {written(value)}",
            lambda row: None if row[name] is None else compare(row[name], value),
        )
    if kind == "in":
        values = draw(st.lists(st.none() | LITERALS[name], min_size=1, max_size=4))
        listed = ", ".join(map(written, values))
        return (
            f"{name} in ({listed})",
            lambda row: (
                None
                if row[name] is None
                else True
                if row[name] in [value for value in values if value is not None]
                else None
                if None in values
                else False
            ),
        )
    if kind == "between":
        low, high = draw(LITERALS[name]), draw(LITERALS[name])
        return (
            f"{name} between {written(low)} and {written(high)}",
            lambda row: None if row[name] is None else low <= row[name] <= high,
        )
    if kind == "null":
        return f"{name} is null", lambda row: row[name] is None
    if kind == "ok":
        return "ok", lambda row: row["ok"]
    pattern = draw(LITERALS["label"])
    regex = "".join({"%": ".*", "_": "."}.get(c, re.escape(c)) for c in pattern)
    return (
        f"label like {written(pattern)}",
        lambda row: (
            None
            if row["label"] is None
            else re.fullmatch(regex, row["label"], re.DOTALL) is not None
        ),
    )


def negated(one: Condition) -> Condition:
    text, truth = one

    def truth_of_not(row: Row) -> bool | None:
        value = truth(row)
        return None if value is None else not value

    return f"not ({text})", truth_of_not


def joined(word: str, decisive: bool, parts: list[Condition]) -> Condition:
    def truth(row: Row) -> bool | None:
        values = [one(row) for _, one in parts]
        return decisive if decisive in values else None if None in values else not decisive

    return f" {word} ".join(f"({text})" for text, _ in parts), truth


conditions = st.recursive(
    simple(),
    lambda inner: (
        inner.map(negated)
        | st.lists(inner, min_size=2, max_size=4).map(lambda parts: joined("and", False, parts))
        | st.lists(inner, min_size=2, max_size=4).map(lambda parts: joined("or", True, parts))
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(ROWS, conditions)
def test_any_condition_says_what_python_says(rows: list[Row], condition: Condition) -> None:
    text, truth = condition
    schema = {"year": pl.Int64, "price": pl.Float64, "label": pl.String, "ok": pl.Boolean}
    table = pl.DataFrame(rows, schema={**schema, "day": pl.Date})
    assert answers(text, table) == [truth(row) for row in rows]
