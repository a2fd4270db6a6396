"""Vectors to search and queries to search them with: real ones where they are to be had.

GloVe's 50,000 most frequent words are looked for in ``../shared/data`` beside the checkout; without
them the bundled 8,266 are used. More rows than there are words are made by repeating the words with
noise, so that a copy lies about as far from its word as the word's nearest real neighbours do.

Queries of the peers' comparison are words that are not among the rows, as ann-benchmarks has it: a
row, or a copy of one, is found by any graph at once, and no graph would have to prove itself.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import numpy.typing as npt
import polars as pl

__all__ = [
    "DATA",
    "SEED",
    "Dataset",
    "Floats",
    "ann_benchmarks",
    "clustered",
    "glove_path",
    "load",
    "real",
    "some_rows",
    "spellings",
    "words",
]

SEED = 1
Floats = npt.NDArray[np.float32]

_ROOT = Path(__file__).parents[1]
DATA = _ROOT.parent / "shared" / "data"
_GLOVE = DATA / "glove-6b-100d-text" / "glove.6B.100d.first50k.txt.gz"
_BUNDLED = _ROOT / "vecstore" / "data" / "glove-6b-100d.txt.gz"
_ANN = {
    "minilm": DATA / "ann-hdf5" / "minilm-wordnet-384-angular-10k.hdf5",
    "bigann": DATA / "ann-hdf5" / "bigann10k-128-euclidean.hdf5",
}
_METRICS = {"angular": "cosine", "euclidean": "euclidean"}

# Of the standard deviation of a coordinate: cosines of about 0.8 between a word and its copies.
_NOISE = 0.5
_CLUSTER_ROWS = 1000


class Dataset(NamedTuple):
    """Something to search.

    Attributes
    ----------
    name : str
        What it is, for a title.
    metric : str
        What near means in it.
    vectors : ndarray of float32, shape (n, dim)
        In C order.
    queries : ndarray of float32, shape (n_queries, dim)
        None of them zero.
    """

    name: str
    metric: str
    vectors: Floats
    queries: Floats


def load(name: str, rows: int, dim: int, n_queries: int) -> Dataset:
    """Return ``"words"``, ``"clustered"``, or an ann-benchmarks file by short name or path."""
    if name == "words":
        queries, stored = _held_out(glove()[1], n_queries)
        return Dataset("GloVe word vectors", "cosine", _repeated(stored, rows), queries)
    if name == "clustered":
        vectors = clustered(rows + n_queries, dim)
        return Dataset("clustered vectors", "euclidean", vectors[:rows], vectors[rows:])
    found = ann_benchmarks(_ANN.get(name, Path(name)))
    return found._replace(queries=found.queries[:n_queries])


def real(name: str) -> Path:
    """Return the path of real data, or skip the benchmark by its name."""
    import pytest  # not at the top: `peers` and `crossover` measure without it

    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path.name} is not in {path.parent}")
    return path


def glove_path() -> Path:
    """Return the larger text file of GloVe vectors that is there."""
    return _GLOVE if _GLOVE.exists() else _BUNDLED


@cache
def glove() -> tuple[list[str], Floats]:
    """Return words, most frequent first, and their vectors of 100 dimensions."""
    table = pl.read_csv(glove_path(), separator=" ", has_header=False, quote_char=None)
    return table.to_series(0).to_list(), table[:, 1:].to_numpy().astype(np.float32, order="C")


def words(n: int) -> Floats:
    """Return n word vectors, past the real ones repeated with noise."""
    return _repeated(glove()[1], n)


def _repeated(found: Floats, n: int) -> Floats:
    if n <= len(found):
        return found[:n].copy()
    rng = np.random.default_rng(SEED)
    rows = np.resize(found, (n, found.shape[1]))
    noise = rng.standard_normal((n - len(found), found.shape[1]), dtype=np.float32)
    rows[len(found) :] += noise * (_NOISE * found.std(axis=0))
    return rows


def spellings(n: int) -> list[str]:
    """Return a key for each row of ``words(n)``: the word, with a number if it is a copy."""
    found, _ = glove()
    copies = (f"{found[row % len(found)]}.{row // len(found)}" for row in range(len(found), n))
    return found[:n] + list(copies)


def clustered(n: int, dim: int) -> Floats:
    """Return n points scattered around n / 1000 centres."""
    rng = np.random.default_rng(SEED)
    centres = rng.standard_normal((max(1, n // _CLUSTER_ROWS), dim), dtype=np.float32)
    points = rng.standard_normal((n, dim), dtype=np.float32)
    points += centres[rng.integers(len(centres), size=n)]
    return points


def ann_benchmarks(path: Path) -> Dataset:
    """Return the train and test rows of a file in the layout of ann-benchmarks."""
    with h5py.File(path) as file:
        metric = _METRICS[file.attrs["distance"]]
        train, test = (np.asarray(file[name], dtype=np.float32) for name in ("train", "test"))
    return Dataset(path.stem, metric, train, test)


def _held_out(vectors: Floats, n: int) -> tuple[Floats, Floats]:
    """Return n rows, at most a fifth of all, and the others."""
    rng = np.random.default_rng(SEED)
    taken = np.zeros(len(vectors), bool)
    taken[rng.choice(len(vectors), size=min(n, len(vectors) // 5), replace=False)] = True
    return vectors[taken], vectors[~taken]


def some_rows(vectors: Floats, n: int) -> Floats:
    """Return n different rows to search with."""
    rng = np.random.default_rng(SEED)
    return vectors[rng.choice(len(vectors), size=min(n, len(vectors)), replace=False)]
