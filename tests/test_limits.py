"""Numbers of any size as arguments: an error of ours or an answer, and memory for what there is."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vecstore
from vecstore import ingest
from vecstore.store.store import Store

ROWS = np.eye(3, dtype=np.float32)
HUGE = [2**63, 10**30, np.uint64(2**63), 10**5000]


@pytest.fixture
def store() -> Store:
    return vecstore.from_arrays(ROWS, keys=["a", "b", "c"])


def build(path: Path, **recipe: Any) -> None:
    with vecstore.create(path / "new.vecs", dim=3) as store:
        store.add(["a", "b", "c"], ROWS)
        store.build_index(**recipe)


#: A call, given a value for the argument that it is named after, and that argument.
CALLS: dict[str, Callable[[Store, Path, Any], object]] = {
    "search k": lambda s, _, n: s.search(ROWS[0], k=n),
    "search batch k": lambda s, _, n: s.search(ROWS, k=n),
    "approximate k": lambda s, _, n: s.search(ROWS[0], k=n, approximate=0.9),
    "similar k": lambda s, _, n: s.similar(["a", "b"], k=n),
    "analogy k": lambda s, _, n: s.analogy(["a", "b"], ["c"], k=n),
    "mul k": lambda s, _, n: s.analogy([["a", "b"]], [["c"]], k=n, method="mul"),
    "neighbors k": lambda s, _, n: s.neighbors(k=n),
    "neighbors memory": lambda s, _, n: s.neighbors(memory=n),
    "search threads": lambda s, _, n: s.search(ROWS, threads=n),
    "similar threads": lambda s, _, n: s.similar("a", threads=n),
    "analogy threads": lambda s, _, n: s.analogy(["a"], ["b"], threads=n),
    "mul threads": lambda s, _, n: s.analogy(["a"], ["b"], threads=n, method="mul"),
    "neighbors threads": lambda s, _, n: s.neighbors(threads=n),
    "prepare threads": lambda s, _, n: s.prepare(threads=n),
    "approximate ef": lambda s, _, n: s.search(ROWS, approximate={"ef": n}),
    "batches size": lambda s, _, n: list(s.batches(n)),
    "create dim": lambda _, path, n: vecstore.create(path / "new.vecs", dim=n).close(),
    "build M": lambda _, path, n: build(path, M=n),
    "build ef_construction": lambda _, path, n: build(path, ef_construction=n),
    "build threads": lambda _, path, n: build(path, threads=n),
    "read limit": lambda _, path, n: ingest.read(path / "rows.npy", limit=n).close(),
    "read threads": lambda _, path, n: ingest.read(path / "rows.npy", threads=n).close(),
}


def called(name: str, store: Store, path: Path, value: object) -> object:
    np.save(path / "rows.npy", ROWS)
    return CALLS[name](store, path, value)


@pytest.mark.parametrize("value", HUGE, ids=["2**63", "1e30", "uint64", "5000 digits"])
@pytest.mark.parametrize("name", CALLS)
def test_a_number_that_nothing_counts_is_refused(
    name: str, value: int, store: Store, tmp_path: Path
) -> None:
    with pytest.raises(
        ValueError, match=rf"^`{name.split()[-1]}` must be at most \d+; got .{{1,50}}$"
    ):
        called(name, store, tmp_path, value)


@pytest.mark.parametrize("value", [True, np.True_, 1.0, np.float32(2), "3", [3]], ids=repr)
@pytest.mark.parametrize("name", CALLS)
def test_what_is_no_integer_is_refused(
    name: str, value: object, store: Store, tmp_path: Path
) -> None:
    with pytest.raises(TypeError, match=rf"^`{name.split()[-1]}` must be an integer; got "):
        called(name, store, tmp_path, value)


@pytest.mark.parametrize("name", CALLS)
def test_integers_of_numpy_will_do(name: str, store: Store, tmp_path: Path) -> None:
    called(name, store, tmp_path, np.int64(2 << 20 if name.endswith("memory") else 2))


@pytest.mark.parametrize("value", [4097, 2**31, 2**31 - 1])
@pytest.mark.parametrize("name", [name for name in CALLS if name.endswith("threads")])
def test_more_threads_than_any_machine_has_are_refused(
    name: str, value: int, store: Store, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=rf"^`threads` must be at most 4096; got {value}\.$"):
        called(name, store, tmp_path, value)


def test_many_threads_will_do(store: Store) -> None:
    many = vecstore.from_arrays(np.random.default_rng(1).standard_normal((60_000, 4)))
    found = many.search(many[[5, 6]], k=1, threads=4096)
    assert found.rows[:, 0].tolist() == [5, 6]


@pytest.mark.parametrize("k", [10**7, 10**9, 2**63 - 1])
@pytest.mark.parametrize("name", [name for name in CALLS if name.endswith(" k")])
def test_a_huge_k_takes_memory_for_the_rows_there_are(
    name: str, k: int, store: Store, tmp_path: Path
) -> None:
    tracemalloc.start()
    found: Any = called(name, store, tmp_path, k)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20
    assert found.distances.shape[-1] == found.rows.shape[-1] == found.keys.shape[-1] == 100
    assert np.max(found.counts) <= 3
    assert len(found.to_frame()) == np.sum(found.counts)


def test_a_k_above_the_rows_keeps_its_shape_while_that_is_small(store: Store) -> None:
    found = store.search(ROWS, k=7)
    assert found.distances.shape == (3, 7)
    assert found.counts.tolist() == [3, 3, 3]
    assert np.isinf(found.distances[:, 3:]).all()
    many = vecstore.from_arrays(np.ones((300, 2), np.float32))
    assert many.search([1, 0], k=250).distances.shape == (250,)
    assert many.search([1, 0], k=301).distances.shape == (300,)
    assert many.search([1, 0], k=301, where=np.arange(300) < 5).counts == 5
