from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import vecstore
import vecstore.ingest
from tests.real_data import real
from vecstore.search import neighbor_graph as neighbors
from vecstore.snapshot.part import Part
from vecstore.snapshot.snapshot import Snapshot
from vecstore.storage.keys.key_tables import build_keys
from vecstore.store.store import Store

METRICS = ["cosine", "euclidean", "dot"]


def some_vectors(n: int, dim: int, rng: np.random.Generator) -> np.ndarray:
    """Rows in clusters, some of them equal."""
    vectors = rng.standard_normal((n, dim)).astype(np.float32)
    vectors[n // 2 :] = vectors[rng.integers(0, n // 2, n - n // 2)]
    vectors[-n // 4 :] += 0.1
    return vectors


def assert_is_graph(matches: vecstore.Matches, store: Store, k: int) -> None:
    """Fail unless every row has the answer that searching with it, and without it, gives."""
    keys = store.keys()
    expected = store.similar(keys.tolist(), k=k)
    np.testing.assert_array_equal(matches.distances, expected.distances)
    np.testing.assert_array_equal(matches.counts, expected.counts)
    assert matches.keys.tolist() == expected.keys.tolist()
    found = matches.rows >= 0
    assert keys[matches.rows[found]].tolist() == matches.keys[found].tolist()


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("metric", METRICS)
def test_the_graph_is_what_every_key_is_similar_to(metric: str, rng: np.random.Generator) -> None:
    store = vecstore.from_arrays(some_vectors(90, 7, rng), metric=metric)
    for k in (1, 5, 89, 120):
        assert_is_graph(store.neighbors(k), store, k)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_tiles_and_parts_change_nothing(
    dtype: type, metric: str, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbors, "_LARGEST_TILE", 37)
    vectors = some_vectors(500, 40, rng).astype(dtype)
    parts = tuple(
        Part(vectors[a:b], build_keys([f"key {i}" for i in range(a, b)], "str"), metric)
        for a, b in pairwise([0, 1, 64, 300, 300, 500])
    )
    store = Store(Snapshot(parts, 40, vectors.dtype, "str"), metric)
    assert_is_graph(store.neighbors(3), store, 3)


def test_a_row_is_not_its_own_neighbour_but_its_twin_is() -> None:
    store = vecstore.from_arrays([[1, 2], [1, 2], [2, 1]], keys=["a", "twin of a", "b"])
    matches = store.neighbors()
    assert matches.keys[:, 0].tolist() == ["twin of a", "a", "a"]
    assert matches.distances[:2, 0].tolist() == [0, 0]


def test_deleted_rows_have_no_place_in_the_graph(rng: np.random.Generator) -> None:
    vectors = some_vectors(200, 6, rng)
    gone = rng.random(200) < 0.4
    octets = np.packbits(np.pad(~gone, (0, 56)), bitorder="little")
    part = Part(vectors, build_keys(np.arange(200), "int"), "cosine")
    snapshot = Snapshot((part,), 6, vectors.dtype, "int", (octets.view(np.uint64),))
    store = Store(snapshot, "cosine")
    assert len(store) == np.count_nonzero(~gone)
    matches = store.neighbors(2)
    assert_is_graph(matches, store, 2)
    alone = vecstore.from_arrays(vectors[~gone]).neighbors(2)
    np.testing.assert_array_equal(matches.rows, alone.rows)


def test_a_store_of_one_row_has_no_neighbours() -> None:
    matches = vecstore.from_arrays([[1, 2]]).neighbors(2)
    assert matches.counts.tolist() == [0]
    assert matches.distances.tolist() == [[np.inf, np.inf]]


def test_a_store_without_rows_has_an_empty_graph(tmp_path: Path) -> None:
    store = vecstore.from_arrays(np.empty((0, 3)))
    assert store.neighbors().distances.shape == (0, 1)
    assert store.neighbors().plan is None
    with pytest.raises(ValueError, match="there is nothing to write"):
        store.neighbors(out=tmp_path / "graph.h5")


def test_the_plan_is_that_of_all_tiles(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbors, "_LARGEST_TILE", 100)
    plan = vecstore.from_arrays(some_vectors(1000, 64, rng)).neighbors().plan
    assert plan is not None
    assert plan.scanned == 1000
    assert plan.survivors is None or 1 <= plan.survivors < 1000


# On the way.


def test_progress_counts_rows_up_to_all(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbors, "_LARGEST_TILE", 40)
    calls: list[tuple[int, int | None]] = []
    store = vecstore.from_arrays(some_vectors(100, 4, rng))
    store.neighbors(progress=lambda done, total: calls.append((done, total)))
    assert calls == [(40, 100), (80, 100), (100, 100)]


def test_little_memory_means_small_tiles(rng: np.random.Generator) -> None:
    store = vecstore.from_arrays(some_vectors(900, 100, rng))
    calls: list[int] = []
    store.neighbors(k=10, memory=1 << 20, progress=lambda done, _: calls.append(done))
    assert len(calls) > 3
    assert calls[0] * (16 * 100 + 256 * 10) <= 1 << 20


def interrupt(done: int, total: int | None) -> None:
    raise KeyboardInterrupt


def test_an_interrupt_ends_it_and_leaves_no_file(tmp_path: Path, rng: np.random.Generator) -> None:
    store = vecstore.from_arrays(some_vectors(100, 4, rng))
    with pytest.raises(KeyboardInterrupt):
        store.neighbors(out=tmp_path / "graph.h5", progress=interrupt)
    assert list(tmp_path.iterdir()) == []


# Each other's.


@pytest.mark.parametrize("k", [1, 3, 20])
def test_mutual_neighbours_have_each_other(
    k: int, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbors, "_COMPARED_BYTES", 8 * k * k * 7)  # seven rows at a time
    rows = vecstore.from_arrays(some_vectors(15, 4, rng)).neighbors(k).rows
    near = [{int(row) for row in some if row >= 0} for some in rows]
    expected = [[int(row) >= 0 and i in near[row] for row in some] for i, some in enumerate(rows)]
    np.testing.assert_array_equal(neighbors.mutual(rows), expected, strict=True)
    np.testing.assert_array_equal(neighbors.mutual(rows, 3, 9), expected[3:9])


# Into a file.


def test_a_graph_in_a_file_is_the_graph_in_memory(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbors, "_LARGEST_TILE", 64)
    path = tmp_path / "graph.h5"
    store = vecstore.from_arrays(some_vectors(300, 8, rng))
    expected, matches = store.neighbors(4), store.neighbors(4, out=path)
    assert not matches.distances.flags.owndata
    np.testing.assert_array_equal(matches.distances, expected.distances)
    assert matches.keys.tolist() == expected.keys.tolist()
    with h5py.File(path) as file:
        np.testing.assert_array_equal(file["rows"], expected.rows, strict=True)
        np.testing.assert_array_equal(file["distances"], expected.distances, strict=True)
        np.testing.assert_array_equal(file["mutual"], neighbors.mutual(expected.rows))
        assert (file.attrs["format"], file.attrs["metric"]) == (b"vecstore neighbors", b"cosine")
    assert [one.name for one in tmp_path.iterdir()] == ["graph.h5"]


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "graph.h5"
    path.write_text("mine")
    with pytest.raises(vecstore.StoreExistsError, match="exists already; remove it or choose"):
        vecstore.from_arrays([[1, 2]]).neighbors(out=path)
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"k": 0}, "`k` must be at least 1; got 0."),
        ({"threads": 0}, "`threads` must be at least 1; got 0."),
        ({"memory": 1000}, "`memory` must be at least 1048576; got 1000."),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        vecstore.from_arrays([[1, 2]]).neighbors(**arguments)


# Real words.


def test_real_words_have_the_neighbours_that_numpy_finds() -> None:
    path = real("glove-6b-100d-text/glove.6B.100d.first50k.txt.gz")
    with vecstore.ingest.read(path, limit=4000) as reader:
        batches = list(reader)
    keys = [key for some, _ in batches for key in some]
    vectors = np.concatenate([some for _, some in batches])
    matches = vecstore.from_arrays(vectors, keys=keys).neighbors()
    wide = vectors.astype(np.float64)
    wide /= np.linalg.norm(wide, axis=1)[:, None]
    cosines = wide @ wide.T
    np.fill_diagonal(cosines, -2)
    np.testing.assert_allclose(matches.distances[:, 0], 1 - cosines.max(axis=1), atol=1e-14)
    assert matches[keys.index("king")][0].key == "prince"
