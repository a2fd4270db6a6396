"""Exact search, through the store, beside what else finds exact neighbours.

A batch is a matrix product in all but name: look at the share of the sgemm rate. One query reads
every row once: look at the share of bandwidth (of 20 MB, which the cache may hold, it can be more
than all).
"""

from functools import cache

import numpy as np
import pytest

import vecstore
from benchmarks import answers, datasets
from benchmarks.machine import THREADS
from benchmarks.ours import OURS
from benchmarks.peer import Peer, unit
from benchmarks.rivals import RIVALS
from benchmarks.stopwatch import Stopwatch
from vecstore.metrics import METRICS

K = 10
BATCH = 1024
PEERS = {peer.name: peer for peer in OURS + RIVALS}
CANDIDATES = [("vecstore", level) for level in ("amx", "avx512", "avx2", "scalar")]
BASELINES = [("NumPy+BLAS", "pruned"), ("scikit-learn brute", None), ("FAISS Flat", None)]


@cache
def data(n_rows: int, metric: str) -> tuple[datasets.Dataset, answers.Truth]:
    found = datasets.load("words", n_rows, 0, BATCH)
    queries = unit(found.queries, metric)
    truth = answers.nearest(found.vectors, queries, K, metric)
    return found._replace(metric=metric, queries=queries), truth


def chosen(name: str, setting: str | None, metric: str) -> Peer:
    peer = PEERS[name]
    if setting not in peer.settings:
        pytest.skip(f"this CPU, or this build, has no {setting}")
    if metric not in peer.metrics:
        pytest.skip(f"{name} has no {metric} metric")
    pytest.importorskip(peer.module, exc_type=ImportError)
    return peer


@pytest.mark.parametrize("batch", [BATCH, 1], ids="batch{}".format)
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(("name", "setting"), [*CANDIDATES, ("vecstore numba", None), *BASELINES])
def bench_search(
    timed: Stopwatch, name: str, setting: str | None, metric: str, n_rows: int, batch: int
) -> None:
    peer = chosen(name, setting, metric)
    (_, _, vectors, queries), truth = data(n_rows, metric)
    queries, truth = queries[:batch], truth.first(batch)
    search = peer.prepare(vectors, metric, THREADS)
    found = timed(
        lambda: search(queries, K, setting),
        group=f"search, {n_rows:,} x {vectors.shape[1]}, {metric}, batch of {len(queries):,}",
        name=peer.label(setting),
        level=setting if name == "vecstore" else "",
        bytes_read=vectors.nbytes if batch == 1 else 0,
        flops=2.0 * len(queries) * vectors.size if batch > 1 else 0,
        queries=len(queries),
    )
    assert answers.recall(vectors, queries, found, truth) == 1.0
    if peer in OURS:
        answers.assert_exact(vectors, queries, found, truth)


def bench_similar(timed: Stopwatch, n_rows: int) -> None:
    vectors, keys = datasets.words(n_rows), datasets.spellings(n_rows)
    store = vecstore.from_arrays(vectors, keys)
    found = timed(
        lambda: store.similar("king", k=K, threads=THREADS),
        group=f"similar, {n_rows:,} x {vectors.shape[1]}",
        name="vecstore",
        bytes_read=vectors.nbytes,
    )
    check_similar(vectors, keys, found.keys, found.distances, 1e-14)


def bench_similar_gensim(timed: Stopwatch, n_rows: int) -> None:
    gensim = pytest.importorskip("gensim.models", exc_type=ImportError)
    vectors, keys = datasets.words(n_rows), datasets.spellings(n_rows)
    words = gensim.KeyedVectors(vectors.shape[1])
    words.add_vectors(keys, vectors)
    found = timed(
        lambda: words.most_similar("king", topn=K),
        group=f"similar, {n_rows:,} x {vectors.shape[1]}",
        name="gensim",
        bytes_read=vectors.nbytes,
    )
    keys_found, similarities = zip(*found, strict=True)
    check_similar(vectors, keys, keys_found, 1 - np.array(similarities), 1e-6)


def check_similar(
    vectors: datasets.Floats, keys: list[str], found: object, distances: object, atol: float
) -> None:
    king = keys.index("king")
    truth = answers.nearest(vectors, vectors[king : king + 1], K + 1, "cosine")
    near = truth.rows[0] != king
    assert list(found) == [keys[row] for row in truth.rows[0, near]]
    np.testing.assert_allclose(distances, truth.distances[0, near], rtol=0, atol=atol)
