"""A copy is one committed generation, whole, also beside a writer."""

import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import vecstore
from vecstore.errors import CorruptStoreError, StoreExistsError, VecstoreError
from vecstore.storage import copy_file, copy_store, copying

ROOT = Path(__file__).parents[2]


def rows(n: int, start: int = 0):
    keys = [f"k{i}" for i in range(start, start + n)]
    vectors = np.random.default_rng(start).standard_normal((n, 4))
    return keys, vectors, {"n": list(range(n))}


def same(one: Path, other: Path) -> bool:
    with vecstore.open(one) as a, vecstore.open(other) as b:
        keys = a.keys().tolist()
        return (
            keys == b.keys().tolist()
            and np.array_equal(a[keys], b[keys])
            and a.frame().equals(b.frame())
        )


@pytest.mark.parametrize("journal", [False, True])
def test_a_copy_holds_what_the_store_holds(tmp_path: Path, journal: bool) -> None:
    with vecstore.create(tmp_path / "a.vecs", dim=4) as store:
        store.add(*rows(300))
        store.build_index(ef_construction=10)
        store.delete(["k7"])
        if not journal:
            store.flush()
        store.backup(tmp_path / "b.vecs")
        assert same(tmp_path / "a.vecs", tmp_path / "b.vecs")
    assert list(vecstore.check(tmp_path / "b.vecs", full=True)) == []
    with vecstore.open(tmp_path / "b.vecs", mode="a") as copy:
        copy.add(*rows(3, 1000))
    assert len(vecstore.open(tmp_path / "a.vecs")) == 299


def test_a_copy_beside_a_writer_is_one_of_its_generations(tmp_path: Path) -> None:
    """Generation g holds the rows 0 to g - 2, so that a copy can be told to be whole."""
    writer = (
        "import sys, vecstore\n"
        "with vecstore.create(sys.argv[1], dim=2) as store:\n"
        "    print('made', flush=True)\n"
        "    i = 0\n"
        "    while True:\n"
        "        store.add([f'k{i}'], [[1, i]])\n"
        "        i += 1\n"
        "        if i % 7 == 0: store.flush()\n"
    )
    path = tmp_path / "a.vecs"
    with subprocess.Popen(
        [sys.executable, "-c", writer, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "made\n"
        sizes = []
        for number in range(8):
            copy = tmp_path / f"copy{number}.vecs"
            copy_store(path, copy)
            with vecstore.open(copy) as store:
                assert store.keys().tolist() == [f"k{i}" for i in range(len(store))]
                sizes.append(len(store))
            assert list(vecstore.check(copy)) == []
        process.kill()
    assert sizes == sorted(sizes)


def test_a_folder_copied_file_by_file_is_whole_or_says_that_it_is_not(tmp_path: Path) -> None:
    """As ``cp -r`` does it, while the store is written: first the names, then file after file."""
    path, stop = tmp_path / "a.vecs", threading.Event()
    whole = refused = 0
    with vecstore.create(path, dim=2) as store:

        def write() -> None:
            i = 0
            while not stop.is_set():
                store.add([f"k{i}"], [[1, i]])
                i += 1
                if i % 3 == 0:
                    store.flush()

        thread = threading.Thread(target=write)
        thread.start()
        try:
            for number in range(12):
                copy = tmp_path / f"copy{number}.vecs"
                copy.mkdir()
                for name in [one.name for one in path.iterdir()]:
                    try:
                        shutil.copy(path / name, copy / name)
                    except FileNotFoundError:
                        continue
                try:
                    with vecstore.open(copy) as found:
                        keys = found.keys().tolist()
                except VecstoreError:
                    refused += 1
                else:
                    assert keys == [f"k{i}" for i in range(len(keys))]
                    whole += 1
        finally:
            stop.set()
            thread.join()
    assert whole + refused == 12


def test_damage_is_not_copied(tmp_path: Path) -> None:
    with vecstore.create(tmp_path / "a.vecs", dim=4) as store:
        store.add(*rows(300))
    segment = next((tmp_path / "a.vecs").glob("segment-*"))
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    segment.write_bytes(content)
    with pytest.raises(CorruptStoreError, match=segment.name):
        copy_store(tmp_path / "a.vecs", tmp_path / "b.vecs")
    assert not (tmp_path / "b.vecs").exists()


def test_a_store_in_one_file_is_copied_and_nothing_replaced(tmp_path: Path) -> None:
    from vecstore import ingest

    with vecstore.create(tmp_path / "a.vecs", dim=4) as store:
        store.add(*rows(30))
        ingest.export(store, tmp_path / "a.h5", "hdf5")
    with vecstore.open(tmp_path / "a.h5") as single:
        single.backup(tmp_path / "b.h5")
        with pytest.raises(StoreExistsError, match=r"b\.h5 exists already"):
            single.backup(tmp_path / "b.h5")
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    with pytest.raises(StoreExistsError):
        copy_file(tmp_path / "a.h5", tmp_path / "b.h5")


def test_what_cannot_be_copied_says_why(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="in memory has no files of ours"):
        vecstore.from_arrays([[1.0, 0.0]]).backup(tmp_path / "b.vecs")
    with vecstore.create(tmp_path / "a.vecs", dim=4) as store:
        with pytest.raises(ValueError, match="must not lie in the store"):
            store.backup(tmp_path / "a.vecs" / "copy")
        with pytest.raises(FileNotFoundError, match="make it first"):
            store.backup(tmp_path / "no" / "b.vecs")


def test_a_store_that_takes_the_place_of_the_one_being_copied_is_copied_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files have the same names."""
    path, other = tmp_path / "a.vecs", tmp_path / "b.vecs"
    for made, start in ((path, 0), (other, 1000)):
        with vecstore.create(made, dim=4) as store:
            store.add_batches([rows(20, start)])
            store.add_batches([rows(20, start + 100)])
    read = copying.read_journal

    def swapped(*arguments):
        monkeypatch.undo()
        path.rename(tmp_path / "old.vecs")
        other.rename(path)
        return read(*arguments)

    monkeypatch.setattr(copying, "read_journal", swapped)
    copy_store(path, tmp_path / "copy.vecs")
    assert list(vecstore.check(tmp_path / "copy.vecs", full=True)) == []
    assert same(path, tmp_path / "copy.vecs")
