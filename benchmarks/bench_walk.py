"""Walks through graphs, and building these: engine against hnswlib, without a store around it.

First the same graph is walked by both, with the same width, so that recall may be compared as well
as speed. Then each walks the graph that it builds itself, as wide as a recall of 0.95 takes.
Queries are words, sentences or descriptors that are not among the rows.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest

from benchmarks import answers, datasets
from benchmarks.machine import THREADS
from benchmarks.peer import unit
from benchmarks.stopwatch import Stopwatch
from vecstore.arrays import Block, as_words
from vecstore.index.building import grown_graph
from vecstore.index.codes import encode
from vecstore.index.hnswlib import as_graph
from vecstore.kernels.contract import Graph

native = pytest.importorskip("vecstore.kernels.native", exc_type=ImportError)
hnswlib = pytest.importorskip("hnswlib", exc_type=ImportError)

K, QUERIES, M, EF_CONSTRUCTION = 10, 1024, 16, 200
WIDTHS, WANTED = (20, 40, 80, 160), 0.95
LADDER = (10, 12, 15, 18, 22, 26, 32, 40, 50, 64, 80, 112, 160, 240, 400)
SPACES = {"cosine": "ip", "euclidean": "l2"}


class Task(NamedTuple):
    """What is searched, and the truth about it."""

    data: datasets.Dataset
    truth: answers.Truth
    block: Block

    def recall(self, rows: np.ndarray) -> float:
        return answers.recall(self.data.vectors, self.data.queries, rows, self.truth)

    def group(self, what: str) -> str:
        n, dim = self.data.vectors.shape
        return f"{what}, {self.data.name} {n:,} x {dim}"


@cache
def task(name: str, n_rows: int) -> Task:
    try:
        data = datasets.load(name, n_rows, 0, QUERIES)
    except FileNotFoundError as error:
        pytest.skip(f"no {name} here: {error.filename}")
    truth = answers.nearest(data.vectors, data.queries, K, data.metric)
    codes = encode([data.vectors], data.metric)
    return Task(data, truth, Block(data.vectors, None, 0, None, codes))


@cache
def peer(name: str, n_rows: int) -> Any:
    return build_peer(task(name, n_rows))


def build_peer(asked: Task) -> Any:
    rows = unit(asked.data.vectors, asked.data.metric)
    index = hnswlib.Index(SPACES[asked.data.metric], rows.shape[1])
    index.init_index(len(rows), M=M, ef_construction=EF_CONSTRUCTION, random_seed=1)
    index.add_items(rows, num_threads=THREADS)
    return index


@cache
def copied(name: str, n_rows: int) -> Graph:
    return as_graph(peer(name, n_rows))


@cache
def grown(name: str, n_rows: int) -> Graph:
    return build(task(name, n_rows))


def build(asked: Task) -> Graph:
    data = asked.data
    return grown_graph(data.vectors, data.metric, M=M, ef_construction=EF_CONSTRUCTION)


def walk(asked: Task, graph: Graph, ef: int, threads: int) -> np.ndarray:
    data = asked.data
    found = native.walk(graph, asked.block, data.queries, K, ef, data.metric, threads=threads)
    return found.rows


def query_peer(asked: Task, index: Any, ef: int, threads: int) -> np.ndarray:
    index.set_ef(max(K, ef))
    queries = unit(asked.data.queries, asked.data.metric)
    return index.knn_query(queries, K, num_threads=threads)[0].astype(np.int64)


@pytest.fixture(params=["words", "minilm", "bigann"])
def name(request: pytest.FixtureRequest, n_rows: int, full_size: bool) -> str:
    if request.param != "words" and (n_rows > 50_000 or not full_size):
        pytest.skip("files come in one size")
    return request.param


@pytest.mark.parametrize("threads", [1, THREADS], ids="threads{}".format)
@pytest.mark.parametrize("ef", WIDTHS, ids="ef{}".format)
def bench_same_graph(timed: Stopwatch, name: str, n_rows: int, ef: int, threads: int) -> None:
    asked, graph = task(name, n_rows), copied(name, n_rows)
    rows = timed(
        lambda: walk(asked, graph, ef, threads),
        group=asked.group(f"hnswlib's graph, ef {ef}, {threads} threads"),
        name="vecstore",
        threads=threads,
        queries=len(asked.data.queries),
    )
    # A query or two may differ by chance: what codes cannot tell apart, a walk may take either way.
    theirs = asked.recall(query_peer(asked, peer(name, n_rows), ef, threads))
    assert asked.recall(rows) >= theirs - 0.002


@pytest.mark.parametrize("threads", [1, THREADS], ids="threads{}".format)
@pytest.mark.parametrize("ef", WIDTHS, ids="ef{}".format)
def bench_same_graph_hnswlib(
    timed: Stopwatch, name: str, n_rows: int, ef: int, threads: int
) -> None:
    asked, index = task(name, n_rows), peer(name, n_rows)
    rows = timed(
        lambda: query_peer(asked, index, ef, threads),
        group=asked.group(f"hnswlib's graph, ef {ef}, {threads} threads"),
        name="hnswlib",
        threads=threads,
        queries=len(asked.data.queries),
    )
    assert asked.recall(rows) > 0.5


@pytest.mark.parametrize("searcher", ["vecstore", "hnswlib"])
def bench_own_graph(timed: Stopwatch, name: str, n_rows: int, searcher: str) -> None:
    asked = task(name, n_rows)

    def search(ef: int) -> np.ndarray:
        if searcher == "vecstore":
            return walk(asked, grown(name, n_rows), ef, 1)
        return query_peer(asked, peer(name, n_rows), ef, 1)

    ef = next(width for width in LADDER if asked.recall(search(width)) >= WANTED)
    rows = timed(
        lambda: search(ef),
        group=asked.group(f"recall {WANTED}, 1 thread"),
        name=f"{searcher} ef={ef}",
        threads=1,
        queries=len(asked.data.queries),
    )
    assert asked.recall(rows) >= WANTED


@pytest.mark.parametrize("builder", [build, build_peer], ids=["vecstore", "hnswlib"])
def bench_build(timed: Stopwatch, name: str, n_rows: int, builder: Any) -> None:
    asked = task(name, n_rows)
    timed(
        lambda: builder(asked),
        group=asked.group(f"build, M {M}, ef_construction {EF_CONSTRUCTION}"),
        name="vecstore" if builder is build else "hnswlib",
        rows=len(asked.data.vectors),
        once=True,
    )


@pytest.mark.parametrize("share", [0.1, 0.5], ids="{:.0%}".format)
def bench_filtered(timed: Stopwatch, name: str, n_rows: int, share: float) -> None:
    """Of rows that may answer as many are found as without a filter, on a longer way."""
    asked, graph, rng = task(name, n_rows), grown(name, n_rows), np.random.default_rng(1)
    data, keep = asked.data, rng.random(len(asked.data.vectors)) < share
    block = asked.block._replace(mask=as_words(keep))
    found = timed(
        lambda: native.walk(graph, block, data.queries, K, 40, data.metric, threads=1),
        group=asked.group("ef 40, 1 thread"),
        name=f"{share:.0%} of the rows may answer",
        threads=1,
        queries=len(data.queries),
    )
    truth = answers.nearest(data.vectors[keep], data.queries, K, data.metric)
    rows = np.flatnonzero(keep)
    places = np.searchsorted(rows, found.rows)
    assert keep[found.rows].all()
    assert answers.recall(data.vectors[keep], data.queries, places, truth) > 0.8
