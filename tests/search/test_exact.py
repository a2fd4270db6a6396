"""The exact search: every path has the answer of the reference, and the plan says which it was."""

from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest

import vecstore
from tests.helpers import KINDS, assert_same_neighbors, make_vectors
from tests.real_data import real
from vecstore import kernels
from vecstore.arrays import Block, as_words
from vecstore.index import codes
from vecstore.kernels import reference
from vecstore.search import exact
from vecstore.snapshot import part as parts
from vecstore.snapshot.part import Part
from vecstore.snapshot.snapshot import Snapshot
from vecstore.storage.keys.key_tables import build_keys
from vecstore.store.store import Store

METRICS = ["cosine", "euclidean", "dot"]
PATHS = ["codes", "float", "gather"]


def blocks_of(
    vectors: np.ndarray,
    metric: str,
    cuts: tuple[int, ...] = (),
    mask: np.ndarray | None = None,
    uncoded: tuple[int, ...] = (),
) -> list[Block]:
    """The rows as blocks cut at `cuts`, with codes but for the blocks numbered in `uncoded`."""
    blocks = []
    for number, (start, stop) in enumerate(pairwise((0, *cuts, len(vectors)))):
        rows = vectors[start:stop]
        norms = reference.inverse_norms(rows) if metric == "cosine" else None
        words = None if mask is None else as_words(mask[start:stop])
        found = None if number in uncoded else codes.encode([rows], metric)
        blocks.append(Block(rows, norms, start, words, found))
    return blocks


def queries_for(vectors: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Rows, and things near rows; none of them zero."""
    queries = vectors[rng.integers(0, len(vectors), n)].astype(np.float32)
    queries[::2] += 0.1 * rng.standard_normal(queries[::2].shape).astype(np.float32)
    queries[~queries.any(axis=1)] = 1
    return queries


# The same answer on every path.


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_every_path_has_the_answer_of_the_reference(
    path: str, metric: str, dtype: type, rng: np.random.Generator
) -> None:
    for kind, dim, n_queries in zip(
        KINDS, (1, 3, 16, 33, 64, 100), (1, 4, 5, 17, 1, 70), strict=True
    ):
        vectors = make_vectors(kind, 400, dim, rng, dtype)
        mask = rng.random(400) < 0.5
        blocks = blocks_of(vectors, metric, (130,), mask)
        queries = queries_for(vectors, n_queries, rng)
        exclude = np.arange(n_queries + 1) * 4, rng.integers(0, 401, 4 * n_queries)
        for k, left_out in product((1, 10, 250), (None, exclude)):
            found, plan = exact.search(blocks, queries, k, metric, path, exclude=left_out)
            expected = reference.search(blocks, queries, k, metric, exclude=left_out)
            assert_same_neighbors(found, expected)
            assert plan.path == path


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("metric", METRICS)
def test_blocks_without_codes_are_searched_beside_those_with_them(
    metric: str, rng: np.random.Generator
) -> None:
    vectors = make_vectors("uniform", 300, 20, rng)
    vectors[200:] = vectors[:100]  # ties between blocks
    for uncoded in [(), (0,), (2,), (0, 1, 2)]:
        blocks = blocks_of(vectors, metric, (100, 200), uncoded=uncoded)
        for n_queries, k in [(1, 5), (30, 5), (3, 350)]:
            queries = queries_for(vectors, n_queries, rng)
            found, plan = exact.search(blocks, queries, k, metric, "codes")
            assert_same_neighbors(found, reference.search(blocks, queries, k, metric))
            assert plan.path == ("float" if len(uncoded) == 3 else "codes")
            assert plan.scanned == 300


@pytest.mark.parametrize("path", PATHS)
def test_nothing_qualifies(path: str) -> None:
    vectors = np.ones((70, 4), np.float32)
    nobody = blocks_of(vectors, "dot", mask=np.zeros(70, np.bool_))
    exclude = np.array([0, 1, 1]), np.array([5])
    for blocks in (nobody, []):
        found, _ = exact.search(blocks, vectors[:2], 3, "dot", path, exclude=exclude)
        assert found.counts.tolist() == [0, 0]
        assert (found.rows == -1).all()


def test_equal_rows_come_in_order_when_gathered(rng: np.random.Generator) -> None:
    vectors = np.repeat(make_vectors("uniform", 3, 8, rng), 100, axis=0)
    mask = rng.random(300) < 0.3
    found, _ = exact.search(
        blocks_of(vectors, "euclidean", (150,), mask), vectors[:1], 20, "euclidean", "gather"
    )
    assert found.rows[0].tolist() == np.flatnonzero(mask[:100])[:20].tolist()


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    "name", ["minilm-wordnet-384-angular-10k.hdf5", "bigann10k-128-euclidean.hdf5"]
)
def test_real_data_has_the_answer_of_the_reference_on_codes(name: str) -> None:
    path = real(f"ann-hdf5/{name}")
    with vecstore.open(path, dataset="train") as train, vecstore.open(path, dataset="test") as test:
        (_, vectors), (_, queries) = next(train.batches(3000)), next(test.batches(12))
        blocks = blocks_of(np.array(vectors), str(train.metric))
        for n in (1, 12):
            found, plan = exact.search(blocks, queries[:n], 10, str(train.metric), "codes")
            expected = reference.search(blocks, queries[:n], 10, str(train.metric))
            assert_same_neighbors(found, expected)
            if kernels.engine().NAME == "native":
                assert plan.survivors is not None
                assert plan.survivors < 100


# The choice.


def chosen(level: str = "avx2", **changes: int) -> str:
    asked = {"rows": 300_000, "dim": 100, "n_queries": 1, "k": 10, **changes}
    asked.setdefault("qualifying", asked["rows"])
    return exact.choose(level, **asked)


def test_codes_are_for_many_rows() -> None:
    for level in kernels.engine("native").levels():
        assert chosen(level) == "codes"
        assert chosen(level, rows=500) == "float"


def test_a_batch_has_codes_where_there_are_instructions_for_them() -> None:
    assert chosen("avx512", n_queries=1000) == "codes"
    assert chosen("avx2", n_queries=1000) == "codes"
    assert chosen("scalar", n_queries=1000) == "float"


def test_an_engine_without_codes_has_no_choice() -> None:
    assert chosen("float64") == "float"


def test_codes_are_not_for_few_dimensions_nor_for_most_of_the_rows() -> None:
    assert chosen(dim=4) == "float"
    assert chosen(k=100_000) == "float"
    assert chosen(dim=65537) == "float"


def test_few_rows_that_qualify_are_gathered_the_more_the_more_queries_share_them() -> None:
    assert chosen(qualifying=300) == "gather"
    assert chosen(qualifying=20_000) == "codes"
    assert chosen(qualifying=20_000, n_queries=1000) == "gather"
    assert chosen(qualifying=150_000, n_queries=1000) == "codes"


def test_no_more_is_gathered_than_fits_in_memory() -> None:
    assert chosen(rows=10**9, qualifying=10**7) == "codes"


def summed(vectors: int, total: int = 3000, most: int = 3) -> exact.Terms:
    return exact.Terms(vectors, total, most)


def test_many_sums_of_few_vectors_share_their_cosines() -> None:
    assert chosen("avx512", n_queries=1000, terms=summed(140)) == "sums"
    assert chosen("avx512", n_queries=1000, terms=summed(141)) == "codes"
    assert chosen("avx512", n_queries=300, terms=summed(1)) == "codes"
    assert chosen("avx2", n_queries=1000, terms=summed(475)) == "sums"


def test_sums_are_for_engines_that_have_them() -> None:
    assert chosen("amx", n_queries=1000, terms=summed(3)) == "codes"
    assert chosen("numba", n_queries=1000, terms=summed(3)) == "codes"


def test_sums_are_not_for_few_rows_nor_for_most_of_them() -> None:
    assert chosen(n_queries=1000, terms=summed(3), qualifying=20_000) == "gather"
    assert chosen(n_queries=1000, terms=summed(3), k=5000) == "codes"


def test_sums_are_of_few_vectors_each() -> None:
    assert chosen(n_queries=1000, terms=summed(3, 25_000, 25)) == "sums"
    assert chosen(n_queries=1000, terms=summed(3, 25_001, 26)) == "codes"
    assert chosen(n_queries=1000, terms=summed(3, 3000, 129)) == "codes"
    assert chosen(n_queries=1000, terms=summed(3), dim=65537) == "float"


# A store's way through it.


def store_of(vectors: np.ndarray, cuts: tuple[int, ...] = ()) -> Store:
    made = tuple(
        Part(vectors[a:b], build_keys(np.arange(a, b), "int"), "cosine")
        for a, b in pairwise((0, *cuts, len(vectors)))
    )
    return Store(Snapshot(made, vectors.shape[1], vectors.dtype, "int"), "cosine")


@pytest.fixture
def native(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VECSTORE_ENGINE", "native")
    monkeypatch.setenv("VECSTORE_SIMD", kernels.engine("native").levels()[0])


@pytest.mark.usefixtures("native")
def test_codes_are_made_when_they_have_become_worth_it(rng: np.random.Generator) -> None:
    vectors = make_vectors("uniform", 8000, 100, rng)
    store, paths, answers = store_of(vectors, (3000,)), [], []
    for _ in range(40):
        matches = store.search(vectors[5], k=3)
        paths.append(matches.plan.path)
        answers.append((matches.keys.tolist(), matches.distances.tolist()))
    made = paths.index("codes")
    assert made == parts._WORTH_CODES // parts._LEAST_PER_CALL - 1
    assert paths == ["float"] * made + ["codes"] * (40 - made)
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.usefixtures("native")
def test_a_large_batch_has_codes_at_once(rng: np.random.Generator) -> None:
    vectors = make_vectors("uniform", 8000, 100, rng)
    assert store_of(vectors).search(vectors[:500], k=3).plan.path == "codes"


@pytest.mark.usefixtures("native")
def test_a_prepared_store_has_codes_from_the_first_query_on(rng: np.random.Generator) -> None:
    vectors, calls = make_vectors("uniform", 8000, 100, rng), []
    store = store_of(vectors, (16, 5000))
    store.prepare(progress=lambda done, total: calls.append((done, total)))
    assert calls == [(16, 8000), (5000, 8000), (8000, 8000)]
    plan = store.search(vectors[0]).plan
    assert (plan.path, plan.engine, plan.scanned) == ("codes", "native", 8000)
    assert plan.survivors < 1000
    assert plan.threads >= 1


@pytest.mark.usefixtures("native")
def test_a_store_on_disk_has_codes_from_the_first_query_on(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    vectors = make_vectors("uniform", 8000, 100, rng)
    with vecstore.create(tmp_path / "a.vecs", dim=100, keys="int") as store:
        store.add_batches((np.arange(i, i + 40), vectors[i : i + 40]) for i in range(0, 8000, 40))
    with vecstore.open(tmp_path / "a.vecs") as store:
        matches = store.search(vectors[:3], k=5)
    assert matches.plan.path == "codes"
    expected = store_of(vectors).search(vectors[:3], k=5)
    assert matches.keys.tolist() == expected.keys.tolist()
    np.testing.assert_array_equal(matches.distances, expected.distances)


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("share", [0.0, 0.002, 0.05, 0.5, 1.0])
def test_a_mask_leaves_k_of_those_that_qualify(share: float, rng: np.random.Generator) -> None:
    vectors = make_vectors("uniform", 2000, 64, rng)
    where = rng.random(2000) < share
    store, alone = store_of(vectors, (700,)), np.flatnonzero(where)
    for n_queries in (1, 50):
        queries = queries_for(vectors, n_queries, rng)
        matches = store.search(queries, k=10, where=where)
        assert (matches.counts == min(10, len(alone))).all()
        expected = reference.search(blocks_of(vectors[alone], "cosine"), queries, 10, "cosine")
        np.testing.assert_array_equal(matches.distances, expected.distances)
        found = matches.keys >= 0
        assert alone[expected.rows[found]].tolist() == matches.keys[found].tolist()


def test_a_custom_metric_is_planned_too() -> None:
    numba = pytest.importorskip("numba")
    store = vecstore.from_arrays(np.eye(3), metric=numba.njit(lambda x, y: abs(x[0] - y[0])))
    plan = store.search([1, 0, 0], k=1).plan
    assert (plan.path, plan.engine, plan.scanned) == ("float", "numba", 3)


def test_products_are_planned_too() -> None:
    plan = vecstore.from_arrays(np.eye(4)).analogy([0, 1], [2], method="mul").plan
    assert (plan.path, plan.scanned) == ("float", 4)


def test_parts_of_an_answer_have_its_plan(rng: np.random.Generator) -> None:
    matches = store_of(make_vectors("uniform", 100, 4, rng)).search(np.ones((3, 4)))
    assert matches[0].plan is matches[:2].plan is matches.plan
