"""Approximate search: building, asking by recall, opening, and what filters cost.

hnswlib is the rival, with the same parameters; the exact search is what an index has to beat.
Queries are words that are not among the rows.
"""

import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vecstore
from benchmarks import answers, datasets
from benchmarks.machine import THREADS
from benchmarks.peer import unit
from benchmarks.stopwatch import Stopwatch
from vecstore.store.store import Store

hnswlib = pytest.importorskip("hnswlib", exc_type=ImportError)

K, QUERIES, M, EF_CONSTRUCTION = 10, 1024, 16, 200
RECALLS = (0.9, 0.95, 0.99)
EFS = (10, 14, 20, 28, 40, 56, 80, 112, 160, 224, 320, 448, 640)


@cache
def dataset(n_rows: int) -> datasets.Dataset:
    return datasets.load("words", n_rows, 0, QUERIES)


@cache
def truth(n_rows: int) -> answers.Truth:
    data = dataset(n_rows)
    return answers.nearest(data.vectors, data.queries, K, data.metric)


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], Store]]:
    """Stores with an index, built once for each size."""
    folder, stores = tmp_path_factory.mktemp("indexed"), {}

    def get(n_rows: int) -> Store:
        if n_rows not in stores:
            path = folder / f"words-{n_rows}.vecs"
            with vecstore.create(path, dataset(n_rows).vectors.shape[1], keys="int") as store:
                store.add(range(n_rows), dataset(n_rows).vectors)
                store.build_index(M=M, ef_construction=EF_CONSTRUCTION)
            stores[n_rows] = vecstore.open(path)
        return stores[n_rows]

    yield get
    for store in stores.values():
        store.close()


@cache
def peer(n_rows: int) -> Any:
    rows = unit(dataset(n_rows).vectors, "cosine")
    graph = hnswlib.Index("ip", rows.shape[1])
    graph.init_index(len(rows), ef_construction=EF_CONSTRUCTION, M=M, random_seed=1)
    graph.set_num_threads(THREADS)
    graph.add_items(rows)
    return graph


def group(what: str, n_rows: int) -> str:
    return f"{what}, {n_rows:,} x {dataset(n_rows).vectors.shape[1]}"


def recall(n_rows: int, rows: np.ndarray) -> float:
    data = dataset(n_rows)
    return answers.recall(data.vectors, data.queries, rows, truth(n_rows))


def narrowest(wanted: float, n_rows: int, search: Callable[[int], np.ndarray]) -> int:
    """Return the least ef with a recall: what a caller who knows the truth would choose."""
    return next(ef for ef in EFS if recall(n_rows, search(ef)) >= wanted)


@pytest.mark.parametrize("threads", [1, THREADS], ids="threads{}".format)
@pytest.mark.parametrize("wanted", RECALLS, ids="recall{}".format)
def bench_walk(
    timed: Stopwatch,
    indexed: Callable[[int], Store],
    wanted: float,
    threads: int,
    n_rows: int,
) -> None:
    store, queries = indexed(n_rows), dataset(n_rows).queries

    def search(ef: int) -> np.ndarray:
        return store.search(queries, k=K, approximate={"ef": ef}, threads=threads).rows

    ef = narrowest(wanted, n_rows, search)
    rows = timed(
        lambda: search(ef),
        group=group(f"recall {wanted}, {threads} threads", n_rows),
        name=f"vecstore ef={ef}",
        queries=len(queries),
    )
    assert recall(n_rows, rows) >= wanted


@pytest.mark.parametrize("threads", [1, THREADS], ids="threads{}".format)
@pytest.mark.parametrize("wanted", RECALLS, ids="recall{}".format)
def bench_walk_hnswlib(timed: Stopwatch, wanted: float, threads: int, n_rows: int) -> None:
    graph, queries = peer(n_rows), unit(dataset(n_rows).queries, "cosine")

    def search(ef: int) -> np.ndarray:
        graph.set_ef(max(K, ef))
        return graph.knn_query(queries, K, num_threads=threads)[0].astype(np.int64)

    ef = narrowest(wanted, n_rows, search)
    rows = timed(
        lambda: search(ef),
        group=group(f"recall {wanted}, {threads} threads", n_rows),
        name=f"hnswlib ef={ef}",
        queries=len(queries),
    )
    assert recall(n_rows, rows) >= wanted


@pytest.mark.parametrize("threads", [1, THREADS], ids="threads{}".format)
def bench_exact(
    timed: Stopwatch, indexed: Callable[[int], Store], threads: int, n_rows: int
) -> None:
    store, queries = indexed(n_rows), dataset(n_rows).queries
    rows = timed(
        lambda: store.search(queries, k=K, threads=threads).rows,
        group=group(f"recall {RECALLS[-1]}, {threads} threads", n_rows),
        name="vecstore, exact",
        queries=len(queries),
    )
    assert recall(n_rows, rows) == 1.0


@pytest.mark.parametrize("wanted", RECALLS, ids="recall{}".format)
def bench_asked(
    timed: Stopwatch, indexed: Callable[[int], Store], wanted: float, n_rows: int
) -> None:
    """Ask by recall, as users do, one query to a call."""
    store, queries = indexed(n_rows), dataset(n_rows).queries[:200]
    found = timed(
        lambda: [store.search(q, k=K, approximate=wanted, threads=1).rows for q in queries],
        group=group("asked for a recall, one by one", n_rows),
        name=f"approximate={wanted}",
        queries=len(queries),
    )
    data, asked = dataset(n_rows), truth(n_rows).first(len(queries))
    assert answers.recall(data.vectors, queries, np.array(found), asked) >= wanted


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 1.0], ids="{:.0%}".format)
def bench_filtered(
    timed: Stopwatch, indexed: Callable[[int], Store], share: float, n_rows: int
) -> None:
    store, queries = indexed(n_rows), dataset(n_rows).queries
    keep = np.random.default_rng(datasets.SEED).random(n_rows) < share
    found = timed(
        lambda: store.search(queries, k=K, where=keep, approximate=0.95, threads=1),
        group=group("filtered, recall 0.95, one thread", n_rows),
        name=f"{share:.0%} of the rows",
        queries=len(queries),
    )
    assert keep[found.keys].all()
    assert (found.counts == K).all()


def bench_open(timed: Stopwatch, indexed: Callable[[int], Store], n_rows: int) -> None:
    path = indexed(n_rows).path
    assert path is not None
    query = dataset(n_rows).queries[0]

    def open_and_ask() -> int:
        with vecstore.open(path) as store:
            return store.search(query, k=K, approximate={"ef": 40}).counts

    assert timed(open_and_ask, group=group("open and ask", n_rows), name="vecstore") == K


def bench_open_hnswlib(timed: Stopwatch, tmp_path: Path, n_rows: int) -> None:
    path, query = tmp_path / "graph.bin", unit(dataset(n_rows).queries[:1], "cosine")
    peer(n_rows).save_index(str(path))

    def open_and_ask() -> int:
        graph = hnswlib.Index("ip", query.shape[1])
        graph.load_index(str(path))
        graph.set_ef(40)
        return graph.knn_query(query, K)[0].shape[1]

    assert timed(open_and_ask, group=group("open and ask", n_rows), name="hnswlib") == K


@pytest.mark.parametrize("builder", ["vecstore", "hnswlib"])
def bench_build(timed: Stopwatch, tmp_path: Path, builder: str, n_rows: int) -> None:
    rows = dataset(n_rows).vectors
    if builder == "hnswlib":
        peer.cache_clear()
        graph = timed(lambda: peer(n_rows), group=group("build", n_rows), name="hnswlib", once=True)
        assert graph.get_current_count() == n_rows
        return
    with vecstore.create(tmp_path / "built.vecs", rows.shape[1], keys="int") as store:
        store.add(range(n_rows), rows)
        timed(
            lambda: store.build_index(M=M, ef_construction=EF_CONSTRUCTION),
            group=group("build", n_rows),
            name="vecstore, measured too",
            once=True,
        )
        [known] = store.info()["indexes"]
        assert known["rows"] == n_rows
        assert known["bytes"] < 0.5 * rows.nbytes
        assert time.strptime(known["built"][:10], "%Y-%m-%d")
