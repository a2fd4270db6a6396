"""Vectors of records out of the vectors of their words, beside gensim, all vectors the same."""

import numpy as np
import pytest

import vecstore
from benchmarks import datasets
from benchmarks.stopwatch import Stopwatch
from vecstore.analysis import Events, Field
from vecstore.analysis.records.event_fields import words

RECORDS, SMOKE_RECORDS = 50_000, 500
WORDS_OF_A_RECORD = 12


@pytest.fixture(scope="module")
def known() -> tuple[list[str], datasets.Floats]:
    """Words that are nothing but letters, and their vectors."""
    keys, vectors = datasets.glove()
    rows = [row for row, key in enumerate(keys) if key.isalpha() and key.isascii()]
    return [keys[row] for row in rows], vectors[rows]


@pytest.fixture(scope="module")
def texts(known: tuple[list[str], datasets.Floats], full_size: bool) -> list[str]:
    """Texts whose words are as frequent as those of a language."""
    rng = np.random.default_rng(4)
    shape = (RECORDS if full_size else SMOKE_RECORDS, WORDS_OF_A_RECORD)
    places = np.minimum(rng.zipf(1.3, shape) - 1, len(known[0]) - 1)
    return [" ".join(known[0][place] for place in row) for row in places]


def truth(texts: list[str], known: tuple[list[str], datasets.Floats]) -> datasets.Floats:
    """The sums of unit vectors, of unit length, as float64 has them."""
    keys, vectors = known
    place = {key: row for row, key in enumerate(keys)}
    unit = vectors / np.linalg.norm(vectors.astype(np.float64), axis=1)[:, None]
    sums = np.array([unit[[place[word] for word in text.split()]].sum(axis=0) for text in texts])
    return sums / np.linalg.norm(sums, axis=1)[:, None]


def group(texts: list[str]) -> str:
    return f"compose {len(texts):,} records of {WORDS_OF_A_RECORD} words"


def bench_compose(
    timed: Stopwatch, texts: list[str], known: tuple[list[str], datasets.Floats]
) -> None:
    store = vecstore.from_arrays(known[1], keys=known[0])
    events = Events({"text": Field(store, split=words)})
    composed = timed(
        lambda: events.compose({"text": texts}),
        group=group(texts),
        name="vecstore Events",
        records=len(texts),
    )
    np.testing.assert_allclose(composed.vectors, truth(texts, known), atol=1e-6)


def bench_compose_gensim(
    timed: Stopwatch, texts: list[str], known: tuple[list[str], datasets.Floats]
) -> None:
    """Its mean vector of a record, one record after another: it has no other way."""
    gensim = pytest.importorskip("gensim.models", exc_type=ImportError)
    vectors = gensim.KeyedVectors(known[1].shape[1])
    vectors.add_vectors(known[0], known[1])
    found = timed(
        lambda: [vectors.get_mean_vector(text.split(), post_normalize=True) for text in texts],
        group=group(texts),
        name="gensim get_mean_vector",
        records=len(texts),
    )
    np.testing.assert_allclose(found, truth(texts, known), atol=1e-5)
