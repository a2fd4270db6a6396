"""Graphs built by walks of our own: as good as hnswlib's, on any number of threads the same."""

from pathlib import Path

import numpy as np
import pytest

from vecstore import kernels
from vecstore.arrays import Block
from vecstore.index.building import grown_graph
from vecstore.index.codes import encode
from vecstore.index.graph import Graph, problems, reached

pytestmark = pytest.mark.skipif(
    kernels.engine().NAME != "native", reason="building is slow without the compiled core"
)

GLOVE = Path(__file__).parents[2] / "vecstore/data/glove-6b-100d.txt.gz"


def clustered(n: int, dim: int, seed: int = 0) -> np.ndarray:
    """Points around a tenth as many centers, in the order of these: hard to insert well."""
    rng = np.random.default_rng(seed)
    centers = rng.standard_normal((n // 10, dim), dtype=np.float32)
    return centers.repeat(10, axis=0) + 0.3 * rng.standard_normal((n, dim), dtype=np.float32)


def recalls(
    graph: Graph, vectors: np.ndarray, queries: np.ndarray, metric: str, efs: tuple[int, ...]
) -> list[float]:
    """The share of the 10 nearest that walks of some widths find."""
    engine = kernels.engine()
    block = Block(vectors, engine.inverse_norms(vectors), 0, None, encode([vectors], metric))
    true = engine.search([block], queries, 10, metric).distances[:, 9:]
    found = [engine.walk(graph, block, queries, 10, ef, metric).distances for ef in efs]
    return [float((distances <= true).mean()) for distances in found]


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot"])
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_walks_find_what_is_near(metric: str, dtype: type) -> None:
    vectors, queries = clustered(4000, 24).astype(dtype), clustered(200, 24, seed=1)
    graph = grown_graph(vectors, metric, M=12, ef_construction=80)
    assert [sentence for sentence in problems(graph, 4000) if "reached" not in sentence] == []
    narrow, wide = recalls(graph, vectors, queries, metric, (20, 200))
    assert narrow > 0.85
    assert wide > 0.99


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_words_are_found_as_in_a_graph_of_hnswlib(metric: str) -> None:
    pytest.importorskip("hnswlib")
    import polars as pl

    from vecstore.index.hnswlib import hnsw_graph

    table = pl.read_csv(GLOVE, separator=" ", has_header=False, quote_char=None)
    words = table[:, 1:].to_numpy().astype(np.float32, order="C")
    vectors, queries = words[:-500], words[-500:]
    ours = grown_graph(vectors, metric, ef_construction=100)
    theirs = hnsw_graph(vectors, metric, ef_construction=100)
    for mine, other in zip(
        recalls(ours, vectors, queries, metric, (20, 40, 80)),
        recalls(theirs, vectors, queries, metric, (20, 40, 80)),
        strict=True,
    ):
        assert mine >= other - 0.015


def test_threads_change_nothing_and_seeds_do() -> None:
    vectors = clustered(3000, 12)
    one, two, other = (
        grown_graph(vectors, "cosine", M=6, ef_construction=40, threads=threads, seed=seed)
        for threads, seed in ((1, 0), (3, 0), (1, 1))
    )
    np.testing.assert_array_equal(one.links, two.links)
    assert one.entry == two.entry
    assert [level.down.tolist() for level in one.levels] == [
        level.down.tolist() for level in two.levels
    ]
    assert not np.array_equal(one.links, other.links)


def test_upper_levels_are_smaller_and_smaller_samples() -> None:
    graph = grown_graph(clustered(40_000, 4), "euclidean", M=3, ef_construction=10)
    assert [len(level.down) for level in graph.levels] == [39, 1250]
    top, lower = graph.levels
    assert top.down.tolist() == list(range(39))
    assert len(set(lower.down.tolist())) == 1250
    assert graph.entry == 0
    assert list(problems(graph, 40_000))[1:] == []
    assert reached(graph).mean() > 0.99


def test_building_tells_how_far_it_is() -> None:
    told: list[tuple[int, int | None]] = []
    grown_graph(clustered(500, 4), "euclidean", M=2, progress=lambda *at: told.append(at))
    assert told[-1] == (500, 500)
    assert told == sorted(told)


@pytest.mark.parametrize("n", [0, 1, 2, 31, 32, 33])
def test_few_rows_make_a_small_graph(n: int) -> None:
    graph = grown_graph(clustered(40, 3)[:n], "cosine", M=4)
    assert graph.links.shape == (n, 8)
    assert list(problems(graph, n)) == []


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"M": 1}, "`M` must be at least 2; got 1."),
        ({"ef_construction": 0}, "`ef_construction` must be at least 1; got 0."),
    ],
)
def test_parameters_out_of_range_are_refused(parameters: dict[str, int], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        grown_graph(clustered(20, 4), "cosine", **parameters)
