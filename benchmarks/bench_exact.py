"""What the certified scan is for: batches, single queries, filters, graphs and analogies.

Batches and single queries beside exact peers are in `bench_search`. Here the scan is held against
the float32 scan over dimensions and metrics, against its own integer peak, and against the programs
that it replaces.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import vecstore
from benchmarks import answers, datasets
from benchmarks.machine import THREADS
from benchmarks.stopwatch import Stopwatch
from vecstore import kernels
from vecstore.arrays import Block
from vecstore.index import codes
from vecstore.metrics import METRICS

K = 10
BATCH = 1024
GENSIM_QUESTIONS = 300


@cache
def clustered_block(n_rows: int, dim: int, metric: str) -> tuple[Block, datasets.Floats]:
    rows = datasets.clustered(n_rows + BATCH, dim)
    vectors, engine = rows[:n_rows], kernels.engine("native")
    norms = engine.inverse_norms(vectors) if metric == "cosine" else None
    return Block(vectors, norms, 0, None, codes.encode([vectors], metric)), rows[n_rows:]


@pytest.mark.parametrize("batch", [BATCH, 1], ids="batch{}".format)
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dim", [32, 100, 128, 384, 1024])
@pytest.mark.parametrize("path", ["codes", "float"])
def bench_paths(
    timed: Stopwatch, path: str, dim: int, metric: str, batch: int, n_rows: int
) -> None:
    n_rows = n_rows if dim <= 128 else n_rows // 4
    engine = pytest.importorskip("vecstore.kernels.native", exc_type=ImportError)
    block, queries = clustered_block(n_rows, dim, metric)
    asked = queries[:batch]
    found = timed(
        lambda: engine.search([block], asked, K, metric, path=path, threads=THREADS),
        group=f"paths, {n_rows:,} x {dim}, {metric}, batch of {batch:,}",
        name=path,
        level=engine.level(),
        bytes_read=(n_rows * dim * (1 if path == "codes" else 4)) if batch == 1 else 0,
        codes=float(batch) * n_rows * dim if path == "codes" else 0.0,
        queries=batch,
    )
    other = engine.search([block], asked, K, metric, path="float", threads=THREADS)
    np.testing.assert_array_equal(found.rows, other.rows)
    np.testing.assert_array_equal(found.distances, other.distances)


def bench_integer_peak(timed: Stopwatch) -> None:
    """The multiply-adds of codes per second that `bench_paths` is a share of."""
    native = pytest.importorskip("vecstore._native", exc_type=ImportError)
    rounds = 10_000_000

    def multiply() -> list[int]:
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(lambda _: native.multiply_codes(rounds, ""), range(THREADS)))

    per_round, none_left = divmod(native.multiply_codes(1000, ""), 1000)
    assert none_left == 0
    done = timed(
        multiply,
        group="integer multiply-adds, nothing to load",
        name="peak",
        level=native.level(""),
        codes=float(THREADS * rounds * per_round),
    )
    assert done == [rounds * per_round] * THREADS


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 1.0], ids="{:.0%}".format)
@pytest.mark.parametrize("batch", [BATCH, 1], ids="batch{}".format)
def bench_filtered(timed: Stopwatch, share: float, batch: int, n_rows: int) -> None:
    vectors = datasets.words(n_rows)
    queries = datasets.some_rows(vectors, batch)
    store = vecstore.from_arrays(vectors)
    store.prepare(threads=THREADS)
    keep = np.random.default_rng(datasets.SEED).random(n_rows) < share
    found = timed(
        lambda: store.search(queries, K, where=keep, threads=THREADS),
        group=f"filtered search, {n_rows:,} x {vectors.shape[1]}, batch of {batch:,}",
        name=f"{share:.0%} of the rows",
        queries=batch,
    )
    assert keep[found.keys].all()
    qualifying = np.flatnonzero(keep)
    some = slice(0, 8)
    truth = answers.nearest(vectors[qualifying], queries[some], K, "cosine")
    np.testing.assert_array_equal(found.keys[some], qualifying[truth.rows])


def bench_neighbors(timed: Stopwatch, n_rows: int) -> None:
    vectors = datasets.words(n_rows)
    store = vecstore.from_arrays(vectors)
    found = timed(
        lambda: store.neighbors(1, threads=THREADS),
        group=f"the nearest neighbour of every row, {n_rows:,} x {vectors.shape[1]}",
        name="vecstore",
        queries=n_rows,
    )
    some = np.linspace(0, n_rows - 1, 64).astype(int)
    truth = answers.nearest(vectors, vectors[some], 2, "cosine")
    nearest = np.where(truth.rows[:, 0] == some, truth.rows[:, 1], truth.rows[:, 0])
    np.testing.assert_array_equal(found.keys[some, 0], nearest)


def bench_neighbors_sklearn(timed: Stopwatch, n_rows: int) -> None:
    neighbors = pytest.importorskip("sklearn.neighbors", exc_type=ImportError)
    if n_rows > 50_000:
        pytest.skip("scikit-learn takes minutes for more than 50,000 rows")
    vectors = datasets.words(n_rows)
    search = neighbors.NearestNeighbors(n_neighbors=1, algorithm="brute", metric="cosine")
    search.fit(vectors)
    _, found = timed(
        search.kneighbors,
        group=f"the nearest neighbour of every row, {n_rows:,} x {vectors.shape[1]}",
        name="scikit-learn",
        queries=n_rows,
    )
    ours = vecstore.from_arrays(vectors).neighbors(1, threads=THREADS).keys
    assert np.mean(found == ours) > 0.999  # float32 ties


@cache
def questions(n_rows: int) -> tuple[list[str], datasets.Floats, list[list[str]]]:
    """Real words, then noisy copies of them, and the questions all of whose words are there."""
    asked = datasets.real("gensim-testdata/questions-words.txt").read_text()
    keys, vectors = datasets.spellings(n_rows), datasets.words(n_rows)
    known = set(keys)
    lines = (line.lower().split() for line in asked.splitlines() if line[0] != ":")
    return keys, vectors, [line for line in lines if known.issuperset(line)]


def right_answers(store: vecstore.Store, lines: list[list[str]]) -> list[bool]:
    positive, negative = [[b, c] for _, b, c, _ in lines], [[a] for a, *_ in lines]
    found = store.analogy(positive, negative, k=1, threads=THREADS).keys[:, 0]
    return [bool(answer == line[3]) for answer, line in zip(found, lines, strict=True)]


def bench_analogies(timed: Stopwatch, vocabulary: int) -> None:
    keys, vectors, lines = questions(vocabulary)
    store = vecstore.from_arrays(vectors, keys)
    right = timed(
        lambda: right_answers(store, lines),
        group=f"analogies over {vocabulary:,} x {vectors.shape[1]}, per question",
        name=f"vecstore, {len(lines):,} questions",
        questions=len(lines),
    )
    assert 0.1 < np.mean(right) < 0.9


def bench_analogies_gensim(timed: Stopwatch, vocabulary: int, tmp_path: Path) -> None:
    """A sample: all questions would take it most of an hour. Questions per second compare."""
    gensim = pytest.importorskip("gensim.models", exc_type=ImportError)
    keys, vectors, lines = questions(vocabulary)
    sample = lines[:: max(1, len(lines) // GENSIM_QUESTIONS)]
    path = tmp_path / "questions.txt"
    path.write_text(": sample\n" + "".join(" ".join(line) + "\n" for line in sample))
    words = gensim.KeyedVectors(vectors.shape[1])
    words.add_vectors(keys, vectors)
    _, sections = timed(
        lambda: words.evaluate_word_analogies(str(path), restrict_vocab=vocabulary),
        group=f"analogies over {vocabulary:,} x {vectors.shape[1]}, per question",
        name=f"gensim, {len(sample):,} questions",
        questions=len(sample),
    )
    ours = right_answers(vecstore.from_arrays(vectors, keys), sample)
    right = {tuple(line) for line in sections[0]["correct"]}
    assert ours == [tuple(word.upper() for word in line) in right for line in sample]
