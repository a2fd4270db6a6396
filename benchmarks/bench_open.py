"""From a path to the first answer: 400,000 keys, and nothing in memory but what the system cached.

Every round opens anew. gensim maps its vectors too (``mmap="r"``), but unpickles every key.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import vecstore
from benchmarks import answers, datasets
from benchmarks.machine import THREADS
from benchmarks.stopwatch import Stopwatch

ROWS, SMOKE_ROWS = 400_000, 2_000
WORD = "king"
K = 10


class Words(NamedTuple):
    """Words to put into files, and what is near one of them."""

    keys: list[str]
    vectors: datasets.Floats
    near: list[str]

    def group(self, what: str) -> str:
        return f"{what}, {len(self.keys):,} x {self.vectors.shape[1]}"


@pytest.fixture(scope="module")
def words(full_size: bool) -> Words:
    count = ROWS if full_size else SMOKE_ROWS
    keys, vectors = datasets.spellings(count), datasets.words(count)
    row = keys.index(WORD)
    truth = answers.nearest(vectors, vectors[row : row + 1], K + 1, "cosine")
    return Words(keys, vectors, [keys[found] for found in truth.rows[0] if found != row])


@pytest.fixture(scope="module")
def store(words: Words, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("open") / "words.vecs"
    with vecstore.create(path, dim=words.vectors.shape[1]) as made:
        made.add(words.keys, words.vectors)
    return path


@pytest.fixture(scope="module")
def keyed_vectors(words: Words, tmp_path_factory: pytest.TempPathFactory) -> str:
    gensim = pytest.importorskip("gensim.models", exc_type=ImportError)
    made = gensim.KeyedVectors(words.vectors.shape[1])
    made.add_vectors(words.keys, words.vectors)
    path = str(tmp_path_factory.mktemp("open") / "words.kv")
    # Separately, so that the vectors can be mapped whatever their number.
    made.save(path, separately=["vectors"])
    return path


def bench_open(timed: Stopwatch, words: Words, store: Path) -> None:
    def opened() -> tuple[int, bool, np.ndarray]:
        with vecstore.open(store) as found:
            return len(found), WORD in found, found[WORD]

    count, has, vector = timed(opened, group=words.group("open, len, in, get"), name="vecstore")
    check_opened(words, count, has, vector)


def bench_open_gensim(timed: Stopwatch, words: Words, keyed_vectors: str) -> None:
    from gensim.models import KeyedVectors

    def opened() -> tuple[int, bool, np.ndarray]:
        found = KeyedVectors.load(keyed_vectors, mmap="r")
        return len(found), WORD in found, found[WORD]

    count, has, vector = timed(opened, group=words.group("open, len, in, get"), name="gensim")
    check_opened(words, count, has, vector)


def check_opened(words: Words, count: int, has: bool, vector: np.ndarray) -> None:
    assert count == len(words.keys)
    assert has
    np.testing.assert_array_equal(vector, words.vectors[words.keys.index(WORD)])


def bench_first_answer(timed: Stopwatch, words: Words, store: Path) -> None:
    def answered() -> list[str]:
        with vecstore.open(store) as found:
            assert len(found) == len(words.keys)
            assert WORD in found
            return found.similar(WORD, k=K, threads=THREADS).keys.tolist()

    near = timed(answered, group=words.group("open, len, in, similar"), name="vecstore")
    assert near == words.near


def bench_first_answer_gensim(timed: Stopwatch, words: Words, keyed_vectors: str) -> None:
    from gensim.models import KeyedVectors

    def answered() -> list[str]:
        found = KeyedVectors.load(keyed_vectors, mmap="r")
        assert len(found) == len(words.keys)
        assert WORD in found
        return [key for key, _ in found.most_similar(WORD, topn=K)]

    near = timed(answered, group=words.group("open, len, in, similar"), name="gensim")
    assert near == words.near
