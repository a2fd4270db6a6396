"""Parquet files with a column of lists."""

import re
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import vecstore
from vecstore.errors import IngestError
from vecstore.ingest import Fault, export, import_into, read

VECTORS = np.random.default_rng(0).standard_normal((500, 6)).astype(np.float32)
WORDS = [f"wörd{i}" for i in range(500)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.parquet"


@pytest.mark.parametrize(
    "column", [pl.List(pl.Float32), pl.Array(pl.Float32, 6), pl.List(pl.Float64)]
)
def test_lists_of_either_kind(path: Path, column: pl.DataType) -> None:
    frame = pl.DataFrame({"text": WORDS, "anything": VECTORS.tolist()})
    frame.with_columns(pl.col("anything").cast(column)).write_parquet(path, row_group_size=100)
    with read(path) as reader:
        assert (reader.format, reader.dim, reader.count) == ("parquet", 6, 500)
        batches = list(reader)
    assert [key for keys, _ in batches for key in keys] == WORDS
    assert b"".join(vectors.tobytes() for _, vectors in batches) == VECTORS.tobytes()


def test_lists_of_integers(path: Path) -> None:
    pl.DataFrame({"vector": [[1, 2], [3, 4]]}).write_parquet(path)
    [(keys, vectors)] = read(path)
    assert keys.tolist() == [0, 1]
    assert vectors.tolist() == [[1, 2], [3, 4]]


def test_keys_can_be_integers(path: Path) -> None:
    pl.DataFrame({"vector": [[1.0], [3.0]], "id": [7, -7]}).write_parquet(path)
    reader = read(path)
    assert reader.key_kind == "int"
    [(keys, _)] = reader
    assert keys.dtype == np.int64
    assert keys.tolist() == [7, -7]


def test_columns_can_be_named(path: Path) -> None:
    frame = pl.DataFrame({"a": ["x"], "b": ["y"], "u": [[1.0]], "v": [[2.0]]})
    frame.write_parquet(path)
    with pytest.raises(IngestError, match=r"it is not clear which .* Pass dataset="):
        read(path)
    [(keys, vectors)] = read(path, dataset="v", keys="b")
    assert (keys.tolist(), vectors.tolist()) == (["y"], [[2.0]])
    with pytest.raises(IngestError, match=r'Column "a" .* cannot be read as vectors: .*String'):
        read(path, dataset="a")
    with pytest.raises(IngestError, match=r'Column "u" .* cannot be read as keys'):
        read(path, dataset="v", keys="u")


def test_bad_rows_are_faults(path: Path) -> None:
    rows = [[1.0, 2.0], [1.0], None, [None, 1.0], [3.0, 4.0], [5.0, 6.0], []]
    keys = ["good", "short", "none", "hole", None, "fine", "empty"]
    pl.DataFrame({"key": keys, "vector": rows}).write_parquet(path)
    reader = read(path, errors="skip")
    [(found, vectors)] = reader
    assert found.tolist() == ["good", "fine"]
    assert vectors.tolist() == [[1, 2], [5, 6]]
    assert reader.report.examples == [
        Fault(1, "it holds 1 number where 2 numbers are required", "short"),
        Fault(2, "it holds nothing where 2 numbers are required", "none"),
        Fault(3, "the vector holds nan", "hole"),
        Fault(4, "it has no key", ""),
        Fault(6, "it holds 0 numbers where 2 numbers are required", "empty"),
    ]
    with pytest.raises(IngestError, match=r"a.parquet, row 1: it holds 1 number where 2"):
        list(read(path))


def test_file_without_vectors(path: Path) -> None:
    pl.DataFrame({"key": ["a"], "text": ["b"]}).write_parquet(path)
    with pytest.raises(IngestError, match="none of them holds the vectors"):
        read(path)
    pl.DataFrame({"vector": [[], None]}, {"vector": pl.List(pl.Float32)}).write_parquet(path)
    with pytest.raises(IngestError, match=r'Column "vector" .* holds no vectors'):
        read(path)


def test_damaged_file(path: Path) -> None:
    path.write_bytes(b"PAR1" + bytes(100) + b"PAR1")
    with pytest.raises(IngestError, match=r"a.parquet is a Parquet file that cannot be read"):
        read(path)


def test_ambiguous_keys_are_refused(path: Path) -> None:
    frame = pl.DataFrame({"title": list("abc"), "text": list("xyz"), "emb": np.eye(3)})
    frame.write_parquet(path)
    with pytest.raises(IngestError, match=r'"title", "text": it is not clear which .*keys='):
        read(path)
    with read(path, keys="text") as reader:
        [(keys, _, attributes)] = reader.with_attributes()
    assert keys.tolist() == ["x", "y", "z"]
    assert reader.report.keys == 'column "text"'
    assert attributes is not None
    assert attributes.to_dict(as_series=False) == {"title": ["a", "b", "c"]}


def test_keys_that_are_floats_or_too_large(path: Path) -> None:
    pl.DataFrame({"id": [1.0, 2.5, None, 3.0], "v": [[1.0]] * 4}).write_parquet(path)
    with read(path, errors="skip") as reader:
        [(keys, _)] = reader
    assert keys.tolist() == [1, 3]
    assert [fault.reason for fault in reader.report.examples] == [
        "2.5 is not a key of 64 bits",
        "it has no key",
    ]
    pl.DataFrame({"id": [date(2020, 1, 1)], "v": [[1.0]]}).write_parquet(path)
    with pytest.raises(IngestError, match=r'Column "id" .* cannot be read as keys.*Date'):
        read(path)


def test_numbered_columns(path: Path) -> None:
    frame = pl.DataFrame({"word": ["a", "b"], "x1": [1, 2], "x0": [0.5, 0.25], "year": [1, 2]})
    frame.write_parquet(path)
    with read(path) as reader:
        [(keys, vectors)] = reader
    assert (keys.tolist(), vectors.tolist()) == (["a", "b"], [[0.5, 1], [0.25, 2]])
    assert reader.attributes == ("year",)
    assert reader.report.notes == ['vectors: 2 columns, "x0" to "x1"']


@pytest.mark.parametrize(
    ("index", "expected"),
    [(["k1", "k2"], ["k1", "k2"]), ([5, 7], [5, 7]), (None, [0, 1])],
)
def test_the_index_of_a_frame_of_pandas(
    path: Path, index: list[object] | None, expected: list[object]
) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"emb": [[1.0, 2.0], [3.0, 4.0]], "n": [1, 2]}, index=index)
    frame.to_parquet(path)
    [(keys, _)] = read(path)
    assert keys.tolist() == expected
    frame.assign(title=["p", "q"]).to_parquet(path)
    if index == [5, 7]:
        with pytest.raises(IngestError, match=r'"title", "__index_level_0__": it is not clear'):
            read(path)


def test_types_of_attributes(path: Path) -> None:
    zone = timezone(timedelta(hours=2))
    pl.DataFrame(
        {
            "key": ["a"],
            "v": [[1.0]],
            "when": [datetime(2020, 1, 1, 12, tzinfo=zone)],
            "kind": pl.Series(["x"], dtype=pl.Categorical),
            "raw": [b"x"],
            "span": [timedelta(1)],
            "a/b": [1],
            "amount": [Decimal("1.5")],
        }
    ).write_parquet(path)
    with read(path) as reader:
        [(_, _, attributes)] = reader.with_attributes()
    assert attributes is not None
    assert attributes.to_dicts() == [{"when": datetime(2020, 1, 1, 10), "kind": "x", "amount": 1.5}]
    assert 'column "when" is kept in UTC' in str(reader.report)
    assert re.search(
        r'not read: "raw" \(Binary.*"span" \(Duration.*"a/b" \(a name', str(reader.report)
    )
    pl.DataFrame(
        {"key": ["a"], "v": [[1.0]], "n": pl.Series([2**63], dtype=pl.UInt64)}
    ).write_parquet(path)
    with pytest.raises(IngestError, match=r'row 0: column "n" holds 9223372036854775808'):
        list(read(path))
    assert len(list(read(path, attributes=[]))) == 1


def test_arrow_files(tmp_path: Path) -> None:
    path = tmp_path / "a.feather"
    pl.DataFrame({"key": ["a", "b"], "v": [[1.0], [2.0]], "n": [1, None]}).write_ipc(path)
    with read(path) as reader:
        [(keys, vectors, attributes)] = reader.with_attributes()
    assert (reader.format, keys.tolist(), vectors.tolist()) == ("arrow", ["a", "b"], [[1], [2]])
    assert attributes is not None
    assert attributes["n"].to_list() == [1, None]
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(IngestError, match=r"a.feather is an Arrow file that cannot be read"):
        read(path)


VALUES = {
    "flag": st.booleans(),
    "number": st.integers(-(2**63), 2**63 - 1),
    "price": st.floats(allow_nan=False),
    "day": st.dates(),
    "at": st.datetimes(),
    "text": st.text(st.characters(codec="utf-8"), max_size=5),
}


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.fixed_dictionaries({n: st.none() | of for n, of in VALUES.items()}), min_size=1))
def test_attributes_come_back(tmp_path: Path, rows: list[dict[str, object]]) -> None:
    names = {name: [row[name] for row in rows] for name in VALUES}
    names |= {"keys": [f"k{i}" for i in range(len(rows))]}  # called as keys are, but none
    with TemporaryDirectory(dir=tmp_path) as folder:
        there = Path(folder)
        with vecstore.create(there / "a.vecs", 2, "euclidean") as store:
            store.add([f"w{i}" for i in range(len(rows))], np.ones((len(rows), 2)), names)
            export(store, there / "a.parquet", "parquet")
            expected = store.frame()
        import_into(there / "a.parquet", there / "b.vecs", metric="euclidean", keys="key")
        with vecstore.open(there / "b.vecs") as store:
            assert store.frame().equals(expected)
        with read(there / "a.parquet") as reader:
            assert reader.report.keys == 'column "key"'


def test_an_attribute_called_vector_is_refused(path: Path, tmp_path: Path) -> None:
    with vecstore.create(tmp_path / "a.vecs", 1, "euclidean") as store:
        store.add(["a"], [[1]], {"vector": [1]})
        with pytest.raises(ValueError, match=r'"vector" cannot be written as Parquet.*hdf5'):
            export(store, path, "parquet")
    assert not path.exists()
