"""`walk` and `grow` of every engine and level.

Where codes are exact (small whole numbers) an engine goes the way of the reference, step by step.
Where they are not it may come to other rows, but a walk that is wide enough finds what the exact
search finds, to the bit. And no graph, however damaged, leads it out of the arrays.
"""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.conftest import CHOICES
from tests.helpers import KINDS, assert_same_neighbors, make_vectors, misaligned
from vecstore.arrays import Block, Exclusions, as_words
from vecstore.index.graph import NOBODY, Graph, Level, problems
from vecstore.kernels import reference
from vecstore.kernels.contract import Engine

METRICS = ["cosine", "euclidean", "dot"]
# The walks of the other engines are the reference.
NATIVE = [choice for choice in CHOICES if choice.startswith("native")]


def block_of(vectors: np.ndarray, metric: str, keep: np.ndarray | None = None) -> Block:
    """The rows with codes, as a block that begins at row 7 of its snapshot."""
    codes = reference.encode(vectors, metric, np.zeros(vectors.shape[1], np.float32))
    return Block(vectors, None, 7, None if keep is None else as_words(keep), codes)


def ring(n: int, width: int, rng: np.random.Generator) -> Graph:
    """A graph that leads everywhere: a ring, and links at random."""
    links = rng.integers(0, n, (n, width)).astype(np.uint32)
    links[:, width // 2] = (np.arange(n) + 1) % n
    return Graph(links, (), int(rng.integers(n)))


def near(vectors: np.ndarray, width: int, rng: np.random.Generator) -> Graph:
    """A graph with one upper level: some near rows, some at random, and room that is not used."""
    n = len(vectors)
    wide = vectors.astype(np.float64)
    apart = ((wide[:, None] - wide) ** 2).sum(axis=2)
    np.fill_diagonal(apart, np.inf)
    links = np.full((n, width), NOBODY, np.uint32)
    links[:, : width // 2] = np.argsort(apart, axis=1, kind="stable")[:, : width // 2]
    links[:, width // 2 : width - 2] = rng.integers(0, n, (n, width - 2 - width // 2))
    nodes = rng.choice(n, n // 8, replace=False).astype(np.uint32)
    upper = np.full((len(nodes), 6), NOBODY, np.uint32)
    upper[:, :4] = rng.integers(0, len(nodes), (len(nodes), 4))
    return Graph(links, (Level(upper, nodes),), 3)


def exactly_coded(metric: str, n: int, dim: int, rng: np.random.Generator) -> np.ndarray:
    """Rows that codes tell apart as well as vectors do, ties included."""
    if metric == "dot":
        return rng.integers(-9, 10, (n, dim)).astype(np.float32)
    # Of whole length, because the codes of a row come with its length as a float32.
    return rng.choice(np.float32([-1, 1]), (n, dim))


def excluding(n_queries: int, n: int, rng: np.random.Generator) -> Exclusions:
    return np.arange(n_queries + 1) * 2, rng.integers(7, 7 + n, 2 * n_queries)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_walk_past_all_rows_is_the_exact_search(
    kernel: Engine, kind: str, metric: str, rng: np.random.Generator
) -> None:
    for dim, dtype in ((1, np.float32), (19, np.float16), (100, np.float32)):
        vectors = misaligned(make_vectors(kind, 90, dim, rng, dtype), 1, 3)
        queries = make_vectors("uniform", 5, dim, rng)
        graph, exclude = ring(90, 3, rng), excluding(5, 90, rng)
        for keep in (None, rng.random(90) < 0.3):
            block = block_of(vectors, metric, keep)
            found = kernel.walk(graph, block, queries, 6, 90, metric, exclude=exclude, threads=2)
            expected = reference.search([block], queries, 6, metric, exclude=exclude)
            assert_same_neighbors(found, expected)


@pytest.mark.parametrize("engine", NATIVE, indirect=True)
@pytest.mark.parametrize("dim", [4, 64, 100])
@pytest.mark.parametrize("metric", ["euclidean", "dot"])
def test_walks_go_the_way_of_the_reference(
    kernel: Engine, metric: str, dim: int, rng: np.random.Generator
) -> None:
    vectors, queries = (exactly_coded(metric, n, dim, rng) for n in (200, 6))
    graph = near(vectors, 12, rng)
    for keep in (None, rng.random(200) < 0.3):
        block = block_of(vectors, metric, keep)
        for exclude in (None, excluding(6, 200, rng)):
            for ef in (1, 7, 300):
                asked = graph, block, queries, 4, ef, metric
                found = kernel.walk(*asked, exclude=exclude)
                expected = reference.walk(*asked, exclude=exclude)
                assert_same_neighbors(found, expected)
                assert found.work.scanned == expected.work.scanned


numbers = st.one_of(st.integers(0, 12), st.integers(0, 2**32 - 1), st.just(NOBODY))


def some_links(n: int) -> st.SearchStrategy[np.ndarray]:
    return st.integers(0, 4).flatmap(lambda width: arrays(np.uint32, (n, width), elements=numbers))


@st.composite
def damaged_graphs(draw: st.DrawFn) -> Graph:
    levels = []
    for m in draw(st.lists(st.integers(0, 5), max_size=3)):
        levels.append(Level(draw(some_links(m)), draw(arrays(np.uint32, m, elements=numbers))))
    return Graph(draw(some_links(10)), tuple(levels), draw(st.integers(-2, 2**32)))


# The engine and its level stay the same for all examples of a test.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(graph=damaged_graphs(), ef=st.integers(1, 12))
def test_no_graph_leads_out_of_its_arrays(kernel: Engine, graph: Graph, ef: int) -> None:
    vectors = np.random.default_rng(1).standard_normal((10, 5)).astype(np.float32)
    keep = np.arange(10) != 4
    found = kernel.walk(graph, block_of(vectors, "cosine", keep), vectors, 3, ef, "cosine")
    exact = reference.distances(vectors, vectors, "cosine")
    for query in range(10):
        rows = found.rows[query, : found.counts[query]] - 7
        assert keep[rows].all()
        assert len(set(rows.tolist())) == len(rows)
        assert (found.distances[query, : len(rows)] == exact[query, rows]).all()
        assert (np.diff(found.distances[query, : len(rows)]) >= 0).all()


def test_rows_that_may_not_answer_are_walked_past(kernel: Engine) -> None:
    """Only the far end of a chain may answer, and only along the chain can it be found."""
    vectors = np.arange(1, 31, dtype=np.float32)[:, None].repeat(3, axis=1)
    links = np.stack([np.arange(30) - 1, np.arange(30) + 1], axis=1).astype(np.uint32)
    links[0] = [1, NOBODY]
    block = block_of(vectors, "euclidean", np.arange(30) > 27)
    found = kernel.walk(Graph(links, (), 0), block, vectors[:1], 2, 2, "euclidean")
    assert found.rows.tolist() == [[7 + 28, 7 + 29]]


def test_what_cannot_be_reached_is_missing_and_not_made_up(kernel: Engine) -> None:
    vectors = np.eye(4, dtype=np.float32)
    links = np.array([[1], [0], [3], [2]], np.uint32)
    found = kernel.walk(Graph(links, (), 2), block_of(vectors, "cosine"), vectors, 3, 9, "cosine")
    assert found.counts.tolist() == [2, 2, 2, 2]
    assert found.rows[2].tolist() == [9, 10, -1]
    assert np.isinf(found.distances[:, 2]).all()


def test_a_row_without_a_distance_is_no_answer(kernel: Engine) -> None:
    vectors = np.eye(4, dtype=np.float32)
    vectors[1, 2] = np.nan
    links = np.array([[1, 2], [0, 2], [3, 0], [2, 1]], np.uint32)
    found = kernel.walk(
        Graph(links, (), 1), block_of(vectors, "cosine"), vectors[:1], 4, 4, "cosine"
    )
    assert sorted(found.rows[0].tolist()) == [-1, 7, 9, 10]


def test_nothing_asked_and_nothing_there(kernel: Engine) -> None:
    vectors = np.eye(3, dtype=np.float32)
    nothing = Graph(np.empty((0, 4), np.uint32), (), 0)
    found = kernel.walk(nothing, block_of(vectors[:0], "dot"), vectors, 2, 5, "dot")
    assert found.counts.tolist() == [0, 0, 0]
    graph = Graph(np.array([[1], [2], [0]], np.uint32), (), 0)
    assert kernel.walk(graph, block_of(vectors, "dot"), vectors[:0], 2, 5, "dot").rows.shape == (
        0,
        2,
    )


def test_a_batch_is_its_queries_one_by_one(kernel: Engine, rng: np.random.Generator) -> None:
    vectors = make_vectors("uniform", 200, 20, rng)
    graph, block, exclude = (
        near(vectors, 10, rng),
        block_of(vectors, "cosine"),
        excluding(20, 200, rng),
    )
    queries = make_vectors("uniform", 20, 20, rng)
    batch = kernel.walk(graph, block, queries, 5, 12, "cosine", exclude=exclude, threads=3)
    offsets, rows = exclude
    for i in range(20):
        alone = np.array([0, 2]), rows[offsets[i] : offsets[i + 1]]
        found = kernel.walk(
            graph, block, queries[i : i + 1], 5, 12, "cosine", exclude=alone, threads=1
        )
        assert_same_neighbors(found, tuple(part[i : i + 1] for part in batch[:3]))


def grown(kernel: Engine, block: Block, metric: str, threads: int, seed: int) -> Graph:
    n = len(block.vectors)
    order = np.random.default_rng(seed).permutation(n)
    graph = Graph(np.full((n, 8), NOBODY, np.uint32), (), int(order[0]))
    first = 1
    while first < n:
        stop = min(n, first + 1 + first // 4)
        kernel.grow(graph, block, order[first:stop], 4, 20, metric, threads=threads)
        first = stop
    return graph


@pytest.mark.parametrize("engine", NATIVE, indirect=True)
@pytest.mark.parametrize("dim", [4, 64, 100])
@pytest.mark.parametrize("metric", ["euclidean", "dot"])
def test_graphs_grow_like_that_of_the_reference(
    kernel: Engine, metric: str, dim: int, rng: np.random.Generator
) -> None:
    block = block_of(exactly_coded(metric, 120, dim, rng), metric, rng.random(120) < 0.5)
    expected = grown(reference, block, metric, 1, dim)
    for threads in (1, 3):
        np.testing.assert_array_equal(
            grown(kernel, block, metric, threads, dim).links, expected.links
        )


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_has_grown_is_a_graph(
    kernel: Engine, kind: str, metric: str, rng: np.random.Generator
) -> None:
    vectors = make_vectors(kind, 80, 17, rng, np.float16)
    graph = grown(kernel, block_of(vectors, metric), metric, 2, 1)
    assert [sentence for sentence in problems(graph, 80) if "reached" not in sentence] == []
    for row, links in enumerate(graph.links.tolist()):
        used = [number for number in links if number != NOBODY]
        assert row not in used
        assert len(set(used)) == len(used)
    assert (graph.links[:, 0] != NOBODY).all()
