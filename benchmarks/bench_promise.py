"""What `approximate=` is asked for, is assured and finds: `python -m benchmarks.bench_promise`."""

import gzip
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import h5py
import numpy as np

import vecstore
from vecstore.search import approximate

_DATA = Path(__file__).parents[1] / ".." / "shared" / "data"
_WANTED = (0.8, 0.9, 0.95, 0.99)
Pair = tuple[np.ndarray, np.ndarray]


def _words(n: int, copies: int = 1, noise: float = 0.0) -> Pair:
    """Return the commonest words, each so many times, and rarer words as queries."""
    words = np.load(_DATA / "glove-6b-100d-320k" / "vectors.npy", mmap_mode="r")
    rows = np.repeat(np.array(words[: n // copies], np.float32), copies, axis=0)
    scale = noise * np.linalg.norm(rows, axis=1, keepdims=True) / np.sqrt(rows.shape[1])
    rows += (scale * np.random.default_rng(0).standard_normal(rows.shape)).astype(np.float32)
    return rows, np.array(words[60_000:60_400], np.float32)


def _sentences(n: int) -> Pair:
    folder = _DATA / "minilm-wordnet-384-40k"
    rows, queries = np.load(folder / "vectors.npy", mmap_mode="r"), np.load(folder / "queries.npy")
    return np.array(rows[:n], np.float32), queries[:400].astype(np.float32)


def _digits(n: int) -> Pair:
    found = []
    for part in ("train", "t10k"):
        with gzip.open(_DATA / "mnist-idx" / f"{part}-images-idx3-ubyte.gz") as file:
            pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784)
        found.append(pixels[: n if part == "train" else 400].astype(np.float32))
    return found[0], found[1]


def _bigann(n: int) -> Pair:
    with h5py.File(_DATA / "ann-hdf5" / "bigann10k-128-euclidean.hdf5") as file:
        return file["train"][:n].astype(np.float32), file["test"][:].astype(np.float32)


def _clusters(n: int) -> Pair:
    rng = np.random.default_rng(0)
    centers = rng.standard_normal((200, 64)) * 3
    points = centers[rng.integers(200, size=n + 400)] + rng.standard_normal((n + 400, 64))
    return points[:n].astype(np.float32), points[n:].astype(np.float32)


def _gaussian(n: int) -> Pair:
    rows, queries = _words(n)
    return rows, np.random.default_rng(0).standard_normal(queries.shape).astype(np.float32)


def _shifted(n: int) -> Pair:
    rows, queries = _words(n)
    return rows, queries + 2 * rows.std(axis=0)


#: A function of the number of rows that returns (rows, queries), by name.
SETS: dict[str, Callable[[int], Pair]] = {
    "words": _words,
    "words x2": lambda n: _words(n, 2),
    "words x5": lambda n: _words(n, 5),
    "words x10": lambda n: _words(n, 10),
    "words x10, noise 1 %": lambda n: _words(n, 10, 0.01),
    "sentences": _sentences,
    "digits": _digits,
    "bigann": _bigann,
    "clusters": _clusters,
    "words, gaussian queries": _gaussian,
    "words, shifted queries": _shifted,
}


def measure(name: str, rows: np.ndarray, queries: np.ndarray, metric: str) -> None:
    """Print a line each for all rows, for those of filters, and for what is left of them."""
    drawn = np.random.default_rng(1).random(len(rows))
    with (
        tempfile.TemporaryDirectory() as folder,
        vecstore.create(f"{folder}/s", rows.shape[1], metric=metric, keys="int") as store,
    ):
        columns = {"half": (drawn < 0.5).tolist(), "tenth": (drawn < 0.11).tolist()}
        store.add(range(len(rows)), rows, columns)
        store.build_index(ef_construction=60)
        line(f"{name} ({len(rows):,})", store, queries, metric, None)
        line("- filter 50 %", store, queries, metric, "half")
        line("- filter 11 %", store, queries, metric, "tenth")
        store.delete(np.flatnonzero(drawn < 0.5).tolist())
        line("- half deleted", store, queries, metric, None)


def line(
    name: str, store: vecstore.Store, queries: np.ndarray, metric: str, where: str | None
) -> None:
    """Print what searches of one kind are assured to find and find."""
    truth = store.search(queries, k=10, where=where).distances[:, -1:]
    steps = store.info()["indexes"][0]["steps"]
    cells = []
    for wanted in _WANTED:
        found = store.search(queries, k=10, approximate=wanted, where=where)
        mark = ""
        if found.plan.path != "graph":  # where only for its speed, the walk is tried all the same
            with patch.object(approximate, "_pays", lambda *_: True):
                found = store.search(queries, k=10, approximate=wanted, where=where)
            mark = " *"
        if found.plan.path != "graph":
            cells.append("exact")
            continue
        assured = next(s["assured"][1] for s in steps if s["assured"][1] >= wanted)
        share = (found.distances <= truth * (1 + 1e-9) + 1e-12).mean()
        missed = "" if share >= wanted else " MISSED"
        cells.append(f"{assured:.3f}, {share:.3f}{mark}{missed}")
    print(f"| {name} | {metric} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    for name in sys.argv[2:] or SETS:
        for metric in ("cosine", "euclidean"):
            measure(name, *SETS[name](size), metric)
