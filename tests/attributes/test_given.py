"""Attributes go into a store in any form, stay through everything, and come out as a table."""

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import vecstore
from vecstore.attributes.frames import to_series
from vecstore.attributes.given import normalise, schema_of
from vecstore.writing import batch as changes

VALUES = {
    "int64": st.integers(-(2**63), 2**63 - 1),
    "float64": st.floats(),
    "bool": st.booleans(),
    "string": st.text(max_size=6),
    "date": st.dates(),
    "datetime": st.datetimes(),
}
TYPES = {
    "int64": pl.Int64,
    "float64": pl.Float64,
    "bool": pl.Boolean,
    "string": pl.String,
    "date": pl.Date,
    "datetime": pl.Datetime("us"),
}
GIVEN = {
    "count": [1, None, 3],
    "price": [1.5, None, 2],
    "name": ["a", None, "ü"],
    "ok": [True, None, False],
    "day": [date(2020, 2, 29), None, date(1, 1, 1)],
    "at": [datetime(2020, 2, 29, 1, 2, 3, 4), None, datetime(9999, 12, 31)],
}
EXPECTED = pl.DataFrame(GIVEN, strict=False)


def vectors(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, 3)).astype(np.float32)


def as_table(attributes: Any, n: int = 3) -> pl.DataFrame:
    columns = normalise(attributes, n, {})
    return pl.DataFrame([to_series(name, column) for name, column in columns.items()])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[vecstore.Store]:
    with vecstore.create(tmp_path / "pets.vecs", dim=3) as opened:
        yield opened


# Forms.


@st.composite
def columns(draw: st.DrawFn) -> dict[str, tuple[str, list[Any]]]:
    n = draw(st.integers(0, 6))
    names = draw(st.lists(st.text("abcü .", min_size=1).filter(lambda n: n != "."), unique=True))
    made = {}
    for name in names[:4]:
        kind = draw(st.sampled_from(sorted(VALUES)))
        made[name] = kind, draw(st.lists(st.none() | VALUES[kind], min_size=n, max_size=n))
    return made


@given(columns())
def test_lists_come_back(table: dict[str, tuple[str, list[Any]]]) -> None:
    n = len(next(iter(table.values()))[1]) if table else 0
    schema = {name: kind for name, (kind, _) in table.items()}
    found = normalise({name: values for name, (_, values) in table.items()}, n, schema)
    for name, (kind, values) in table.items():
        if name in found:  # else nothing but None came, and nothing was known
            expected = pl.Series(name, values, TYPES[kind])
            expected = expected.fill_nan(None) if kind == "float64" else expected
            assert to_series(name, found[name]).equals(expected, check_names=True)
    assert set(found) <= set(schema)


@pytest.mark.parametrize(
    "form",
    [
        lambda table: table,
        lambda table: table.to_arrow(),
        lambda table: table.to_dict(as_series=True),
        lambda table: table.to_dict(as_series=False),
        lambda table: pa.record_batch(table.to_arrow().to_batches()[0]),
        lambda table: table.with_columns(pl.col("name").cast(pl.Categorical)),
        lambda table: table.with_columns(pl.col("count").cast(pl.Int8)),
        lambda table: {**table.to_dict(), "price": np.array([1.5, np.nan, 2.0])[[0, 0, 2]]},
    ],
    ids=["polars", "arrow", "series", "lists", "batch", "categories", "small", "arrays"],
)
def test_every_form_says_the_same(form: Any, request: pytest.FixtureRequest) -> None:
    expected = EXPECTED
    if request.node.callspec.id == "arrays":
        expected = expected.with_columns(price=pl.Series([1.5, 1.5, 2.0]))
    assert_frame_equal(as_table(form(EXPECTED)), expected)


def test_pandas_knows_no_missing_integers() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {"name": ["a", None], "count": [1, None], "at": pandas.to_datetime(["2020-01-01", None])}
    )
    expected = pl.DataFrame(
        {"name": ["a", None], "count": [1.0, None], "at": [datetime(2020, 1, 1), None]}
    )
    assert_frame_equal(as_table(frame, 2), expected)
    assert_frame_equal(as_table({name: frame[name] for name in frame}, 2), expected)
    assert as_table({"at": [pandas.Timestamp(2020, 1, 1), pandas.NaT]}, 2)["at"].null_count() == 1


def test_arrays_with_named_fields() -> None:
    given = np.array(
        [(1, 2.5, "x", True, "2020-01-01", "2020-01-01T01"), (2, 3, "yy", False, "NaT", "NaT")],
        [("i", "u2"), ("f", "f4"), ("s", "U5"), ("b", "?"), ("d", "M8[D]"), ("t", "M8[h]")],
    )
    assert as_table(given, 2).rows() == [
        (1, 2.5, "x", True, date(2020, 1, 1), datetime(2020, 1, 1, 1)),
        (2, 3.0, "yy", False, None, None),
    ]


def test_masked_values_are_missing() -> None:
    masked = np.ma.masked_array([1, 2, 3], [False, True, False])
    assert as_table({"a": masked})["a"].to_list() == [1, None, 3]


def test_nothing_known_is_no_column() -> None:
    assert normalise({"a": [None, None]}, 2, {}) == {}
    assert normalise({"a": pl.Series([None, None])}, 2, {}) == {}
    assert normalise(None, 2, {}) == {}
    assert schema_of({}, normalise({"a": [None, None]}, 2, {"a": "date"})) == {"a": "date"}


ZONE = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("attributes", "error", "sentence"),
    [
        ({"a": [1, "x"]}, TypeError, "hold int64 in column \"a\"; row 1 holds string 'x'."),
        ({"a": [None, 1.5]}, None, ""),
        ({"a": [True, 1]}, TypeError, 'hold bool in column "a"; row 1 holds int64 1.'),
        ({"a": [date(2020, 1, 1), datetime(2020, 1, 1)]}, TypeError, "row 1 holds datetime"),
        ({"a": [[1], [2]]}, TypeError, "row 0 holds list."),
        ({"a": [b"x", None]}, TypeError, "row 0 holds bytes."),
        ({"a": pl.Series([[1], [2]])}, TypeError, "got List(Int64)."),
        ({"a": np.array([b"x", b"y"])}, TypeError, "row 0 holds bytes."),
        ({"a": np.zeros((2, 2))}, ValueError, 'one axis in column "a"; got shape (2, 2).'),
        ({"a": "xy"}, TypeError, 'a sequence of values in column "a"; got str.'),
        ({"a": [1]}, ValueError, 'a value for each of the 2 keys; column "a" has 1.'),
        ({"a": [2**63, None]}, ValueError, 'integers of 64 bits in column "a"; got 92233'),
        ({"a": np.array([2**63, 1], np.uint64)}, ValueError, "integers of 64 bits"),
        ({"a": pl.Series([2**63, 1], dtype=pl.UInt64)}, ValueError, "integers of 64 bits"),
        ({"a": [datetime(2020, 1, 1, tzinfo=ZONE), None]}, TypeError, "without a zone"),
        ({"a": pl.Series([datetime(2020, 1, 1, tzinfo=ZONE), None])}, TypeError, "without a zone"),
        ({"a": ["\ud800", ""]}, ValueError, "must be valid Unicode"),
        ({"year": ["x", None]}, TypeError, "hold int64 in column \"year\"; row 0 holds string 'x'"),
        ({"year": [None, 1.5]}, None, ""),
        ({"year": [2**53 + 1, 1.5]}, ValueError, 'float64, too, in column "year"'),
        ({"price": [2**53 + 1, None]}, ValueError, "which is float64; got 9007199254740993."),
        ({"price": np.array([2**53 + 1, 0])}, ValueError, "; got 9007199254740993."),
        ({"year": np.array([2**60, 1], "M8[s]")}, ValueError, "too far from 1970."),
        ({"year": np.array(["6000000-01-01", "1970-01-01"], "M8[D]")}, ValueError, "in units of D"),
        ({"year": pl.Series([None, "x"])}, TypeError, "row 1 holds string 'x'."),
        ({"year": pl.Series([None, None], dtype=pl.Date)}, None, ""),
        ({"price": [1, 2]}, None, ""),
        ({"key": [1, 2]}, ValueError, 'must not name a column "key"'),
        ({3: [1, 2]}, TypeError, "must name its columns with str; got 3."),
        ([1, 2], TypeError, "a dict of lists, a frame, or an array with named fields; got list."),
    ],
)
def test_what_is_wrong_is_said_with_column_and_row(
    attributes: Any, error: type[Exception] | None, sentence: str
) -> None:
    schema = {"year": "int64", "price": "float64"}
    if error is None:
        normalise(attributes, 2, schema)
        return
    with pytest.raises(error) as caught:
        normalise(attributes, 2, schema)
    assert sentence in str(caught.value)
    assert str(caught.value).startswith("`attributes` must")


# In a store.


def test_they_stay_through_sealing_reopening_and_compacting(store: vecstore.Store) -> None:
    store.add(["a", "b", "c"], vectors(3), GIVEN)
    expected = EXPECTED.insert_column(0, pl.Series("key", ["a", "b", "c"]))
    assert_frame_equal(store.frame(), expected)
    store.flush()
    assert_frame_equal(store.frame(), expected)
    store.add(["d"], vectors(1), {"new": ["x"], "count": [4]})
    grown = pl.concat(
        [expected, pl.DataFrame({"key": ["d"], "count": [4], "new": ["x"]})], how="diagonal"
    )
    assert_frame_equal(store.frame(), grown)
    store.delete(["b"])
    left = grown.filter(pl.col("key") != "b")
    assert_frame_equal(store.frame(), left)
    store.close()
    with vecstore.open(str(store.path), mode="a") as again:
        assert_frame_equal(again.frame(), left)
        again.compact()
        assert_frame_equal(again.frame(), left)
        assert_frame_equal(again.frame(["d", "a", "d"]), left[[2, 0, 2]])
        with pytest.raises(TypeError, match=r'hold int64 in column "count"; row 0 holds string'):
            again.add(["e"], vectors(1), {"count": ["many"]})
        assert "e" not in again


def test_a_store_without_attributes_has_a_table_of_keys(store: vecstore.Store) -> None:
    assert store.frame().rows() == []
    store.add(["a", "b"], vectors(2))
    assert store.frame().rows() == [("a",), ("b",)]
    assert store.frame([]).schema == {"key": pl.String}


def test_they_can_be_set_alone(store: vecstore.Store) -> None:
    given = vectors(3)
    store.add(["a", "b", "c"], given, {"year": [1, 2, 3], "name": ["x", "y", "z"]})
    store.flush()
    store.set_attributes(["c", "a"], {"year": [30, None], "ok": [True, False]})
    assert store.frame(["a", "b", "c"]).rows() == [
        ("a", None, "x", False),
        ("b", 2, "y", None),
        ("c", 30, "z", True),
    ]
    np.testing.assert_array_equal(store[["a", "b", "c"]], given)


def test_they_can_be_set_in_a_batch_that_added_the_keys(store: vecstore.Store) -> None:
    with store.batch() as batch:
        batch.add(["a", "b"], vectors(2), {"year": [1, 2]})
        batch.set_attributes(["a"], {"name": ["x"]})
        batch.set_attributes(["a"], {"year": [10]})
    assert store.frame(["a", "b"]).rows() == [("a", 10, "x"), ("b", 2, None)]


def set_some(to: Any, keys: list[int], number: int) -> None:
    to.set_attributes(keys, {"year": [100 * number + key for key in keys]})


def name_some(to: Any, keys: list[int], number: int) -> None:
    to.set_attributes(keys, {"name": [f"{key} of call {number}" for key in keys]})


def put_some(to: Any, keys: list[int], number: int) -> None:
    to.upsert(keys, vectors(len(keys), seed=number), {"year": [-number] * len(keys)})


def delete_some(to: Any, keys: list[int], number: int) -> None:
    to.delete(keys, missing="ignore")


Call = tuple[Callable[[Any, list[int], int], None], list[int]]
SETTING_THE_HALVES = [(set_some, [0, 1, 2]), (name_some, [5, 4, 3])]
SETTING_IN_ANOTHER_ORDER = [(set_some, [3, 1, 4]), (name_some, [4, 0, 3, 1]), (set_some, [1, 4])]
SETTING_BEFORE_DELETING = [(set_some, [0, 1, 2]), (delete_some, [1, 4]), (name_some, [2, 3])]
REPLACING_EVERY_ROW = [(put_some, [0, 1]), (put_some, [2, 3, 4, 5])]
DELETING_WHAT_WAS_ADDED = [(put_some, [7]), (delete_some, [7])]
SETTING_WHAT_WAS_ADDED = [(put_some, [6, 1, 7]), (name_some, [7, 2, 6]), (set_some, [2, 7, 0])]
KEYS = st.lists(st.integers(0, 8), min_size=1, max_size=5, unique=True)
CALLS = st.lists(
    st.tuples(st.sampled_from([set_some, name_some, put_some, delete_some]), KEYS), max_size=6
)


@settings(max_examples=25, deadline=None)
@given(CALLS, st.booleans(), st.booleans())
@example(SETTING_THE_HALVES, False, True)
@example(SETTING_IN_ANOTHER_ORDER, False, True)
@example(SETTING_BEFORE_DELETING, True, True)
@example(REPLACING_EVERY_ROW, False, True)
@example(DELETING_WHAT_WAS_ADDED, True, True)
@example(SETTING_WHAT_WAS_ADDED, False, True)
@example(SETTING_WHAT_WAS_ADDED, False, False)
def test_many_calls_in_a_batch_leave_what_as_many_commits_would(
    tmp_path_factory: pytest.TempPathFactory, calls: list[Call], flushed: bool, large: bool
) -> None:
    folder = tmp_path_factory.mktemp("calls")
    with (
        pytest.MonkeyPatch.context() as patch,
        vecstore.create(folder / "one.vecs", dim=3, keys="int") as one,
        vecstore.create(folder / "many.vecs", dim=3, keys="int") as many,
    ):
        patch.setattr(changes, "_PIECE", 2 * 12)
        for store in (one, many):
            store.add(range(6), vectors(6), {"year": range(6), "name": list("abcdef")})
            if flushed:
                store.flush()
        # A commit with a provenance goes into segments, one without into the journal.
        with one.batch(provenance={"model": "test"} if large else None) as batch:
            for number, (call, keys) in enumerate(calls):
                there = keys if call in (put_some, delete_some) else [k for k in keys if k in many]
                call(batch, there, number)
                call(many, there, number)
        assert_frame_equal(one.frame(), many.frame())
        left = many.keys()
        np.testing.assert_array_equal(one[left], many[left])
        assert list(one.check()) == []


@pytest.mark.parametrize("together", [True, False])
def test_a_column_outlives_its_rows(tmp_path: Path, together: bool) -> None:
    """As long as anything would read it: a condition on it stays one, and its kind stays."""
    with vecstore.create(tmp_path / "a.vecs", dim=3, keys="int") as store:
        store.add([0], vectors(1))
        with store.batch(provenance={"model": "test"}) if together else nullcontext(store) as to:
            to.add([1], vectors(1), {"year": [1990]})
            to.delete([1])
        store.flush()
        assert store.frame().schema == {"key": pl.Int64, "year": pl.Int64}
        assert not store.search([1, 1, 1], where="year > 1").counts
        with pytest.raises(TypeError, match='must hold int64 in column "year"'):
            store.add([2], vectors(1), {"year": ["x"]})
    with vecstore.open(tmp_path / "a.vecs") as store:
        assert store.frame()["year"].to_list() == [None]


def peak_of(change: Callable[[vecstore.writing.batch.Batch], None], store: vecstore.Store) -> int:
    """Return how many bytes more than before the calls of a batch took at most."""
    with store.batch() as batch:
        tracemalloc.start()
        try:
            change(batch)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


def test_many_calls_in_a_batch_take_memory_for_each_of_them(tmp_path: Path) -> None:
    given = np.random.default_rng(0).normal(size=(1000, 300)).astype(np.float32)

    def set_each(batch: vecstore.writing.batch.Batch) -> None:
        for key in range(1000):
            batch.set_attributes([key], {"year": [key]})

    with vecstore.create(tmp_path / "many.vecs", dim=300, keys="int") as store:
        store.add(range(1000), given)
        assert peak_of(set_each, store) < 3_000_000
        assert store.frame()["year"].to_list() == list(range(1000))
        np.testing.assert_array_equal(store[range(1000)], given)


def test_vectors_of_which_attributes_change_are_not_kept_in_memory(tmp_path: Path) -> None:
    given = np.random.default_rng(0).normal(size=(10_000, 300)).astype(np.float32)

    def set_halves(batch: vecstore.writing.batch.Batch) -> None:
        for half in (range(5000), range(5000, 10_000), range(2000, 7000)):
            batch.set_attributes(half, {"year": half})

    with vecstore.create(tmp_path / "large.vecs", dim=300, keys="int") as store:
        store.add(range(10_000), given)
        assert peak_of(set_halves, store) < given.nbytes / 3
        assert sorted(store.frame().rows()) == [(key, key) for key in range(10_000)]
        np.testing.assert_array_equal(store[range(10_000)], given)


def test_setting_them_for_a_key_that_is_not_there_changes_nothing(store: vecstore.Store) -> None:
    store.add(["a"], vectors(1), {"year": [1]})
    with pytest.raises(vecstore.KeyNotFoundError):
        store.set_attributes(["a", "b"], {"year": [2, 2]})
    with pytest.raises(vecstore.DuplicateKeyError):
        store.set_attributes(["a", "a"], {"year": [2, 2]})
    assert store.frame().rows() == [("a", 1)]


def test_an_upsert_replaces_them(store: vecstore.Store) -> None:
    store.add(["a"], vectors(1), {"year": [1]})
    store.upsert(["a"], vectors(1))
    assert store.frame().rows() == [("a", None)]


def test_matches_bring_them_along(store: vecstore.Store) -> None:
    store.add(["a", "b"], [[1, 0, 0], [0, 1, 0]], {"year": [1, None]})
    assert store.search([1, 0, 0], k=2).to_frame().rows() == [("a", 0.0, 1), ("b", 1.0, None)]
    batch = store.search([[1, 0, 0], [0, 1, 0]], k=1).to_frame()
    assert batch.columns == ["query", "key", "distance", "year"]
    assert batch.rows() == [(0, "a", 0.0, 1), (1, "b", 0.0, None)]
    store.delete(["a"])
    assert store.search([1, 0, 0], k=2).to_frame().rows() == [("b", 1.0, None)]
