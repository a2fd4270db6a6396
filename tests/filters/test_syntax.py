"""What a filter may hold passes, and nothing else does, whatever is tried."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vecstore.filters.syntax import FUNCTIONS, parse
from vecstore.filters.translate import translate

KINDS = {
    "key": "string",
    "year": "int64",
    "price": "float64",
    "label": "string",
    "ok": "bool",
    "day": "date",
    "date": "date",
    "format": "int64",
    "a.b": "int64",
    'say "hi"': "int64",
}


def compiled(text: str) -> object:
    return translate(parse(text, KINDS), KINDS)


REFUSED = {
    "year in (select year from read_csv('secret.csv'))": "'select'",
    "exists(select 1)": "EXISTS()",
    "(select 1) = 1": "'select'",
    "year = (table x)": "'table'",
    "year = 1; drop table x": "';'",
    ";": "';'",
    "year = 1 union select 1": "'union'",
    "with x as (select 1) select 1": "'with'",
    "year = 1 -- and ok": "a comment",
    "year = 1--1": "a comment",
    "/* a */ year = 1": "a comment",
    "year = 1 /*+ hint */": "a comment",
    "read_csv('secret.csv')": "READ_CSV()",
    "read_parquet('x') = 1": "READ_PARQUET()",
    "scan_csv('x') = 1": "SCAN_CSV()",
    "cast(year as string) = 'x'": "CAST()",
    "try_cast(year as int) = 1": "TRY_CAST()",
    "year::varchar = 'x'": "'::'",
    "date(year) = '2020-01-01'": "DATE()",
    "sum(year) over () > 1": "SUM()",
    "lower(label) over (partition by label) = 'x'": "OVER()",
    "count(*) > 1": "COUNT()",
    "lower(label) filter (where ok) = 'x'": "FILTER()",
    "x -> x": 'the column "x"',
    "year -> 1": "'->'",
    "case when ok then 1 else 2 end = 1": "'case'",
    "year = any(array[1])": "ANY()",
    "array[1] = year": "'array'",
    "year[1] = 1": "'['",
    "{'a': 1} = year": "'{'",
    "{{ year }} = 1": "'{'",
    "{% if ok %}": "'{%'",
    "interval '1' day > day": "'interval'",
    "current_date > day": "'current_date'",
    "now() > day": "NOW()",
    "random() < price": "RANDOM()",
    "pg_sleep(9) = 1": "PG_SLEEP()",
    "getenv('HOME') = label": "GETENV()",
    "label || 'x' = 'ax'": "'||'",
    "label ~ '(a+)+$'": "'~'",
    "label rlike 'a'": "'rlike'",
    "label similar to 'a'": "'SIMILAR TO'",
    "label collate nocase = 'x'": "'collate'",
    "day at time zone 'utc' = day": 'the column "at"',
    "year = ?": "'?'",
    "year = :x": "':'",
    "year = @x": "'@'",
    "year = $1": "'$1'",
    "other.year = 1": 'the column "other"',
    "year.x = 1": "'.'",
    "year is distinct from 1": "'distinct'",
    "year = 1 limit 1": "'limit'",
    "year = 1 order by year": "'ORDER BY'",
    "year = all(1)": "ALL()",
    "year := 1": "':='",
    "year\uff1d1": "year\uff1d1",
    "ye\u0430r = 1": "the column",  # a Cyrillic letter
    "year\u200b = 1": "'year\\u200b'",
    "year = \u0661": "\u0661",  # an Arabic digit
    "year = 1\0": "'\\x00'",
    "\ufeffyear = 1": "'\\ufeffyear'",
    "year = 0x10": "x10",
    "year = 1_000": "_000",
    "label = N'x'": "'x'",
    "label = E'\\n'": "E",
    "*": "STAR",
    "year in (year)": "IN with anything but a list of literals",
    "year in year": "IN with FIELD",
    "year in ()": "IN with anything",
    "label like label": "LIKE with anything",
    "label like 'a' escape 'ab'": "ESCAPE with anything",
    "year is 1": "IS with anything",
    "(year, 1) = (1, 2)": "TUPLE",
    "'a' 'b' = label": "CONCAT",
    "length(distinct label) = 1": "'distinct'",
    "floor(price, 1) = 1": "FLOOR with",
    "trim(label, 'x') = 'x'": "TRIM with",
    "year < 1e999": "the number 1e999",
    "year < 9223372036854775808": "an integer beyond 64 bits",
}


@pytest.mark.parametrize("text", REFUSED, ids=ascii)
def test_what_no_filter_may_hold_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="`where`") as caught:
        compiled(text)
    assert REFUSED[text] in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["", " ", "(", ")", "year =", "= 1", "year = 'x", "and", "year 'x' = 'y'", "(year = 1", "not"],
)
def test_what_is_no_condition_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="`where`"):
        compiled(text)


@pytest.mark.parametrize(
    "text",
    [
        "not " * 5000 + "ok",
        "(" * 5000 + "ok" + ")" * 5000,
        "- " * 5000 + "year = 1",
        "year " + "+ 1" * 5000 + " = 1",
        "year" + " = year" * 5000,
        "ok" + " is true" * 5000,
        "lower(" * 5000 + "label" + ")" * 5000 + " = 'x'",
        "year in (" * 5000 + "1" + ")" * 5000,
        "not ok = " * 5000 + "ok",
        "year between " * 5000 + "1",
        "year not between not " * 3000 + "1",
        "label like " * 5000 + "'x'",
        "case when " * 5000 + "ok",
        "year = 1" + " " * 100_000,
        "ok and (" * 5000 + "ok" + ")" * 5000,
        "coalesce(year, " * 5000 + "1" + ")" * 5000 + "= 1",
    ],
    ids=lambda text: text[:20],
)
def test_depth_and_length_are_bounded(text: str) -> None:
    began = time.process_time()
    with pytest.raises(ValueError, match="`where`"):
        compiled(text)
    assert time.process_time() - began < 5


def test_long_chains_and_lists_are_fine() -> None:
    compiled("year = 1" + " or year = 2" * 5000)
    compiled("ok" + " and not year = 1 and (price > 2)" * 2000)
    compiled(f"year in ({', '.join(map(str, range(10_000)))})")


@pytest.mark.parametrize(
    "text",
    ["format = 1", '"format" = 1', '"a.b" = 1', '"say ""hi""" = 1', "date > '2020-01-01'"],
)
def test_words_of_sql_may_name_columns(text: str) -> None:
    compiled(text)


def test_names_stand_in_quotes_of_two_kinds() -> None:
    for text in ('"my col" = 1', "`my col` = 1"):
        assert parse(text, {"my col"}).this.name == "my col"
    assert parse("`a``b` = 1", {"a`b"}).this.name == "a`b"
    for text in ("`my col = 1", "`other` = 1", "`` = 1"):
        with pytest.raises(ValueError, match=r"^`where`"):
            parse(text, {"my col"})


def test_a_column_named_like_a_word_of_sql_opens_no_door() -> None:
    kinds = {"select": "int64", "from": "int64", "cast": "int64", "year": "int64"}
    translate(parse("select = 1 and cast > year", kinds), kinds)
    for text in ("year in (select year from year)", "(select 1) = 1", "cast(year as int) = 1"):
        with pytest.raises(ValueError, match="`where`"):
            translate(parse(text, kinds), kinds)


def test_an_unknown_column_is_named_with_those_that_there_are() -> None:
    with pytest.raises(ValueError) as caught:
        parse("yeer = 1", {"year": "int64", "key": "string"})
    assert str(caught.value) == '`where` names the column "yeer"; there are "key", "year".'


def test_a_refusal_says_what_there_is() -> None:
    with pytest.raises(ValueError, match=", ".join(FUNCTIONS)):
        compiled("sqrt(year) = 2")


WORDS = r"""
    year price label ok day key and or not in between like escape is null true false ( ) , = <> <
    <= > >= + - * / % 1 2.5 'a' '%' '2020-01-01' date timestamp lower upper length abs coalesce
    nullif select from union ; -- /* */ :: || case when then end over distinct ' " ` interval exists
    any all cast as [ ] { } . ? : @ $ \
"""


@given(st.lists(st.sampled_from(WORDS.split()), max_size=25).map(" ".join) | st.text(max_size=40))
@example("'")
@example("\\")
@example("$$")
@example("$a$ b $a$")
@example("in")
@example("escape = 1")
def test_any_text_is_a_condition_or_a_value_error(text: str) -> None:
    try:
        names = compiled(text)[1]
    except ValueError as error:
        caught = str(error)
    else:
        caught = "`where`"
        assert set(names) <= set(KINDS)
    assert caught.startswith("`where`")
