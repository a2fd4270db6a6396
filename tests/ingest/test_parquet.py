"""Parquet files with a column of lists."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from vecstore.errors import IngestError
from vecstore.ingest import Fault, read

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
