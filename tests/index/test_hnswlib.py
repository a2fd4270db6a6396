"""Graphs from hnswlib: the same links under our numbers, walked at least as well."""

import sys

import numpy as np
import pytest

from tests.real_data import real
from vecstore import kernels
from vecstore.arrays import Block
from vecstore.index.codes import encode
from vecstore.index.graph import problems
from vecstore.index.hnswlib import as_graph, hnsw_graph

hnswlib = pytest.importorskip("hnswlib")


def clustered(n: int, dim: int, seed: int = 0) -> np.ndarray:
    """Points around a tenth as many centers, in the order of these: hard to insert well."""
    rng = np.random.default_rng(seed)
    centers = rng.standard_normal((n // 10, dim), dtype=np.float32)
    return centers.repeat(10, axis=0) + 0.3 * rng.standard_normal((n, dim), dtype=np.float32)


def links_of(index: "hnswlib.Index", row: int) -> list[int]:
    """The links of level 0 as the file format of hnswlib has them, read in the plainest way."""
    (state,) = index.__getstate__()
    inner = dict(zip(state["label_lookup_external"], state["label_lookup_internal"], strict=True))
    outer = {number: label for label, number in inner.items()}
    start = inner[row] * state["size_data_per_element"] + state["offset_level0"]
    raw = state["data_level0"].tobytes()
    count = int.from_bytes(raw[start : start + 2], "little")
    numbers = [raw[start + 4 * i : start + 4 * i + 4] for i in range(1, count + 1)]
    return [int(outer[int.from_bytes(number, "little")]) for number in numbers]


def test_links_are_those_of_hnswlib() -> None:
    """Inserted by several threads, rows get numbers out of order."""
    rows = clustered(500, 6)
    index = hnswlib.Index("l2", 6)
    index.init_index(500, M=5, ef_construction=40, random_seed=2)
    index.add_items(rows, num_threads=4)
    graph = as_graph(index)
    assert [sentence for sentence in problems(graph, 500) if "reached" not in sentence] == []
    for row in range(500):
        links = links_of(index, row)
        assert graph.links[row, : len(links)].tolist() == links
        assert (graph.links[row, len(links) :] == 0xFFFFFFFF).all()


def recall(found: np.ndarray, true: np.ndarray) -> float:
    return float(np.mean([len(set(a) & set(b)) / len(b) for a, b in zip(found, true, strict=True)]))


def assert_as_good_as_hnswlib(
    vectors: np.ndarray,
    queries: np.ndarray,
    metric: str,
    M: int,
    ef_construction: int,
    efs: tuple[int, ...],
) -> None:
    """Compare the recall of a walk with that of `knn_query` on the same graph."""
    n, dim = vectors.shape
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True) if metric == "cosine" else 1
    peer = hnswlib.Index({"euclidean": "l2"}.get(metric, "ip"), dim)
    peer.init_index(n, M=M, ef_construction=ef_construction)
    peer.add_items(vectors / lengths)
    graph = as_graph(peer)
    engine = kernels.engine()
    block = Block(vectors, engine.inverse_norms(vectors), 0, None, encode([vectors], metric))
    true = engine.search([block], queries, 10, metric).rows
    for ef in efs:
        peer.set_ef(ef)
        theirs = recall(peer.knn_query(queries, 10)[0], true)
        ours = recall(engine.walk(graph, block, queries, 10, ef, metric).rows, true)
        # A neighbour or two of a few thousand may be found by chance.
        assert ours >= theirs - 0.002


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot"])
def test_a_walk_finds_what_knn_query_finds(metric: str) -> None:
    vectors, queries = clustered(3000, 24), clustered(300, 24, seed=1)
    assert_as_good_as_hnswlib(vectors, queries, metric, 8, 60, (10, 40, 120))


@pytest.mark.parametrize("name", ["minilm-wordnet-384-angular-10k", "bigann10k-128-euclidean"])
def test_a_walk_finds_what_knn_query_finds_of_real_data(name: str) -> None:
    path = real(f"ann-hdf5/{name}.hdf5")
    import h5py

    with h5py.File(path) as file:
        vectors, queries = (np.asarray(file[part], np.float32) for part in ("train", "test"))
        metric = {"angular": "cosine"}.get(file.attrs["distance"], "euclidean")
    assert_as_good_as_hnswlib(vectors, queries[:200], metric, 16, 100, (20, 40))


def test_rows_of_half_floats_are_rows() -> None:
    vectors = clustered(200, 8).astype(np.float16)
    graph = hnsw_graph(vectors, "cosine", M=4, threads=1)
    same = hnsw_graph(vectors.astype(np.float32), "cosine", M=4, threads=1)
    np.testing.assert_array_equal(graph.links, same.links)


def test_the_same_seed_gives_the_same_graph() -> None:
    vectors = clustered(400, 8)
    graphs = [hnsw_graph(vectors, "dot", M=4, threads=1, seed=seed) for seed in (3, 3, 4)]
    assert [len(level.down) for level in graphs[0].levels] == [
        len(level.down) for level in graphs[1].levels
    ]
    np.testing.assert_array_equal(graphs[0].links, graphs[1].links)
    assert not np.array_equal(graphs[0].levels[-1].down, graphs[2].levels[-1].down)


def test_building_tells_how_far_it_is() -> None:
    told: list[tuple[int, int | None]] = []
    hnsw_graph(
        clustered(5000, 4),
        "euclidean",
        M=2,
        ef_construction=10,
        progress=lambda *at: told.append(at),
    )
    assert told == [(4096, 5000), (5000, 5000)]


def test_no_rows_make_an_empty_graph() -> None:
    graph = hnsw_graph(np.empty((0, 4), np.float32), "cosine", M=4)
    assert graph.links.shape == (0, 8)
    assert list(problems(graph, 0)) == []


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"M": 1}, "`M` must be at least 2; got 1."),
        ({"M": 10_001}, "`M` must be at most 10000; got 10001."),
        ({"ef_construction": 0}, "`ef_construction` must be at least 1; got 0."),
    ],
)
def test_parameters_out_of_range_are_refused(parameters: dict[str, int], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        hnsw_graph(clustered(20, 4), "cosine", **parameters)


def test_without_hnswlib_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hnswlib", None)
    with pytest.raises(ImportError, match=r'pip install "vecstore-exact\[hnsw\]"\.$'):
        hnsw_graph(clustered(20, 4), "cosine")


def test_a_state_of_another_version_is_not_read() -> None:
    class Later:
        def __getstate__(self) -> tuple[dict[str, int]]:
            return ({"ser_version": 2},)

    with pytest.raises(ImportError, match="version 2; version 1 can be read"):
        as_graph(Later())
