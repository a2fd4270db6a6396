"""Results become attributes, all of them or none, and rows keep their order."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import vecstore
from vecstore.analysis.maps.written_columns import write_columns
from vecstore.storage.disk import files
from vecstore.storage.disk.files import Disk
from vecstore.store.store import Store
from vecstore.writing import batch as changes
from vecstore.writing import segments as sealing

KEYS = [f"key {i}" for i in range(40)]


class InterruptedDisk(Disk):
    """A disk on which somebody presses Ctrl-C while the second new segment is written."""

    def __init__(self) -> None:
        self.segments = 0

    def claim(self, old: Path, new: Path, folder: int | None) -> None:
        self.segments += new.name.startswith("segment")
        if self.segments == 2:
            raise KeyboardInterrupt
        super().claim(old, new, folder)


@pytest.fixture
def store(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    """A store whose rows make several segments whenever they are written."""
    monkeypatch.setattr(sealing, "SEGMENT_BYTES", 1_000)
    monkeypatch.setattr(changes, "_PIECE", 100)
    with vecstore.create(tmp_path / "some.vecs", dim=4) as store:
        store.add(KEYS, rng.standard_normal((40, 4)), {"year": np.arange(40)})
        store.flush()
        yield store


def test_an_interrupted_write_changes_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors, disk = store[KEYS], InterruptedDisk()
    with monkeypatch.context() as patch:
        patch.setattr(files, "disk", disk)
        with pytest.raises(KeyboardInterrupt):
            write_columns(store, store.keys(), {"cluster": np.arange(40)}, {"model": "test"})
    assert disk.segments == 2
    path = store.path
    assert path is not None
    store.close()
    with vecstore.open(path) as again:
        assert again.keys().tolist() == KEYS
        assert again.frame().columns == ["key", "year"]
        assert again.frame()["year"].to_list() == list(range(40))
        np.testing.assert_array_equal(again[KEYS], vectors)
        assert list(again.check()) == []


def test_rows_keep_their_order_over_many_segments(store: Store) -> None:
    vectors = store[KEYS]
    generation = store.generation
    write_columns(store, store.keys()[5:35], {"cluster": np.arange(30)}, {"model": "test"})
    assert store.generation == generation + 1
    frame = store.frame()
    assert frame["key"].to_list() == KEYS
    assert frame["year"].to_list() == list(range(40))
    assert frame["cluster"].to_list() == [None] * 5 + list(range(30)) + [None] * 5
    np.testing.assert_array_equal(store[KEYS], vectors)
