"""Pipes are read like files; what is neither is refused."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import vecstore
from vecstore.analysis.languages.dictionary import read_dictionary
from vecstore.errors import IngestError, KeyNotFoundError
from vecstore.ingest import export, import_into, read
from vecstore.input_tables import as_table
from vecstore.pipes import is_pipe, spool, whole_file

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no FIFOs")
CONTENT = b"king 1 2 3\nqueen 4 5 6\n"


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Makes a FIFO that gives some bytes once, to whoever reads it or to nobody."""
    threads, paths = [], []

    def write(path: Path, content: bytes) -> None:
        with suppress(BrokenPipeError):  # nobody reads it
            path.write_bytes(content)

    def make(content: bytes, name: str = "fifo") -> Path:
        path = tmp_path / name
        os.mkfifo(path)
        threads.append(threading.Thread(target=write, args=(path, content), daemon=True))
        threads[-1].start()
        paths.append(path)
        return path

    yield make
    for path, thread in zip(paths, threads, strict=True):
        while thread.is_alive():  # until it has opened what nobody reads, and found that out
            os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
            thread.join(0.01)


@pytest.fixture
def spools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    folder = tmp_path / "spools"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def test_a_pipe_is_imported(pipe: Callable[..., Path], spools: Path, tmp_path: Path) -> None:
    path = pipe(CONTENT)
    report = import_into(path, tmp_path / "a.vecs")
    assert (report.path, report.rows, report.size) == (str(path), 2, len(CONTENT))
    with vecstore.open(tmp_path / "a.vecs") as store:
        assert store["queen"].tolist() == [4, 5, 6]
        assert store.info()["provenance"][0]["source"] == str(path)
    assert list(spools.iterdir()) == []


@pytest.mark.parametrize("name", ["word2vec-binary", "npz", "parquet", "hdf5", "npy"])
def test_formats_that_need_a_file_come_through_a_pipe(
    pipe: Callable[..., Path], spools: Path, tmp_path: Path, name: str
) -> None:
    store = vecstore.from_arrays(np.eye(3, dtype=np.float32), keys=["a", "b", "c"])
    made = export(store, tmp_path / "vectors.any", name)
    options = {"keys": pipe(made[1].read_bytes(), "keys")} if len(made) > 1 else {}
    import_into(pipe(made[0].read_bytes()), tmp_path / "b.vecs", **options)
    with vecstore.open(tmp_path / "b.vecs") as found:
        assert found.keys().tolist() == ["a", "b", "c"]
        assert found["b"].tolist() == [0, 1, 0]
    assert list(spools.iterdir()) == []


def test_an_error_names_the_pipe_and_leaves_no_copy(
    pipe: Callable[..., Path], spools: Path
) -> None:
    path = pipe(b"\x1f\x8b garbage")
    with pytest.raises(IngestError, match=f"{path} cannot be decompressed"):
        read(path)
    with pytest.raises(IngestError, match=r"empty\.vec is empty"):
        read(pipe(b"", "empty.vec"))
    assert list(spools.iterdir()) == []


def test_whole_file_is_the_file_itself_or_a_copy(pipe: Callable[..., Path], tmp_path: Path) -> None:
    plain = tmp_path / "a.txt"
    plain.write_bytes(CONTENT)
    with whole_file(plain) as path:
        assert path == plain
    fifo = pipe(CONTENT)
    with whole_file(fifo) as path:
        assert path.read_bytes() == path.read_bytes() == CONTENT
    assert not path.exists()


def test_a_failed_copy_leaves_nothing(spools: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        spool(tmp_path / "none")
    assert list(spools.iterdir()) == []


def test_a_device_is_refused() -> None:
    with pytest.raises(IngestError, match="/dev/zero is a device; a file or a pipe is needed"):
        is_pipe("/dev/zero")


def test_an_error_about_the_copy_of_a_pipe_names_the_pipe(
    pipe: Callable[..., Path], spools: Path
) -> None:
    path = pipe(b"king\n")
    with pytest.raises(IngestError, match="holds no") as caught, whole_file(path) as copy:
        read_dictionary(copy)
    assert str(caught.value).startswith(f"{path} holds no")
    assert not list(spools.iterdir())


def test_a_missing_key_stays_one_while_a_pipe_is_read(pipe: Callable[..., Path]) -> None:
    store = vecstore.from_arrays([[0, 1]], keys=["north"])
    with pytest.raises(KeyNotFoundError, match="nort"), whole_file(pipe(b"nort")) as copy:
        store[copy.read_text()]


def test_a_table_comes_through_a_pipe_that_is_named_for_one(pipe: Callable[..., Path]) -> None:
    assert as_table(pipe(b"word,n\na,1\nb,2\n", "t.csv")).rows() == [("a", 1), ("b", 2)]
    with pytest.raises(ValueError, match="A pipe has no such name: write it to a file"):
        as_table(pipe(b"word,n\na,1\n", "unnamed"))
