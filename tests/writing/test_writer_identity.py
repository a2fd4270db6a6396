"""A writer changes the store that it opened, and no other, whatever its path leads to."""

import gc
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import vecstore
from vecstore.errors import StoreLockedError, StoreMovedError, VecstoreError
from vecstore.store.store import Store

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="an open folder stays where it is")


def made(path: Path, keys: list[str], dim: int = 2, metric: str = "euclidean") -> Store:
    store = vecstore.create(path, dim=dim, metric=metric)
    for key in keys:
        store.add([key], np.ones((1, dim)))
    return store


def bytes_of(path: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in path.iterdir()}


def keys_of(path: Path) -> list[str]:
    assert list(vecstore.check(path, full=True)) == []
    with vecstore.open(path) as store:
        return store.keys().tolist()


@pytest.mark.parametrize("commits", [0, 1, 2, 3, 5])
def test_another_working_folder_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, commits: int
) -> None:
    for name in ("A", "B"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "B")
    made(Path("w.vecs"), [f"b{i}" for i in range(commits)]).close()
    before = bytes_of(tmp_path / "B" / "w.vecs")
    monkeypatch.chdir(tmp_path / "A")
    store = made(Path("w.vecs"), ["a0"])
    monkeypatch.chdir(tmp_path / "B")
    store.add(["a1"], [[1, 1]])
    store.add_batches([(["a2"], [[2, 2]])])
    store.build_index(ef_construction=10)
    store.compact()
    store.close()
    assert bytes_of(tmp_path / "B" / "w.vecs") == before
    assert keys_of(tmp_path / "A" / "w.vecs") == ["a0", "a1", "a2"]


def test_a_reader_follows_its_store_from_another_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with made(Path("w.vecs"), ["a"]) as writer, vecstore.open("w.vecs") as reader:
        monkeypatch.chdir("/")
        writer.add(["b"], [[2, 2]])
        reader.refresh()
        assert reader.keys().tolist() == ["a", "b"]
        assert reader.info()["path"] == str(tmp_path / "w.vecs")
        assert list(reader.check()) == []


WRITES: dict[str, Callable[[Store], object]] = {
    "add": lambda store: store.add(["new"], [[1, 2]]),
    "large add": lambda store: store.add(
        [f"n{i}" for i in range(200_000)], np.ones((200_000, 2), np.float32)
    ),
    "upsert": lambda store: store.upsert(["a1"], [[1, 2]]),
    "delete": lambda store: store.delete(["a1"]),
    "set_attributes": lambda store: store.set_attributes(["a1"], {"x": [1]}),
    "add_batches": lambda store: store.add_batches([(["new"], [[1, 2]])]),
    "upsert_batches": lambda store: store.upsert_batches([(["a1"], [[1, 2]])]),
    "flush": lambda store: store.flush(),
    "compact": lambda store: store.compact(),
    "build_index": lambda store: store.build_index(ef_construction=10),
    "close": lambda store: store.close(),
}


def removed(path: Path) -> None:
    shutil.rmtree(path)


def moved(path: Path) -> None:
    path.rename(path.with_name("moved.vecs"))


@pytest.mark.parametrize("live", [False, True], ids=["closed", "open"])
@pytest.mark.parametrize("go", [removed, moved])
@pytest.mark.parametrize("write", WRITES)
def test_a_store_in_the_place_of_another_is_untouched(
    tmp_path: Path, write: str, go: Callable[[Path], None], live: bool
) -> None:
    path = tmp_path / "w.vecs"
    old = made(path, ["a1"])
    go(path)
    new = made(path, ["b1", "b2"], dim=3, metric="cosine")
    if not live:
        new.close()
    before = bytes_of(path)
    with pytest.raises(StoreMovedError, match="is not the folder any more"):
        WRITES[write](old)
    if write != "close":
        with pytest.raises(StoreMovedError):
            old.close()
    old.close()  # it is closed by now
    assert bytes_of(path) == before
    if live:
        new.add(["b3"], [[1, 2, 3]])
        new.close()
    assert keys_of(path) == ["b1", "b2", "b3"][: 3 if live else 2]
    if go is moved:  # what was acknowledged is where the folder is
        assert keys_of(tmp_path / "moved.vecs") == ["a1"]


@pytest.mark.parametrize("moment", ["while rows are read", "before the commit"])
def test_a_folder_that_is_swapped_in_the_midst_of_a_write_is_untouched(
    tmp_path: Path, moment: str
) -> None:
    path = tmp_path / "w.vecs"
    old = made(path, ["a1"])
    before: dict[str, bytes] = {}

    def swap() -> None:
        moved(path)
        made(path, ["b1"]).close()
        before.update(bytes_of(path))

    def batches():
        yield ["n1"], [[1, 1]]
        if moment == "while rows are read":
            swap()
        yield ["n2"], [[2, 2]]

    def write() -> None:
        if moment == "while rows are read":
            old.add_batches(batches())
        else:
            with old.batch() as batch:
                batch.add(["n1"], [[1, 1]])
                swap()

    with pytest.raises(StoreMovedError):
        write()
    with pytest.raises(StoreMovedError):
        old.close()
    assert bytes_of(path) == before
    assert keys_of(tmp_path / "moved.vecs") == ["a1"]


def test_a_backup_restored_in_place_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "w.vecs"
    store = made(path, ["a1"])
    store.backup(tmp_path / "backup.vecs")
    for key in ("a2", "a3"):
        store.add([key], [[1, 1]])
    store.flush()
    for one in path.iterdir():
        if one.name != "writer.lock":
            one.unlink()
    for one in (tmp_path / "backup.vecs").iterdir():
        if one.name != "writer.lock":
            shutil.copy(one, path)
    before = bytes_of(path)
    with pytest.raises(VecstoreError):
        store.add(["new"], [[1, 1]])
    with pytest.raises(VecstoreError):
        store.close()
    assert {name: content for name, content in bytes_of(path).items() if name != "writer.lock"} == {
        name: content for name, content in before.items() if name != "writer.lock"
    }
    assert keys_of(path) == ["a1"]


def test_a_lock_file_removed_by_hand_lets_nobody_in(tmp_path: Path) -> None:
    path = tmp_path / "w.vecs"
    with made(path, ["a1"]) as store:
        (path / "writer.lock").unlink()
        program = "import sys, vecstore; vecstore.open(sys.argv[1], mode='a')"
        other = subprocess.run(
            [sys.executable, "-c", program, str(path)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "StoreLockedError" in other.stderr
        with pytest.raises(StoreLockedError, match="removed or replaced"):
            store.add(["a2"], [[1, 1]])
        with pytest.raises(StoreLockedError):
            store.close()
    with vecstore.open(path, mode="a") as store:
        store.add(["a2"], [[1, 1]])
    assert keys_of(path) == ["a1", "a2"]


def test_a_journal_that_was_removed_takes_no_more_rows(tmp_path: Path) -> None:
    path = tmp_path / "w.vecs"
    store = made(path, ["a1"])
    next(path.glob("journal-*")).unlink()
    for _ in range(2):
        with pytest.raises(VecstoreError):
            store.add(["a2"], [[1, 1]])
    with pytest.raises(VecstoreError):
        store.close()


def test_making_a_store_that_fails_leaves_a_store_that_came_meanwhile(
    tmp_path: Path,
) -> None:
    from vecstore.store.opening import removed_on_failure

    path = tmp_path / "w.vecs"

    def fail() -> None:
        with removed_on_failure(made(path, ["a1"])):
            moved(path)
            made(path, ["b1"]).close()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert keys_of(path) == ["b1"]
    assert not (tmp_path / "moved.vecs").exists() or not any(
        one.suffix == ".json" for one in (tmp_path / "moved.vecs").iterdir()
    )


@pytest.mark.parametrize("write", ["add", "add_batches", "flush"])
def test_a_backup_copied_over_the_files_is_noticed(tmp_path: Path, write: str) -> None:
    """The same names, and the same inodes: only the content tells."""
    path = tmp_path / "w.vecs"
    store = made(path, ["a1"])
    store.backup(tmp_path / "backup.vecs")
    store.add(["a2"], [[1, 1]])
    for one in (tmp_path / "backup.vecs").iterdir():
        shutil.copyfile(one, path / one.name)
    before = bytes_of(path)
    with pytest.raises(StoreMovedError):
        WRITES[write](store)
    with pytest.raises(StoreMovedError):
        store.close()
    del before["writer.lock"]
    assert {name: before[name] for name in before} == {
        name: content for name, content in bytes_of(path).items() if name != "writer.lock"
    }
    assert keys_of(path) == ["a1"]


def test_another_store_copied_over_one_of_the_same_size_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "w.vecs"
    store, other = made(path, ["a1"]), made(tmp_path / "other.vecs", ["b1"])
    other.backup(tmp_path / "backup.vecs")
    other.close()
    for one in (tmp_path / "backup.vecs").iterdir():
        shutil.copyfile(one, path / one.name)
    with pytest.raises(StoreMovedError):
        store.flush()
    with pytest.raises(StoreMovedError):
        store.close()
    assert keys_of(path) == ["b1"]


def test_a_store_that_nobody_closes_goes_without_a_word(tmp_path: Path) -> None:
    gc.disable()  # nothing waits for it
    try:
        for number, write in enumerate(WRITES.values()):
            path = tmp_path / f"{number}.vecs"
            store = made(path, ["a1"])
            with store.batch() as batch:
                batch.add(["a2"], [[1, 1]])
            write(store)
            del store  # a warning of a file that was not closed would be an error here
            vecstore.open(path, mode="a").close()
    finally:
        gc.enable()
