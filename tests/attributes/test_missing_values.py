"""What is missing is one thing, wherever it comes from; keys of other libraries are keys."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vecstore
from vecstore.attributes.frames import to_series
from vecstore.attributes.given import normalise

NAN = float("nan")
VECTORS = [[0, 0], [1, 1], [2, 2]]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[vecstore.Store]:
    with vecstore.create(tmp_path / "s.vecs", dim=2, metric="euclidean") as opened:
        yield opened


def pandas_series(values: list[Any], dtype: str | None = None) -> Any:
    return pytest.importorskip("pandas").Series(values, dtype=dtype)


@pytest.mark.parametrize(
    "column",
    [
        lambda: [5, NAN, 20],
        lambda: [5, None, 20.0],
        lambda: [5, np.float32("nan"), 20],
        lambda: [5, np.ma.masked, 20],
        lambda: np.array([5, NAN, 20]),
        lambda: np.array([5, NAN, 20], "f2"),
        lambda: np.array([5, None, 20], object),
        lambda: np.array([5, NAN, 20], object),
        lambda: np.ma.masked_array([5, 15, 20], [0, 1, 0]),
        lambda: np.ma.masked_array([5, NAN, 20], [0, 0, 0]),
        lambda: list(np.ma.masked_array([5, 15, 20], [0, 1, 0])),
        lambda: pl.Series([5.0, NAN, 20.0]),
        lambda: pl.Series([5, None, 20]),
        lambda: pa.array([5, NAN, 20]),
        lambda: pa.chunked_array([[5, None], [20]]),
        lambda: pandas_series([5, NAN, 20]),
        lambda: pandas_series([5, None, 20], "Int64"),
        lambda: pandas_series([5, NAN, 20], "object"),
    ],
)
def test_a_missing_number_is_null(store: vecstore.Store, column: Callable[[], Any]) -> None:
    store.add(list("abc"), VECTORS, {"p": column()})
    for _ in range(2):
        assert store.frame()["p"].to_list() == [5, None, 20]
        for where, keys in {
            "p > 10": "c",
            "p <= 10": "a",
            "NOT p > 10": "a",
            "p IS NULL": "b",
            "p IN (5, 20)": "ac",
            "p <> 5": "c",
        }.items():
            assert store.frame(where=where)["key"].to_list() == list(keys)
        store.close()
        store = vecstore.open(store.path)


@pytest.mark.parametrize(
    "nothing",
    [
        lambda: [NAN],
        lambda: np.array([NAN]),
        lambda: pl.Series([NAN]),
        lambda: pl.Series([None]),
        lambda: pandas_series([NAN]),
        lambda: pandas_series([None], "object"),
    ],
)
@pytest.mark.parametrize("value", ["x", True, 3, 2.5, datetime(2024, 1, 2)])
def test_a_column_of_nothing_has_no_type(
    store: vecstore.Store, nothing: Callable[[], Any], value: Any
) -> None:
    store.add(["a"], VECTORS[:1], {"title": nothing()})
    store.add(["b"], VECTORS[1:2], {"title": [value]})
    store.add(["c"], VECTORS[2:], {"title": nothing()})
    assert store.frame()["title"].to_list() == [None, value, None]


def test_a_typed_column_of_nothing_goes_into_any(store: vecstore.Store) -> None:
    store.add(["a"], VECTORS[:1], {"year": [2024]})
    store.add(["b"], VECTORS[1:2], {"year": pl.Series([None], dtype=pl.Date)})
    assert store.frame()["year"].to_list() == [2024, None]


def test_a_frame_of_pandas_says_nothing_of_missing_objects(store: vecstore.Store) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"title": [None], "year": [NAN]}, dtype=object)
    store.add(["a"], VECTORS[:1], frame)
    store.add(["b"], VECTORS[1:2], {"title": [1], "year": ["x"]})
    assert store.frame().rows() == [("a", None, None), ("b", 1, "x")]


@settings(deadline=None)
@given(st.lists(st.none() | st.floats(width=32), min_size=1))
def test_every_source_says_the_same_of_floats(values: list[float | None]) -> None:
    expected = [None if value is None or np.isnan(value) else value for value in values]
    hidden = np.array([value is None for value in values])
    numbers = np.array([0 if value is None else value for value in values], np.float32)
    for column in (
        values,
        np.array(values, object),
        np.array([NAN if value is None else value for value in values]),
        np.ma.masked_array(numbers, hidden),
        pl.Series(values, dtype=pl.Float32),
        pa.array(values, pa.float32()),
    ):
        found = normalise({"x": column}, len(values), {"x": "float64"})
        shown = to_series("x", found["x"]).to_list() if "x" in found else [None] * len(values)
        assert shown == expected


@pytest.mark.parametrize(
    "far",
    [
        np.array([2**60], "M8[s]"),
        np.array(["300000-01-01"], "M8[s]"),
        np.array([-(2**62)], "M8[ms]"),
        np.array(["6000000-01-01"], "M8[D]"),
        np.array([10**9], "M8[Y]"),
    ],
)
def test_far_instants_are_refused(store: vecstore.Store, far: Any) -> None:
    with pytest.raises(ValueError, match="too far from 1970"):
        store.add(["a"], VECTORS[:1], {"t": far})
    assert len(store) == 0


@pytest.mark.parametrize(
    "zoned",
    [
        lambda: [datetime(2024, 1, 1, tzinfo=UTC)],
        lambda: pl.Series([datetime(2024, 1, 1, tzinfo=UTC)]),
        lambda: pa.array([0], pa.timestamp("s", "UTC")),
        lambda: pandas_series(["2024-01-01T00:00:00Z"], "datetime64[ns, UTC]"),
    ],
)
def test_instants_in_a_zone_are_refused(store: vecstore.Store, zoned: Callable[[], Any]) -> None:
    with pytest.raises(TypeError, match="without a zone"):
        store.add(["a"], VECTORS[:1], {"t": zoned()})


def test_keys_come_from_arrow_and_series(store: vecstore.Store) -> None:
    store.add(pa.array(["a"]), VECTORS[:1])
    store.add(pa.chunked_array([["b"]]), VECTORS[1:2])
    store.add(pl.Series(["c"]), VECTORS[2:], {"x": pa.array([1])})
    store.upsert(pandas_series(["d"]), VECTORS[:1])
    assert store.keys().tolist() == list("abcd")
    with pytest.raises(TypeError, match="place 1 holds NoneType None"):
        store.add(pa.array(["e", None]), VECTORS[:2])


def test_masked_keys_are_refused(tmp_path: Path) -> None:
    masked = np.ma.masked_array([1, 2], [False, True])
    with vecstore.create(tmp_path / "i.vecs", dim=2, keys="int", metric="euclidean") as store:
        with pytest.raises(TypeError, match="place 1 holds NoneType None"):
            store.add(masked, VECTORS[:2])
        store.add(masked[:1], VECTORS[:1])
        assert store.keys().tolist() == [1]


def test_minus_one_is_a_key_and_no_answer_is_none(tmp_path: Path) -> None:
    import json
    import pickle

    with vecstore.create(tmp_path / "i.vecs", dim=2, keys="int", metric="euclidean") as store:
        store.add([-1, 5], VECTORS[:2])
        found = store.search([[0, 0], [1, 1]], k=9)
        for matches in (found, pickle.loads(pickle.dumps(found))):
            assert matches.counts.tolist() == [2, 2]
            assert [[key for key, _ in one] for one in matches] == [[-1, 5], [5, -1]]
            assert matches.to_frame()["key"].to_list() == [-1, 5, 5, -1]
            assert matches.keys[:, :3].tolist() == [[-1, 5, -1], [5, -1, -1]]
        assert json.dumps(store.keys().tolist()) == "[-1, 5]"
