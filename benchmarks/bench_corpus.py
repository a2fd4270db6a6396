"""Reading text: words a second, from a file to the windows that trainers learn from."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.datasets import SEED
from benchmarks.stopwatch import Stopwatch
from vecstore.trainers.corpus.corpus import Corpus

TEXT = Path(__file__).parents[2] / "shared/data/imdb/imdb_text8like_20MB.txt.gz"

pytestmark = [
    pytest.mark.keras,
    # gensim leaves closing files to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def text(full_size: bool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """3.7 million words of film reviews where they are to be had, otherwise made-up ones."""
    path = tmp_path_factory.mktemp("text") / "text.txt"
    if full_size and TEXT.exists():
        path.write_bytes(gzip.decompress(TEXT.read_bytes()))
    else:
        drawn = np.random.default_rng(SEED).zipf(1.3, 2_000_000 if full_size else 20_000)
        path.write_text(" ".join(f"word{number % 50_000}" for number in drawn), encoding="utf-8")
    return path


def bench_read_text(timed: Stopwatch, text: Path) -> None:
    words = len(text.read_text(encoding="utf-8").split())
    found = timed(
        lambda: sum(map(len, Corpus(text, tokenizer="spaces").windows(4))),
        group="reading text",
        name="vecstore, with all windows of four",
        words=words,
    )
    assert found == words - 3


def bench_read_text_with_gensim(timed: Stopwatch, text: Path) -> None:
    models = pytest.importorskip("gensim.models", exc_type=ImportError)

    def count() -> Any:
        model = models.Word2Vec(min_count=1)
        model.build_vocab(corpus_file=str(text))
        return model

    words = len(text.read_text(encoding="utf-8").split())
    model = timed(count, group="reading text", name="gensim, counting only", words=words)
    assert model.corpus_total_words == words
