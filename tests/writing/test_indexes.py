"""Indexes of a store: what they answer, what they are known for, and what becomes of them."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import vecstore
from vecstore.errors import VecstoreError
from vecstore.search.calibration import recall
from vecstore.storage.disk.names import parse_name

DIM = 16
EVERY_ROW = {"ef": 100_000}  # a walk that ends when there is nothing left to look at


def clustered(n: int, seed: int = 0) -> np.ndarray:
    centres = np.random.default_rng(99).standard_normal((20, DIM))
    rng = np.random.default_rng(seed)
    points = centres[rng.integers(20, size=n)] + rng.standard_normal((n, DIM))
    return points.astype(np.float32)


@pytest.fixture(params=["cosine", "euclidean", "dot"])
def metric(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def indexed(tmp_path: Path, metric: str) -> Iterator[vecstore.Store]:
    with vecstore.create(tmp_path / "points.vecs", DIM, metric=metric, keys="int") as store:
        store.add(range(3000), clustered(3000), {"even": [i % 2 == 0 for i in range(3000)]})
        store.build_index(M=8, ef_construction=60)
        yield store


def same(got: Any, wanted: Any) -> None:
    assert got.keys.tolist() == wanted.keys.tolist()
    assert got.distances.tolist() == wanted.distances.tolist()


def test_a_walk_past_every_row_is_exact(indexed: vecstore.Store) -> None:
    queries = clustered(40, seed=1)
    found = indexed.search(queries, k=7, approximate=EVERY_ROW)
    same(found, indexed.search(queries, k=7))
    assert found.plan.path == "graph"
    assert found.plan.ef >= EVERY_ROW["ef"]


def test_the_recall_asked_for_is_had(indexed: vecstore.Store) -> None:
    queries = clustered(300, seed=2)
    truth = indexed.search(queries, k=10)
    for wanted in (0.8, 0.9, 0.95):
        step = next(
            one for one in indexed.info()["indexes"][0]["steps"] if one["assured"][1] >= wanted
        )
        found = indexed.search(queries, k=10, approximate={"ef": step["ef"]})
        hits = found.distances <= truth.distances[:, -1:]
        assert hits.mean() >= wanted
        plan = indexed.search(queries[0], k=10, approximate=wanted).plan
        assert plan.path == "graph" or "as fast" in plan.note


def test_a_recall_that_no_walk_has_is_answered_exactly(indexed: vecstore.Store) -> None:
    query = clustered(1, seed=3)
    for wanted, k in ((1.0, 10), (0.9, 200)):
        found = indexed.search(query, k=k, approximate=wanted)
        same(found, indexed.search(query, k=k))
        assert "no walk is assured to reach" in found.plan.note


def test_rows_that_came_later_are_found_and_deleted_ones_are_not(indexed: vecstore.Store) -> None:
    queries = clustered(30, seed=4)
    nearest = indexed.search(queries, k=1).keys[:, 0]
    indexed.delete(sorted(set(nearest.tolist())))
    indexed.add(range(5000, 5030), queries * np.float32(1.001))
    for _ in range(2):
        found = indexed.search(queries, k=5, approximate=EVERY_ROW)
        same(found, indexed.search(queries, k=5))
        assert not set(nearest.tolist()) & set(found.keys.ravel().tolist())
        assert found.plan.path == "graph"
        indexed.flush()


def test_a_filter_is_filled_whether_many_or_few_qualify(indexed: vecstore.Store) -> None:
    queries = clustered(20, seed=5)
    many = indexed.search(queries, k=5, where="even", approximate={"ef": 80})
    assert many.plan.path == "graph"
    assert (many.counts == 5).all()
    assert (many.keys % 2 == 0).all()
    few = indexed.search(queries, k=5, where="key < 40", approximate={"ef": 80})
    same(few, indexed.search(queries, k=5, where="key < 40"))
    assert "too few for a walk" in few.plan.note


def test_excluded_keys_make_room_for_others(indexed: vecstore.Store) -> None:
    query = clustered(1, seed=6)[0]
    first = indexed.search(query, k=50).keys.tolist()
    found = indexed.search(query, k=10, exclude=first[:40], approximate=EVERY_ROW)
    assert found.keys.tolist() == first[40:]


def test_part_of_the_rows_may_be_indexed(indexed: vecstore.Store) -> None:
    indexed.build_index(M=8, where="even")
    assert indexed.info()["indexes"][0]["rows"] == 1500
    queries = clustered(20, seed=7)
    same(
        indexed.search(queries, k=6, approximate=EVERY_ROW),
        indexed.search(queries, k=6),
    )


def test_it_is_there_again_after_opening(indexed: vecstore.Store) -> None:
    indexed.close()
    path = indexed.path
    assert path is not None
    assert list(vecstore.check(path)) == []
    with vecstore.open(path) as reader:
        [known] = reader.info()["indexes"]
        assert (known["kind"], known["M"], known["rows"]) == ("hnsw", 8, 3000)
        assert known["source"] == "held-out rows"
        assert reader.search(clustered(1), k=3, approximate={"ef": 30}).plan.path == "graph"


def test_tuning_takes_queries_that_are_brought(indexed: vecstore.Store) -> None:
    before = indexed.info()["indexes"][0]["file"]
    indexed.tune_index(clustered(64, seed=8))
    [known] = indexed.info()["indexes"]
    assert (known["source"], known["queries"]) == ("given", 64)
    assert known["file"] != before


def test_dropping_leaves_the_store_as_it_would_be(indexed: vecstore.Store) -> None:
    indexed.drop_index()
    indexed.drop_index()
    assert indexed.info()["indexes"] == []
    assert not [one for one in indexed.info()["files"] if one.startswith("index")]
    assert "no index" in indexed.search(clustered(1), approximate=0.9).plan.note
    with pytest.raises(ValueError, match="has no index to measure"):
        indexed.tune_index()


def test_compaction_keeps_the_indexes_of_what_it_does_not_touch(indexed: vecstore.Store) -> None:
    indexed.delete(range(0, 3000, 3))
    indexed.add(range(4000, 4100), clustered(100, seed=9))
    indexed.compact()
    assert indexed.info()["indexes"] == []  # its segment was written anew
    same(
        indexed.search(clustered(9), k=5, approximate=0.9),
        indexed.search(clustered(9), k=5),
    )


@pytest.mark.parametrize("damage", ["byte", "short", "gone", "other"])
def test_a_damaged_index_is_reported_and_done_without(tmp_path: Path, damage: str) -> None:
    path, queries = tmp_path / "points.vecs", clustered(20, seed=10)
    with vecstore.create(path, DIM, keys="int") as store:
        store.add(range(1000), clustered(1000))
        store.build_index(M=8)
        truth = store.search(queries, k=5)
        keys = truth.keys.tolist()
    [file] = path.glob("index-*.h5")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    if damage == "gone":
        file.unlink()
    elif damage == "byte":
        file.write_bytes(bytes(content))
    else:
        file.write_bytes(bytes(content[:5000] if damage == "short" else content[::-1]))
    assert any(problem.path == file for problem in vecstore.check(path))
    with vecstore.open(path, mode="a") as store:
        if damage == "byte":  # only checksums tell; a walk stays inside the graph all the same
            found = store.search(queries, k=5, approximate={"ef": 50})
            assert np.isfinite(found.distances).all()
        else:
            with pytest.warns(UserWarning, match=r"damaged.*Searches are exact meanwhile"):
                found = store.search(queries, k=5, approximate=0.9)
            assert found.keys.tolist() == keys
            assert found.distances.tolist() == truth.distances.tolist()
            assert "problem" in store.info()["indexes"][0]
        store.build_index(M=8)
    assert list(vecstore.check(path)) == []


def test_hnswlib_builds_an_index_too(indexed: vecstore.Store) -> None:
    pytest.importorskip("hnswlib")
    indexed.build_index("hnswlib", M=8, ef_construction=60)
    assert [one["kind"] for one in indexed.info()["indexes"]] == ["hnswlib"]
    queries = clustered(5)
    same(indexed.search(queries, approximate=EVERY_ROW), indexed.search(queries))


def test_without_hnswlib_one_line_says_what_to_install(
    indexed: vecstore.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "hnswlib", None)
    with pytest.raises(ImportError, match=r"vecstore-exact\[hnsw\]"):
        indexed.build_index("hnswlib")
    indexed.build_index(M=8, ef_construction=60)
    queries = clustered(5)
    same(indexed.search(queries, approximate=EVERY_ROW), indexed.search(queries))


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (0.0, ValueError),
        (1.5, ValueError),
        (True, TypeError),
        ("0.9", TypeError),
        ({"ef": 0}, ValueError),
        ({"nprobe": 3}, ValueError),
    ],
)
def test_what_is_no_recall_is_refused(wrong: object, error: type[Exception]) -> None:
    store = vecstore.from_arrays([[0, 1], [1, 0]])
    with pytest.raises(error, match=r"`approximate`|`ef`"):
        store.search([0, 1], approximate=wrong)


def test_arguments_of_building_are_checked_first(indexed: vecstore.Store) -> None:
    with pytest.raises(ValueError, match="`kind`"):
        indexed.build_index("ivf")
    with pytest.raises(ValueError, match="`M`"):
        indexed.build_index(M=1)
    reader = vecstore.from_arrays([[0, 1], [1, 0]])
    with pytest.raises(VecstoreError, match="in memory"):
        reader.build_index()


BUILD = """
import sys, vecstore
store = vecstore.open(sys.argv[1], mode="a")
print("ready", flush=True)
store.build_index(M=16, ef_construction=400)
print("built", flush=True)
"""


def test_a_builder_that_is_killed_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "points.vecs"
    with vecstore.create(path, DIM, keys="int") as store:
        store.add(range(20_000), clustered(20_000))
        truth = store.search(clustered(5), k=5)
    for delay in (0.0, 0.1, 0.4):
        child = subprocess.Popen(
            [sys.executable, "-c", dedent(BUILD), str(path)], stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        time.sleep(delay)
        child.kill()
        child.communicate()
        with vecstore.open(path, mode="a") as store:
            same(store.search(clustered(5), k=5), truth)
        assert list(vecstore.check(path)) == []
        names = [parse_name(file.name) for file in path.iterdir()]
        assert not [name for name in names if name and name.kind == "temporary"]


changes = st.lists(
    st.tuples(st.sampled_from(["add", "delete", "flush", "compact", "build"]), st.integers(0, 40)),
    max_size=8,
)


@given(changes, st.sampled_from(["cosine", "euclidean", "dot"]))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_happens_after_building_every_answer_is_right(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, int]], metric: str
) -> None:
    path = tmp_path_factory.mktemp("changing") / "points.vecs"
    vectors, queries = clustered(600, seed=11), clustered(8, seed=12)
    with vecstore.create(path, DIM, metric=metric, keys="int") as store:
        store.add(range(200), vectors[:200])
        store.build_index(M=6, ef_construction=40)
        following = 200
        for change, amount in changes:
            if change == "add":
                some = range(following, following + amount)
                store.add(some, vectors[list(some)])
                following += amount
            elif change == "delete":
                store.delete(store.keys()[:amount])
            elif change == "flush":
                store.flush()
            elif change == "compact":
                store.compact()
            else:
                store.build_index(M=6, ef_construction=40)
            same(
                store.search(queries, k=9, approximate=EVERY_ROW),
                store.search(queries, k=9),
            )


def test_recall_counts_rows_that_are_as_near() -> None:
    from vecstore.kernels.contract import Found, Work

    def found(distances: list[float], rows: list[int]) -> Found:
        return Found(np.array([distances]), np.array([rows]), np.array([len(rows)]), Work(0, None))

    truth = found([0.0, 1.0, 1.0, 2.0], [4, 5, 6, 7])
    assert recall(found([0.0, 1.0], [4, 6]), truth, 2).tolist() == [1.0]
    assert recall(found([0.0, 2.0], [4, 7]), truth, 2).tolist() == [0.5]
