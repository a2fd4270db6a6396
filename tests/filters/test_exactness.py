"""Numbers in conditions are exact or an error, and patterns take bounded time."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import vecstore
from vecstore.filters.patterns import Pattern


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[vecstore.Store]:
    path = tmp_path_factory.mktemp("stores") / "s.vecs"
    attributes = {
        "i": [-(2**63), 2**53 + 1, 2**53],
        "p": np.array([0.1, 9.99, np.nan], "f4"),
        "*": [1, 2, None],
        "^a$": ["x", "y", None],
    }
    with vecstore.create(path, dim=2, metric="euclidean") as opened:
        opened.add(list("abc"), [[0, 0], [1, 1], [2, 2]], attributes)
        yield opened


@pytest.mark.parametrize(
    ("where", "keys"),
    [
        ("i = -9223372036854775808", "a"),
        ("i in (9007199254740993, 0.5)", "b"),
        ("i = 9007199254740992.0", "c"),
        ("i > 9007199254740992.0", "b"),
        ("9007199254740992.0 < i", "b"),
        ("p = 9.99", "b"),
        ("p in (9.99, 1)", "b"),
        ("p < 9.99", "a"),
        ("p is null", "c"),
        ("i % -1 = 0", "abc"),
        ('"*" = 1', "a"),
        ("\"^a$\" = 'y'", "b"),
        ('"^a$" like \'' + "%" * 20_000 + "'", "ab"),
    ],
)
def test_rows_are_those_that_the_condition_says(
    store: vecstore.Store, where: str, keys: str
) -> None:
    found = store.search([0, 0], k=3, where=where)
    assert found.keys[: found.counts].tolist() == list(keys)


@pytest.mark.parametrize("sum_", ["i - 1", "-i", "abs(i)", "i * 2", "i + i"])
def test_integers_that_do_not_fit_are_an_error(store: vecstore.Store, sum_: str) -> None:
    with pytest.raises(ValueError, match="an integer beyond 64 bits in"):
        store.search([0, 0], k=1, where=f"{sum_} > 0")


def test_deleted_rows_overflow_nothing(tmp_path: Path) -> None:
    with vecstore.create(tmp_path / "s.vecs", dim=2) as store:
        store.add(["a", "b"], [[0, 1], [1, 0]], {"i": [2**62, 1]})
        store.delete(["a"])
        assert store.search([1, 1], k=2, where="i * 2 = 2").keys[0] == "b"


@given(st.text("ab_%", max_size=8), st.lists(st.text("ab\n", max_size=8), max_size=5))
def test_patterns_say_what_sqlite_says(like: str, texts: list[str]) -> None:
    database = sqlite3.connect(":memory:")
    database.execute("pragma case_sensitive_like = on")
    matches = Pattern(like, "", any_case=False).matches
    for text in texts:
        (expected,) = database.execute("select ? like ?", (text, like)).fetchone()
        assert matches(text) == bool(expected)
    database.close()


@pytest.mark.timeout(60)  # a second, or for ever
def test_patterns_of_many_marks_take_no_long() -> None:
    assert not Pattern("%a" * 10_000 + "b", "", any_case=False).matches("a" * 100_000)
