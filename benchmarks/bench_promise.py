"""What `approximate=` is asked for, is assured and finds: `python -m benchmarks.bench_promise`."""

import sys
import tempfile
from pathlib import Path

import numpy as np

import vecstore

_DATA = Path(__file__).parents[1] / ".." / "shared" / "data"
_WANTED = (0.8, 0.9, 0.95, 0.99)


def sets(n: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return (rows, queries) by name: words, with made-up copies, and made-up clusters."""
    rng = np.random.default_rng(0)
    words = np.load(_DATA / "glove-6b-100d-320k" / "vectors.npy", mmap_mode="r")
    queries = np.array(words[60_000:60_400], np.float32)
    found = {"words": (np.array(words[:n], np.float32), queries)}
    for copies in (2, 5, 10):
        rows = np.repeat(np.array(words[: n // copies], np.float32), copies, axis=0)
        found[f"words x{copies}"] = rows, queries
    scale = 0.01 * np.linalg.norm(rows, axis=1, keepdims=True) / np.sqrt(rows.shape[1])
    noisy = rows + (scale * rng.standard_normal(rows.shape)).astype(np.float32)
    found["words x10, noise 1 %"] = noisy, queries
    centers = rng.standard_normal((200, 64)) * 3
    points = centers[rng.integers(200, size=n + 400)] + rng.standard_normal((n + 400, 64))
    found["clusters"] = points[:n].astype(np.float32), points[n:].astype(np.float32)
    strange = rng.standard_normal(queries.shape).astype(np.float32)
    found["words, gaussian queries"] = found["words"][0], strange
    return found


def measure(name: str, rows: np.ndarray, queries: np.ndarray, metric: str) -> None:
    """Print a line for each recall: of all rows, of a filter, and after half are gone."""
    few = (np.random.default_rng(1).random(len(rows)) < 0.5).tolist()
    with (
        tempfile.TemporaryDirectory() as folder,
        vecstore.create(f"{folder}/s", rows.shape[1], metric=metric, keys="int") as store,
    ):
        store.add(range(len(rows)), rows, {"half": few})
        store.build_index(ef_construction=100)
        table(name, store, queries, metric, None)
        table(f"{name}, filter 50 %", store, queries, metric, "half")
        store.delete(np.flatnonzero(few).tolist())
        table(f"{name}, half deleted", store, queries, metric, None)


def table(
    name: str, store: vecstore.Store, queries: np.ndarray, metric: str, where: str | None
) -> None:
    """Print what searches of one kind find."""
    truth = store.search(queries, k=10, where=where).distances[:, -1:]
    steps = store.info()["indexes"][0]["steps"]
    for wanted in _WANTED:
        found = store.search(queries, k=10, approximate=wanted, where=where)
        share = (found.distances <= truth * (1 + 1e-9) + 1e-12).mean()
        assured = next((s["assured"][1] for s in steps if s["assured"][1] >= wanted), 1.0)
        how = f"walk, assured {assured:.3f}" if found.plan.path == "graph" else "exact"
        print(f"| {name} | {metric} | {wanted} | {how} | {share:.3f} |", flush=True)


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    for name, (rows, queries) in sets(size).items():
        for metric in ("cosine", "euclidean"):
            measure(name, rows, queries, metric)
