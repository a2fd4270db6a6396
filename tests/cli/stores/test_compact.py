"""The command that gives space back."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from click.testing import Result

import vecstore

Invoke = Callable[..., Result]


def test_compact_gives_back_the_space_of_deleted_rows(tmp_path: Path, invoke: Invoke) -> None:
    path = tmp_path / "words.vecs"
    keys = [f"key {i}" for i in range(4000)]
    with vecstore.create(path, dim=100) as store:
        store.add(keys, np.random.default_rng(1).standard_normal((4000, 100)))
        store.delete(keys[:400])  # too few to be given back unasked
    before = sum(file.stat().st_size for file in path.iterdir())
    done = invoke("compact", str(path))
    assert done.exit_code == 0
    assert done.stdout.startswith(f"{path}: ")
    assert sum(file.stat().st_size for file in path.iterdir()) < before
    assert list(vecstore.open(path).keys()) == keys[400:]


def test_compact_of_no_store_is_one_sentence(tmp_path: Path, invoke: Invoke) -> None:
    done = invoke("compact", str(tmp_path / "nothing.vecs"))
    assert done.exit_code == 1
    assert "does not exist" in done.stderr
