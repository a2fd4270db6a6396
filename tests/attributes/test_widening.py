"""A column of integers becomes one of floats when a float comes, and no value changes by it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import vecstore
from vecstore.ingest import export
from vecstore.storage.columns import Column, as_kind, first_rounded, join_columns, wider

BIG = 2**53 + 1  # between two floats


@pytest.fixture
def store(tmp_path: Path) -> Iterator[vecstore.Store]:
    with vecstore.create(tmp_path / "prices.vecs", dim=2) as opened:
        yield opened


def prices(store: vecstore.Store) -> dict[str, Any]:
    frame = store.frame()
    assert frame["price"].dtype == pl.Float64
    assert store.frame(["a"])["price"].dtype == pl.Float64
    return dict(frame.select("key", "price").iter_rows())


def sealed(store: vecstore.Store, keys: list[str], values: Any) -> None:
    store.add_batches([(keys, [[0, 1]] * len(keys), {"price": values})])


def appended(store: vecstore.Store, keys: list[str], values: Any) -> None:
    store.add(keys, [[0, 1]] * len(keys), {"price": values})


@pytest.mark.parametrize("first", [sealed, appended])
@pytest.mark.parametrize("second", [sealed, appended])
@pytest.mark.parametrize("floats", [[9.99], np.array([9.99]), pl.Series([9.99])])
def test_integers_widen_wherever_they_are(
    store: vecstore.Store, first: Any, second: Any, floats: Any
) -> None:
    first(store, ["a", "b"], [10, None])
    before = vecstore.open(store.path)
    asked = "price / 4 > 2.4"
    assert store.frame(where=asked)["key"].to_list() == ["a"]
    second(store, ["c"], floats)
    second(store, ["d"], [7])
    expected = {"a": 10.0, "b": None, "c": 9.99, "d": 7.0}
    for _ in range(2):
        assert prices(store) == expected
        assert store.frame(where=asked)["key"].to_list() == ["a", "c"]
        assert store.frame(where=pl.col("price") > 9.5)["key"].to_list() == ["a", "c"]
        assert list(store.check()) == []
        with vecstore.open(store.path) as opened:
            assert prices(opened) == expected
        store.compact()
    assert before.frame()["price"].to_list() == [10, None]
    assert before.frame()["price"].dtype == pl.Int64
    before.refresh()
    assert prices(before) == expected


def test_other_attributes_can_be_set_in_a_widened_column(store: vecstore.Store) -> None:
    sealed(store, ["a", "b"], [1, 2])
    with store.batch() as batch:
        batch.set_attributes(["b"], {"price": [0.5]})
        batch.set_attributes(["a"], {"name": ["x"]})
    assert prices(store) == {"a": 1.0, "b": 0.5}
    store.close()
    with vecstore.open(store.path) as opened:
        assert prices(opened) == {"a": 1.0, "b": 0.5}
        assert list(opened.check()) == []


@pytest.mark.parametrize("first", [sealed, appended])
@pytest.mark.parametrize("second", [sealed, appended])
def test_no_integer_is_rounded_by_it(store: vecstore.Store, first: Any, second: Any) -> None:
    first(store, ["a"], [BIG])
    with pytest.raises(ValueError, match=f'int64 in column "price", because it has {BIG}'):
        second(store, ["b"], [0.5])
    assert store.frame().rows() == [("a", BIG)]
    # The row that holds it may take another value.
    store.set_attributes(["a"], {"price": [0.5]})
    assert prices(store) == {"a": 0.5}
    with pytest.raises(ValueError, match=f"got {BIG}"):
        second(store, ["b"], [BIG])


def test_no_integer_of_the_same_commit_is_rounded(store: vecstore.Store) -> None:
    rows = [[0, 1]]
    with pytest.raises(ValueError, match=f"because it has {BIG}"):
        store.add_batches([(["a"], rows, {"price": [BIG]}), (["b"], rows, {"price": [0.5]})])
    with store.batch() as batch:
        batch.add(["a"], rows, {"price": [BIG]})
        with pytest.raises(ValueError, match=f"because it has {BIG}"):
            batch.add(["b"], rows, {"price": [0.5]})
    assert store.frame().rows() == [("a", BIG)]


def test_exported_columns_are_those_of_the_schema(store: vecstore.Store, tmp_path: Path) -> None:
    sealed(store, ["a"], [10])
    sealed(store, ["b"], [9.99])
    export(store, tmp_path / "one.h5", format="hdf5")
    with vecstore.open(tmp_path / "one.h5") as opened:
        assert prices(opened) == {"a": 10.0, "b": 9.99}
    export(store, tmp_path / "table.parquet", format="parquet")
    assert pl.read_parquet(tmp_path / "table.parquet")["price"].to_list() == [10.0, 9.99]


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_the_first_rounded_integer_is_found(values: list[int]) -> None:
    rounded = [value for value in values if int(float(value)) != value]
    assert first_rounded(Column("int64", np.array(values, np.int64))) == next(iter(rounded), None)


def test_integers_and_floats_are_floats_together() -> None:
    whole, real = Column("int64", np.array([1])), Column("float64", np.array([0.5]))
    for parts, values in (([whole, real], [1.0, 0.5]), ([real, whole], [0.5, 1.0])):
        joined = join_columns([(1, {"x": part}) for part in parts])["x"]
        assert (joined.kind, joined.values.tolist()) == ("float64", values)
    assert as_kind(real, "float64") is real
    assert (wider("int64", "float64"), wider("int64", "date")) == ("float64", None)
