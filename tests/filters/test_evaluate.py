"""A filtered search answers what a search of the qualifying rows alone would."""

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import vecstore
from tests.real_data import real
from vecstore.filters import filtered

N, DIM, K = 600, 8, 7
rng = np.random.default_rng(5)
VECTORS = rng.normal(size=(N, DIM)).astype(np.float32)
QUERIES = rng.normal(size=(4, DIM)).astype(np.float32)
TABLE = pl.DataFrame(
    {
        "key": [f"k{row}" for row in range(N)],
        "year": [1980 + row % 40 if row % 7 else None for row in range(N)],
        "label": [["cat", "dog", "bird"][row % 3] for row in range(N)],
    }
)


@pytest.fixture(scope="module", params=["cosine", "euclidean", "dot"])
def store(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Any:
    """Three segments, a journal, and deleted rows in all of them."""
    path = tmp_path_factory.mktemp("stores") / "pets.vecs"
    with vecstore.create(path, dim=DIM, metric=request.param) as opened:
        for start in range(0, N, 150):
            rows = slice(start, start + 150)
            attributes = TABLE[rows].drop("key")
            opened.add(TABLE["key"][rows].to_list(), VECTORS[rows], attributes)
            if start < 450:
                opened.flush()
        opened.delete([f"k{row}" for row in range(0, N, 11)])
        yield opened


def living() -> pl.DataFrame:
    return TABLE.filter(pl.int_range(pl.len()) % 11 != 0)


CONDITIONS: list[tuple[Any, pl.Expr]] = [
    ("year > 2000 and label = 'cat'", (pl.col("year") > 2000) & (pl.col("label") == "cat")),
    ("year is null", pl.col("year").is_null()),
    ("not year > 2000", pl.col("year") <= 2000),
    ("key like 'k1%'", pl.col("key").str.starts_with("k1")),
    ("key in ('k1', 'k2', 'k11')", pl.col("key").is_in(["k1", "k2", "k11"])),
    ("1 = 1", pl.lit(True)),
    ("1 = 2", pl.lit(False)),
    (pl.col("label") == "dog", pl.col("label") == "dog"),
    (pl.col("year") > pl.col("year").mean(), pl.col("year") > pl.col("year").mean()),
]


@pytest.mark.parametrize(("where", "expression"), CONDITIONS, ids=lambda one: str(one)[:30])
def test_a_filter_is_a_search_of_what_is_left(
    store: vecstore.Store, where: Any, expression: pl.Expr
) -> None:
    left = living().filter(expression)
    keys = left["key"].to_list()
    assert store.frame(where=where)["key"].to_list() == keys
    found = store.search(QUERIES, k=K, where=where)
    assert found.counts.tolist() == [min(K, len(keys))] * len(QUERIES)
    if keys:
        alone = vecstore.from_arrays(store[keys], keys=keys, metric=store.metric)
        expected = alone.search(QUERIES, k=K)
        assert found.keys.tolist() == expected.keys.tolist()
        np.testing.assert_array_equal(found.distances, expected.distances)


def test_a_mask_is_about_the_rows_that_are_left(store: vecstore.Store) -> None:
    mask = (living()["label"] == "bird").to_numpy()
    by_mask = store.search(QUERIES, k=K, where=mask)
    by_text = store.search(QUERIES, k=K, where="label = 'bird'")
    assert by_mask.keys.tolist() == by_text.keys.tolist()


def test_similar_and_analogy_take_conditions(store: vecstore.Store) -> None:
    for method in ("add", "mul") if store.metric == "cosine" else ("add",):
        found = store.analogy(["k1"], ["k2"], k=K, method=method, where="label = 'cat'")
        assert set(found.to_frame()["label"]) == {"cat"}
    assert set(store.similar("k1", k=K, where="label = 'dog'").to_frame()["label"]) == {"dog"}
    assert store.similar("k1", where="1 = 2").counts == 0


def test_the_same_condition_again_sees_what_was_written_meanwhile(tmp_path: Path) -> None:
    with vecstore.create(tmp_path / "s.vecs", dim=2) as store:
        store.add(["a", "b"], [[1, 0], [0, 1]], {"year": [1, 2]})
        for row in range(20):
            where = f"year > 0 or year = {row}"
            assert store.frame(where=where).height == 2
        store.add(["c"], [[1, 1]], {"year": [3]})
        assert store.frame(where=where)["key"].to_list() == ["a", "b", "c"]
        store.delete(["a"])
        assert store.frame(where=where)["key"].to_list() == ["b", "c"]
        store.flush()
        assert store.frame(where=where)["key"].to_list() == ["b", "c"]


def test_numbers_of_rows_are_keys_like_others() -> None:
    store = vecstore.from_arrays(VECTORS)
    found = store.search(QUERIES[0], k=3, where="key >= 590")
    assert set(found.keys.tolist()) <= set(range(590, 600))


def test_an_empty_store_checks_conditions_too(tmp_path: Path) -> None:
    with vecstore.create(tmp_path / "empty.vecs", dim=2) as store:
        assert store.search([1, 0], where="key = 'a'").counts == 0
        assert store.search([1, 0], where=pl.col("key") == "a").counts == 0
        with pytest.raises(ValueError, match='names the column "year"; there are "key"'):
            store.search([1, 0], where="year = 1")


@pytest.mark.parametrize(
    ("where", "error", "sentence"),
    [
        (
            "yeer > 1",
            ValueError,
            '`where` names the column "yeer"; there are "key", "label", "year".',
        ),
        (pl.col("yeer") > 1, ValueError, '`where` names the column "yeer"; there are "key"'),
        (pl.col("year"), ValueError, "one boolean for each of the 545 rows; got 545 of Int64."),
        (pl.col("year").max() > 1, ValueError, "for each of the 545 rows; got 1 of Boolean."),
        (pl.col("year", "label") == 1, ValueError, "must be one expression"),
        (pl.col("year") == "x", ValueError, "`where` cannot be evaluated: "),
        (7, TypeError, "`where` must be booleans; got dtype int64."),
        ([True], ValueError, "`where` must have shape (545,), one for each row; got (1,)."),
        (["year > 1"], TypeError, "`where` must be booleans"),
    ],
    ids=str,
)
def test_what_is_no_filter_is_said(
    store: vecstore.Store, where: Any, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error) as caught:
        store.search(QUERIES, where=where)
    assert sentence in str(caught.value)


def test_keys_and_a_condition_are_one_too_many(store: vecstore.Store) -> None:
    with pytest.raises(ValueError, match="`where` chooses among all keys; got `keys` too"):
        store.frame(["k1"], where="year > 1")


@pytest.fixture(scope="module")
def wines(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[vecstore.Store, pl.DataFrame]]:
    table = pl.read_csv(real("wine-reviews/wine130k_categorical.csv.gz"))
    table = table.drop("", "key", strict=False)
    made = np.random.default_rng(1).normal(size=(len(table), 16)).astype(np.float32)
    path = tmp_path_factory.mktemp("wines") / "wines.vecs"
    with vecstore.create(path, dim=16, keys="int") as store:
        half = len(table) // 2
        store.add(np.arange(half), made[:half], table[:half])
        store.add(np.arange(half, len(table)), made[half:], table[half:].to_arrow())
        yield store, table


def test_wines_come_back_as_they_were(wines: tuple[vecstore.Store, pl.DataFrame]) -> None:
    store, table = wines
    assert store.frame().drop("key").equals(table)


@pytest.mark.parametrize(
    "where",
    [
        "country = 'France' and price < 20 and points >= 90",
        "price is null",
        "country like '%land' or province like 'Cal%'",
        "points / price > 10",
    ],
)
def test_wines_are_filtered_as_polars_filters_them(
    wines: tuple[vecstore.Store, pl.DataFrame], where: str
) -> None:
    store, table = wines
    expected = table.with_row_index("key").sql(f"select key from self where {where}")["key"]
    assert store.frame(where=where)["key"].to_list() == expected.to_list()
    query = store[0]
    found = store.search(query, k=10, where=where)
    assert found.counts == min(10, len(expected))
    alone = vecstore.from_arrays(store[expected.to_numpy()], keys=expected.to_list())
    assert found.keys.tolist() == alone.search(query, k=10).keys.tolist()


def test_rows_of_a_table_are_filtered_as_those_of_a_store() -> None:
    frame = pl.DataFrame(
        {
            "size": pl.Series([1, 2, None], dtype=pl.Int8),
            "kind": pl.Series(["a", None, "b"], dtype=pl.Categorical),
            "day": [datetime.date(2024, 2, day) for day in (27, 28, 29)],
            "listed": [[1], [2], [3]],
        }
    )
    for where, rows in (
        ("size >= 2", [1]),
        ("kind <> 'a'", [2]),
        ("day > '2024-02-27' and size is not null", [1]),
        ("1 = 1", [0, 1, 2]),
    ):
        assert filtered(frame, where).equals(frame[rows])
    with pytest.raises(ValueError, match='`where` names the column "listed"'):
        filtered(frame, "listed = 1")


def test_floats_of_a_table_may_all_be_missing() -> None:
    table = pl.DataFrame({"p": pl.Series([None, float("nan")], dtype=pl.Float64)})
    assert filtered(table, "p is null").height == 2
    assert filtered(table, "p > 1 or not p > 1").height == 0
