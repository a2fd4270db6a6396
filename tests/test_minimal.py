"""If only one test file is run, against an installed wheel say, then this is the one."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import vecstore

KEYS = [f"key {i}" for i in range(200)]
VECTORS = np.random.default_rng(7).standard_normal((200, 24)).astype(np.float32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store that was written, closed and must now be found on disk."""
    path = tmp_path / "words.vecs"
    with vecstore.create(path, dim=24, metric="cosine") as store:
        store.add(KEYS, VECTORS)
    return path


def cosine_distances(query: np.ndarray) -> np.ndarray:
    rows = VECTORS.astype(np.float64)
    query = query.astype(np.float64)
    return 1 - rows @ query / (np.linalg.norm(rows, axis=1) * np.linalg.norm(query))


def test_the_compiled_core_is_there() -> None:
    assert vecstore.build_info()["engine"] == "native"


def test_search_finds_what_numpy_finds(path: Path) -> None:
    query = np.random.default_rng(8).standard_normal(24).astype(np.float32)
    expected = cosine_distances(query)
    nearest = np.argsort(expected, kind="stable")[:10]
    with vecstore.open(path) as store:
        matches = store.search(query, k=10)
    assert list(matches.keys) == [KEYS[row] for row in nearest]
    np.testing.assert_allclose(matches.distances, expected[nearest], rtol=0, atol=1e-12)


def test_similar_leaves_the_key_itself_out(path: Path) -> None:
    with vecstore.open(path) as store:
        keys = store.similar("key 3", k=5).keys
    nearest = np.argsort(cosine_distances(VECTORS[3]), kind="stable")[1:6]
    assert list(keys) == [KEYS[row] for row in nearest]


def test_vectors_come_back_to_the_last_bit(path: Path) -> None:
    with vecstore.open(path) as store:
        assert len(store) == 200
        assert "key 7" in store
        assert "key 200" not in store
        np.testing.assert_array_equal(store[KEYS], VECTORS)


def test_the_command_line_answers(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "vecstore", "similar", path, "key 3", "--k", "2"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["key 3", "key 3"]
