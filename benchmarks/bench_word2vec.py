"""word2vec in Keras beside gensim's: words a second, and what the vectors are worth.

The same text, words that come five times or more, 100 dimensions, a window of 5, 5 random words,
five epochs, two threads. Questions are word2vec's analogies and the ratings of WordSim-353 and
SimLex-999 (Spearman's rank correlation), asked by the same code. Each is run once, not in rounds.
"""

import gzip
import time
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import vecstore
from benchmarks.datasets import SEED, real
from benchmarks.machine import THREADS, held_to

EPOCHS, DIM, WINDOW, NEGATIVE, SUBSAMPLE, LEAST = 5, 100, 5, 5, 1e-3, 5
SENTENCE = 1_000  # words that gensim is given at a time; the text has no sentences

pytestmark = [
    pytest.mark.keras,
    pytest.mark.timeout(1800),  # seconds, for gensim's skipgram where others use the machine
    # gensim leaves closing files to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


class Run(NamedTuple):
    """What a training came to.

    Attributes
    ----------
    keys : list of str
    vectors : ndarray of float32, shape (n, DIM)
    words_per_second : float
        Of the text, in all epochs, with reading and compiling.
    processor : float
        Seconds of processor time, which other processes do not stretch.
    """

    keys: list[str]
    vectors: np.ndarray
    words_per_second: float
    processor: float


@cache
def words(full_size: bool) -> list[str]:
    if full_size:
        text = real("imdb/imdb_text8like_20MB.txt.gz")
        return gzip.decompress(text.read_bytes()).decode().split()
    drawn = np.random.default_rng(SEED).zipf(1.5, 20_000) % 300
    return [f"word{number}" for number in drawn]


def sentences(full_size: bool) -> Iterator[list[str]]:
    text = words(full_size)
    return (text[start : start + SENTENCE] for start in range(0, len(text), SENTENCE))


def by_gensim(mode: str, full_size: bool) -> Any:
    models = pytest.importorskip("gensim.models", exc_type=ImportError)
    model = models.Word2Vec(
        [*sentences(full_size)],
        vector_size=DIM,
        window=WINDOW,
        negative=NEGATIVE,
        sample=SUBSAMPLE,
        min_count=LEAST,
        sg=int(mode == "skipgram"),
        epochs=EPOCHS,
        workers=THREADS,
        seed=SEED,
    )
    return model.wv.index_to_key, model.wv.vectors


def by_vecstore(mode: str, full_size: bool) -> Any:
    from vecstore.trainers import Corpus, Word2Vec

    trainer = Word2Vec(
        mode=mode, dim=DIM, window=WINDOW, negative=NEGATIVE, subsample=SUBSAMPLE, seed=SEED
    )
    trainer.fit(Corpus(sentences(full_size), min_count=LEAST), epochs=EPOCHS, progress=False)
    return trainer.embeddings()


TRAININGS = {"gensim": by_gensim, "vecstore": by_vecstore}


@cache
def trained(name: str, mode: str, full_size: bool) -> Run:
    """Train once in a run, and remember what came of it."""
    text = words(full_size)
    if name == "vecstore":
        import keras

        # What every first model of a process pays for is nobody's.
        keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]).predict(
            np.zeros((1, 1)), verbose=0
        )
    begun, processor = time.perf_counter(), time.process_time()
    keys, vectors = TRAININGS[name](mode, full_size)
    spent, processor = time.perf_counter() - begun, time.process_time() - processor
    return Run(keys, vectors, EPOCHS * len(text) / spent, processor)


def scores(run: Run) -> dict[str, float]:
    """Return what share of the analogies is right, and the correlations with people."""
    from vecstore.analysis import word_analogies, word_pairs

    store = vecstore.from_arrays(run.vectors, keys=run.keys)
    return {
        "analogies": word_analogies(store, real("gensim-testdata/questions-words.txt")).accuracy,
        "wordsim": word_pairs(store, real("gensim-testdata/wordsim353.tsv")).spearman,
        "simlex": word_pairs(store, real("gensim-testdata/simlex999.txt")).spearman,
    }


@pytest.mark.parametrize("name", TRAININGS)
@pytest.mark.parametrize("mode", ["skipgram", "cbow"])
def bench_word2vec(benchmark: BenchmarkFixture, mode: str, name: str, full_size: bool) -> None:
    pytest.importorskip("tensorflow")
    benchmark.group = f"word2vec, {mode}, {len(words(full_size)):,} words"
    with held_to(THREADS):
        benchmark.pedantic(trained, args=(name, mode, full_size), rounds=1)
    run, peer = trained(name, mode, full_size), trained("gensim", mode, full_size)
    assert run.keys[0] == peer.keys[0]
    assert run.vectors.shape == peer.vectors.shape
    facts = {"words_per_second": run.words_per_second, "processor_seconds": run.processor}
    if full_size:
        facts |= scores(run)
    if full_size and name == "vecstore":
        theirs = scores(peer)
        # Another seed makes as much of a difference.
        assert facts["analogies"] > theirs["analogies"] - 0.02
        assert facts["wordsim"] > theirs["wordsim"] - 0.05
        facts["ratio"] = run.words_per_second / peer.words_per_second
        facts["ratio_of_processor_time"] = peer.processor / run.processor
    benchmark.extra_info |= facts
