"""The recall that is asked for is had, or the search is exact, however many rows are copies."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vecstore

DIM, GROUPS = 24, 1200


def words(n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (
        rng.standard_normal((n, 10)) @ np.random.default_rng(7).standard_normal((10, DIM))
    ).astype(np.float32)


def held(store: vecstore.Store, queries: np.ndarray, **others: Any) -> None:
    truth = store.search(queries, k=10, **others).distances[:, -1:]
    for wanted in (0.8, 0.9, 0.95, 0.99):
        found = store.search(queries, k=10, approximate=wanted, **others)
        share = (found.distances <= truth * (1 + 1e-9) + 1e-12).mean()
        assert share >= wanted, (wanted, share, found.plan)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize(("copies", "noise"), [(2, 0.0), (10, 0.0), (10, 0.01)])
def test_copies(tmp_path: Path, metric: str, copies: int, noise: float) -> None:
    rows = np.repeat(words(GROUPS, 0), copies, axis=0)
    rows += (noise * np.random.default_rng(1).standard_normal(rows.shape)).astype(np.float32)
    half = np.random.default_rng(3).random(len(rows)) < 0.5
    with vecstore.create(tmp_path / "s.vecs", DIM, metric=metric, keys="int") as store:
        store.add(range(len(rows)), rows, {"half": half.tolist()})
        store.build_index(M=8, ef_construction=40)
        # What a walk is assured to find holds though the exact search be faster on so few rows.
        queries = words(200, 2)
        truth = store.search(queries, k=10).distances[:, -1:]
        for step in store.info()["indexes"][0]["steps"]:
            found = store.search(queries, k=10, approximate={"ef": step["ef"]}).distances
            share = (found <= truth * (1 + 1e-9) + 1e-12).mean()
            assert share >= step["assured"][1], (step, share)
        held(store, queries)
        held(store, queries, where="half")
        store.delete(np.flatnonzero(half).tolist())
        held(store, queries)
