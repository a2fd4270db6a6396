"""Parquet with neighbours, as Apple's Embedding Atlas documents its ``--neighbors`` column."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import vecstore
from vecstore.ingest import export, read
from vecstore.ingest.writers import rows


def test_neighbours_are_row_numbers_with_distances(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "_STEP_VALUES", 100)
    keys = [f"key {place}" for place in range(60)]
    with vecstore.create(tmp_path / "a.vecs", dim=4) as store:
        store.add(["gone"], [[1, 1, 1, 1]], {"x": [0.0]})
        store.add(keys, rng.standard_normal((60, 4)), {"x": np.arange(60.0), "name": keys})
        store.delete(["gone"])
        made = export(store, tmp_path / "map.parquet", "parquet", neighbors=5)
        near = store.similar(keys, k=5)
        vectors = store[keys]
    assert made == (tmp_path / "map.parquet",)
    frame = pl.read_parquet(made[0])
    assert frame.schema == {
        "key": pl.String,
        "vector": pl.Array(pl.Float32, 4),
        "x": pl.Float64,
        "name": pl.String,
        "neighbors": pl.Struct({"ids": pl.List(pl.Int32), "distances": pl.List(pl.Float64)}),
    }
    assert frame["name"].to_list() == frame["key"].to_list() == keys
    found = frame["neighbors"].struct.unnest()
    assert [[keys[row] for row in some] for some in found["ids"]] == near.keys.tolist()
    assert found["distances"].to_list() == near.distances.tolist()
    [(read_keys, read_vectors)] = read(made[0])
    assert read_keys.tolist() == keys
    assert read_vectors.tobytes() == vectors.tobytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.vecs", "map.parquet"]


def test_there_are_no_more_neighbours_than_rows(tmp_path: Path) -> None:
    store = vecstore.from_arrays([[0.0], [2.0]], metric="euclidean")
    export(store, tmp_path / "a.parquet", "parquet", neighbors=9)
    found = pl.read_parquet(tmp_path / "a.parquet")["neighbors"].to_list()
    assert found == [{"ids": [1], "distances": [2.0]}, {"ids": [0], "distances": [2.0]}]


def test_an_empty_store_has_the_columns(tmp_path: Path) -> None:
    with vecstore.create(tmp_path / "a.vecs", dim=3) as store:
        export(store, tmp_path / "a.parquet", "parquet", neighbors=2)
    frame = pl.read_parquet(tmp_path / "a.parquet")
    assert (frame.columns, len(frame)) == (["key", "vector", "neighbors"], 0)


@pytest.mark.parametrize("name", ["vector", "neighbors"])
def test_a_column_of_that_name_is_refused(tmp_path: Path, name: str) -> None:
    with vecstore.create(tmp_path / "a.vecs", dim=1) as store:
        store.add(["a"], [[1]], {name: [1]})
        with pytest.raises(ValueError, match=f'The attribute "{name}" cannot be written'):
            export(store, tmp_path / "a.parquet", "parquet", neighbors=1)
    assert not (tmp_path / "a.parquet").exists()


def test_other_formats_have_no_neighbours(tmp_path: Path) -> None:
    store = vecstore.from_arrays(np.eye(2))
    with pytest.raises(ValueError, match=r'`neighbors` must be None unless .*; it is "npy"'):
        export(store, tmp_path / "a.npy", "npy", neighbors=1)
    with pytest.raises(ValueError, match="`neighbors` must be at least 1; got 0"):
        export(store, tmp_path / "a.parquet", "parquet", neighbors=0)
