"""Stores of words to analyse: the bundled ones, real ones beside a checkout, rotated ones."""

import csv
import gzip
import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vecstore
from tests.real_data import real
from vecstore.ingest import read


@cache
def glove() -> vecstore.Store:
    """The 8,266 words that come with the package."""
    with resources.as_file(resources.files("vecstore") / "data" / "glove-6b-100d.txt.gz") as path:
        return _in_memory(path)


@cache
def large_glove() -> vecstore.Store:
    """The first 50,000 words of GloVe."""
    return _in_memory(real("glove-6b-100d-text/glove.6B.100d.first50k.txt.gz"))


@cache
def common_words(language: str) -> vecstore.Store:
    """The 10,000 commonest words of a language, in a space of their own."""
    folder = f"words-{language}-300d"
    return _in_memory(real(f"{folder}/vectors.npy"), keys=real(f"{folder}/words.txt"))


@cache
def concepts(language: str) -> vecstore.Store:
    """Some 840 concepts, keyed by their English names in capitals."""
    path = real(f"concepts-3lang/{language}_embeddings.csv.gz")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    vectors = [json.loads(row["EMBEDDING"]) for row in rows]
    return vecstore.from_arrays(
        np.array(vectors, np.float32), [row["CONCEPTICON_GLOSS"] for row in rows]
    )


def rotation(dim: int, rng: np.random.Generator) -> np.ndarray:
    """A random orthogonal matrix."""
    return np.linalg.qr(rng.standard_normal((dim, dim)))[0]


def as_gensim(store: vecstore.Store) -> Any:
    """The same words in gensim, or a skip."""
    models = pytest.importorskip("gensim.models")
    words = models.KeyedVectors(store.dim)
    words.add_vectors(store.keys().tolist(), store[store.keys().tolist()].astype(np.float32))
    return words


def _in_memory(path: Path, **options: Any) -> vecstore.Store:
    with read(path, **options) as reader:
        batches = list(reader)
    keys = [key for some, _ in batches for key in some.tolist()]
    return vecstore.from_arrays(np.concatenate([vectors for _, vectors in batches]), keys)
