"""Conditions let through the rows that SQLite lets through, with NULL among the values."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vecstore

ROWS = [
    (1, None, "a", "B"),
    (None, 2, None, "a "),
    (-3, 0, "aB", None),
    (0, 0, "", "%"),
    (7, -2, "b_a", "b_a"),
    (None, None, None, None),
    (2, 2, " a", "A"),
    (-1, 5, "é", "ab"),
]

compared = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
whole = st.integers(-3, 7).map(lambda n: str(n) if n >= 0 else f"({n})")
quoted = st.sampled_from(["a", "B", "aB", "", " a", "é", "b_a"]).map(lambda text: f"'{text}'")


def grown(leaves: Any, *larger: Any) -> Any:
    return st.recursive(
        leaves, lambda inner: st.one_of(*(make(inner) for make in larger)), max_leaves=4
    )


numbers = grown(
    whole | st.sampled_from(["i", "j", "length(s)", "length(t)"]),
    lambda n: st.builds("({} {} {})".format, n, st.sampled_from("+-*"), n),
    # Remainders of negative numbers have the sign of the divisor here, as in Python.
    lambda n: st.builds("(abs({}) % {})".format, n, st.integers(0, 4)),
    lambda n: st.builds("{}({})".format, st.sampled_from(["abs", "-", "coalesce"]), n).map(
        lambda call: call.replace("coalesce(", "coalesce(i, ")
    ),
    lambda n: st.builds("nullif({}, {})".format, n, n),
)
texts = grown(
    quoted | st.sampled_from("st"),
    lambda s: st.builds("{}({})".format, st.sampled_from(["lower", "upper", "trim"]), s),
    lambda s: st.builds("coalesce({}, {})".format, s, s),
    lambda s: st.builds("nullif({}, {})".format, s, s),
)
negation = st.sampled_from(["", "NOT "])
conditions = grown(
    st.one_of(
        *(st.builds("{} {} {}".format, one, compared, one) for one in (numbers, texts)),
        *(
            st.builds("{} {}BETWEEN {} AND {}".format, one, negation, one, one)
            for one in (numbers, texts)
        ),
        *(
            st.builds(
                "{} {}IN ({})".format,
                one,
                negation,
                st.lists(listed | st.just("NULL"), min_size=1, max_size=4).map(", ".join),
            )
            for one, listed in ((numbers, whole), (texts, quoted))
        ),
        st.builds("{} IS {}NULL".format, numbers | texts, negation),
        st.builds(
            "{} {}LIKE {}".format,
            texts,
            negation,
            st.sampled_from(["'a%'", "'%a'", "'_'", "'%_%'", "'b\\_a'", "''"]),
        ),
    ),
    lambda c: st.builds("NOT ({})".format, c),
    lambda c: st.builds("({}) {} ({})".format, c, st.sampled_from(["AND", "OR"]), c),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[vecstore.Store]:
    columns = dict(zip("ijst", map(list, zip(*ROWS, strict=True)), strict=True))
    path: Path = tmp_path_factory.mktemp("stores") / "s.vecs"
    with vecstore.create(path, dim=1, metric="euclidean", keys="int") as opened:
        opened.add(range(len(ROWS)), [[0]] * len(ROWS), columns)
        yield opened


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.execute("PRAGMA case_sensitive_like = ON")
    for name, change in (("lower", str.lower), ("upper", str.upper)):  # SQLite's own know ASCII
        connection.create_function(name, 1, lambda text, change=change: text and change(text))
    connection.execute("CREATE TABLE rows (key INTEGER, i INTEGER, j INTEGER, s TEXT, t TEXT)")
    rows = [(key, *row) for key, row in enumerate(ROWS)]
    connection.executemany("INSERT INTO rows VALUES (?, ?, ?, ?, ?)", rows)
    yield connection
    connection.close()


@settings(deadline=None)
@given(conditions)
def test_conditions_are_true_where_sqlite_says_so(
    store: vecstore.Store, database: sqlite3.Connection, where: str
) -> None:
    expected = [key for (key,) in database.execute(f"SELECT key FROM rows WHERE {where}")]
    found = store.search([0], k=len(ROWS), where=where)
    assert sorted(key for key, _ in found) == expected
