import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import h5py
import numpy as np
import pytest

import vecstore
from vecstore.errors import CorruptStoreError, StoreChangedError
from vecstore.storage.disk.mapped import MappedFile, open_regular

VECTORS = np.random.default_rng(4).normal(size=(3000, 8)).astype(np.float32)
QUERY = np.ones(8, np.float32)

QUESTIONS: dict[str, Callable[[vecstore.Store], object]] = {
    "search": lambda store: store.search(QUERY, k=3),
    "similar": lambda store: store.similar(5, k=3),
    "analogy": lambda store: store.analogy([1, 2], [3]),
    "3CosMul": lambda store: store.analogy([1, 2], [3], method="mul"),
    "neighbors": lambda store: store.neighbors(k=1),
    "get": lambda store: store.get(7),
    "getitem": lambda store: store[[7, 2999]],
    "compose": lambda store: store.compose({1: 1.0, 2: -0.5}),
    "prepare": lambda store: store.prepare(),
    "batches": lambda store: next(store.batches()),
}


def write(path: Path, vectors: np.ndarray) -> Path:
    with h5py.File(path, "w") as file:
        file["train"] = vectors
    return path


def mapped(path: Path) -> MappedFile:
    with open_regular(path) as file:
        return MappedFile(path, file)


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    return write(tmp_path / "foreign.hdf5", VECTORS)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("warm", [False, True])
def test_a_foreign_file_that_was_rewritten_is_an_error(
    foreign: Path, question: str, warm: bool
) -> None:
    with vecstore.open(foreign) as store:
        if warm:
            store.prepare()
        write(foreign, VECTORS[:5])
        message = r"foreign\.hdf5 was changed while it was open: it had .*; open it again\."
        with pytest.raises(StoreChangedError, match=message) as raised:
            QUESTIONS[question](store)
        assert raised.value.path == foreign
        assert (len(store), store.dim) == VECTORS.shape
    with vecstore.open(foreign) as store:
        np.testing.assert_array_equal(store[4], VECTORS[4])


def test_other_values_of_the_same_size_are_noticed(foreign: Path) -> None:
    with vecstore.open(foreign) as store:
        store.search(QUERY)
        with h5py.File(foreign, "r+") as file:
            file["train"][0] = 7
        os.utime(foreign, ns=(0, foreign.stat().st_mtime_ns + 1))  # whatever the clock's steps
        with pytest.raises(StoreChangedError, match="it was written to"):
            store.search(QUERY)


def test_what_changes_while_it_is_read_is_no_answer(foreign: Path) -> None:
    with vecstore.open(foreign) as store:
        batches = store.batches(100)
        next(batches)
        write(foreign, VECTORS[:5])
        with pytest.raises(StoreChangedError):
            next(batches)


def test_no_thread_gets_an_answer_after_it(foreign: Path) -> None:
    raised: list[object] = []

    def ask(store: vecstore.Store) -> None:
        try:
            raised.append(store.search(QUERY))
        except StoreChangedError as error:
            raised.append(error)

    with vecstore.open(foreign) as store:
        store.search(QUERY)
        write(foreign, VECTORS[:5])
        threads = [Thread(target=ask, args=(store,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [type(one) for one in raised] == [StoreChangedError] * 4


def test_no_signal_ends_the_process(foreign: Path) -> None:
    code = """if True:
        import sys, h5py, numpy, vecstore
        with vecstore.open(sys.argv[1]) as store:
            store.search(numpy.ones(8), k=1)
            with h5py.File(sys.argv[1], "w") as file:
                file["train"] = numpy.ones((5, 8), "f4")
            try:
                store.search(numpy.ones(8), k=1)
            except vecstore.StoreChangedError:
                sys.exit(7)
    """
    done = subprocess.run([sys.executable, "-c", code, str(foreign)], check=False)
    assert done.returncode == 7


@pytest.mark.skipif(os.name == "nt", reason="Windows does not replace what is mapped")
@pytest.mark.parametrize("way", ["replaced", "removed", "renamed"])
def test_a_file_whose_name_goes_stays_as_it_was(foreign: Path, way: str) -> None:
    with vecstore.open(foreign) as store:
        before = store.search(QUERY, k=3)
        if way == "replaced":
            write(foreign.with_name("next.hdf5"), VECTORS[:5]).replace(foreign)
        elif way == "removed":
            foreign.unlink()
        else:
            foreign.rename(foreign.with_name("old.hdf5"))
        assert store.search(QUERY, k=3).keys.tolist() == before.keys.tolist()


@pytest.mark.skipif(os.name == "nt", reason="Windows does not rename what is mapped")
def test_a_renamed_file_that_is_cut_is_noticed_too(foreign: Path) -> None:
    file = mapped(foreign)
    moved = foreign.rename(foreign.with_name("old.hdf5"))
    file.check()
    os.truncate(moved, 4096)
    with pytest.raises(StoreChangedError, match="4096 now"):
        file.check()


def make(path: Path, vectors: np.ndarray, name: str) -> Path:
    with vecstore.create(path, dim=8, keys="int") as store:
        store.add(range(len(vectors)), vectors)
    return next(path.glob(f"{name}-*"))


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_segment_that_was_copied_over_is_an_error(tmp_path: Path, question: str) -> None:
    old = make(tmp_path / "old.vecs", VECTORS, "segment")
    new = make(tmp_path / "new.vecs", VECTORS[:500], "segment")
    with vecstore.open(old.parent) as store:
        store.search(QUERY)
        old.write_bytes(new.read_bytes())
        with pytest.raises(StoreChangedError, match="open it again"):
            QUESTIONS[question](store)


def test_keys_of_an_answer_are_not_read_from_another_segment(tmp_path: Path) -> None:
    old = make(tmp_path / "old.vecs", VECTORS, "segment")
    with vecstore.open(old.parent) as store:
        matches = store.search(QUERY)
        old.write_bytes(b"")
        with pytest.raises(StoreChangedError):
            matches.keys  # noqa: B018


@pytest.mark.skipif(os.name == "nt", reason="Windows does not remove what is mapped")
def test_a_store_that_was_removed_is_read_on(tmp_path: Path) -> None:
    segment = make(tmp_path / "old.vecs", VECTORS, "segment")
    with vecstore.open(segment.parent) as store:
        before = store.search(QUERY, k=3).keys.tolist()
        segment.unlink()
        assert store.search(QUERY, k=3).keys.tolist() == before


def test_a_single_file_that_was_copied_over_is_an_error(tmp_path: Path) -> None:
    from vecstore import ingest

    make(tmp_path / "words.vecs", VECTORS, "segment")
    with vecstore.open(tmp_path / "words.vecs") as store:
        ingest.export(store, tmp_path / "words.h5", "hdf5")
    with vecstore.open(tmp_path / "words.h5") as store:
        store.search(QUERY)
        (tmp_path / "words.h5").write_bytes(b"no HDF5")
        with pytest.raises(StoreChangedError):
            store.search(QUERY)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders")
@pytest.mark.parametrize("kind", ["segment", "tombstones", "index"])
@pytest.mark.parametrize("there", ["pipe", "folder"])
def test_a_pipe_in_place_of_a_file_is_an_error_and_no_hang(
    tmp_path: Path, kind: str, there: str
) -> None:
    make(tmp_path / "pets.vecs", VECTORS[:600], "segment")
    with vecstore.open(tmp_path / "pets.vecs", "a") as store:
        store.delete([3])
        store.build_index(M=4, ef_construction=8)
    path = next((tmp_path / "pets.vecs").glob(f"{kind}-*"))
    path.unlink()
    os.mkfifo(path) if there == "pipe" else path.mkdir()
    code = "import sys, vecstore; vecstore.open(sys.argv[1]).search([1] * 8, approximate=0.5)"
    done = subprocess.run(
        [sys.executable, "-c", code, str(path.parent)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert f"{path} is damaged: it is not a regular file" in done.stderr


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders")
def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, what in (
        (tmp_path / "pipe", "regular"),
        (tmp_path, "regular"),
        (tmp_path / "no", "missing"),
    ):
        with pytest.raises(CorruptStoreError, match=what):
            open_regular(path)


def test_a_pipe_is_no_store(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes in folders")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(vecstore.StoreNotFoundError, match="neither a folder nor a regular file"):
        vecstore.open(tmp_path / "pipe")
