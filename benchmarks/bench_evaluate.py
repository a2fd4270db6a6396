"""Analogies and rated pairs beside gensim: the same questions, answers and figures.

Times are those of the whole call, from the path of the file to the scores.
"""

from pathlib import Path
from typing import Any

import pytest

import vecstore
from benchmarks import datasets
from benchmarks.machine import THREADS
from benchmarks.stopwatch import Stopwatch
from vecstore.analysis import Analogies, word_analogies, word_pairs

# gensim, which asks one question at a time, gets a sample: all would take it minutes a round.
GENSIM_QUESTIONS = 1000
WORDS, SMOKE_WORDS, SMOKE_QUESTIONS = 50_000, 4_000, 200

# gensim leaves closing files to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture(scope="module")
def words(full_size: bool) -> tuple[list[str], datasets.Floats]:
    keys, vectors = datasets.glove()
    size = WORDS if full_size else SMOKE_WORDS
    return keys[:size], vectors[:size]


@pytest.fixture(scope="module")
def store(words: tuple[list[str], datasets.Floats]) -> vecstore.Store:
    return vecstore.from_arrays(words[1], words[0])


@pytest.fixture(scope="module")
def peer(words: tuple[list[str], datasets.Floats]) -> Any:
    models = pytest.importorskip("gensim.models", exc_type=ImportError)
    found = models.KeyedVectors(words[1].shape[1])
    found.add_vectors(*words)
    return found


@pytest.fixture(scope="module")
def sample(full_size: bool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some of the questions, in one section."""
    whole = datasets.real("gensim-testdata/questions-words.txt")
    lines = whole.read_text(encoding="utf-8").splitlines()
    questions = [line for line in lines if line[0] != ":"]
    step = len(questions) // (GENSIM_QUESTIONS if full_size else SMOKE_QUESTIONS)
    path = tmp_path_factory.mktemp("questions") / "sample.txt"
    path.write_text("\n".join([": sample", *questions[::step]]), encoding="utf-8")
    return path


def right_answers(scores: Analogies) -> list[tuple[str, ...]]:
    asked = ((one.a, *one.b, one.c, *one.expected) for one in scores.total.correct)
    return [tuple(word.upper() for word in words) for words in asked]


def bench_analogies(timed: Stopwatch, store: vecstore.Store) -> None:
    path = datasets.real("gensim-testdata/questions-words.txt")
    counted = word_analogies(store, path).total.counted
    scores = timed(
        lambda: word_analogies(store, path, threads=THREADS),
        group=f"analogies over {len(store):,} words, per question",
        name=f"vecstore, {counted:,} questions",
        questions=counted,
    )
    assert 0.5 < scores.accuracy < 0.9


def bench_analogies_gensim(
    timed: Stopwatch, store: vecstore.Store, peer: Any, sample: Path
) -> None:
    ours = word_analogies(store, sample)
    score, sections = timed(
        lambda: peer.evaluate_word_analogies(str(sample)),
        group=f"analogies over {len(store):,} words, per question",
        name=f"gensim, {ours.total.counted:,} questions",
        questions=ours.total.counted,
    )
    assert sections[0]["correct"] == right_answers(ours)
    assert score == ours.accuracy


def bench_pairs(timed: Stopwatch, store: vecstore.Store) -> None:
    path = datasets.real("gensim-testdata/simlex999.txt")
    scores = timed(
        lambda: word_pairs(store, path),
        group=f"SimLex-999 over {len(store):,} words",
        name="vecstore",
    )
    assert 0.2 < scores.spearman < 0.5


def bench_pairs_gensim(timed: Stopwatch, store: vecstore.Store, peer: Any) -> None:
    path = datasets.real("gensim-testdata/simlex999.txt")
    ours = word_pairs(store, path)
    pearson, spearman, unknown = timed(
        lambda: peer.evaluate_word_pairs(str(path)),
        group=f"SimLex-999 over {len(store):,} words",
        name="gensim",
    )
    assert (ours.spearman, ours.pearson) == pytest.approx((spearman[0], pearson[0]), abs=1e-6)
    assert 100 * (1 - ours.coverage) == pytest.approx(unknown)
