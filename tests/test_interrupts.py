"""Ctrl-C at any line of any write, its traceback kept, as notebooks and loggers keep it.

The store is then as it was before the write, or as after it, and goes on working: in this thread,
in others, and on disk.
"""

import gc
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest

import vecstore
from vecstore.store.store import Store
from vecstore.writing import compaction, writer

PACKAGE = str(Path(vecstore.__file__).parent)
WATCHED = (PACKAGE, "contextlib.py")

# Of thousands of lines so many are tried in every run; with --runslow each of them.
SAMPLE = 12


class Interrupt:
    """Raises KeyboardInterrupt at line number `at` of the package, counted from 0."""

    def __init__(self, at: int | None) -> None:
        self.lines = 0
        #: Whether it came where Python lets none out: when it closes a generator that nobody has.
        self.ignored = False
        self._at = at

    def __enter__(self) -> "Interrupt":
        self._hook = sys.unraisablehook
        sys.unraisablehook = self._unraisable
        sys.settrace(self._frame)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)
        sys.unraisablehook = self._hook

    def _unraisable(self, what: Any) -> None:
        if what.exc_type is KeyboardInterrupt:
            self.ignored = True
        else:
            self._hook(what)

    def _frame(self, frame: FrameType, event: str, _: Any) -> Any:
        name = frame.f_code.co_filename
        if not (name.startswith(PACKAGE) or name.endswith("contextlib.py")):
            return None
        self._count(frame)
        return self._line

    def _line(self, frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            self._count(frame)
        return self._line

    def _count(self, frame: FrameType) -> None:
        self.lines += 1
        if self._at is not None and self.lines > self._at:
            self._at = None
            sys.settrace(None)
            raise KeyboardInterrupt


def small(store: Store) -> None:
    store.add(["new"], [[3, 4]], {"n": [1]})


def large(store: Store) -> None:
    store.add(["n1", "n2"], np.ones((2, 2)))


def batches(store: Store) -> None:
    store.add_batches([(["n1"], [[1, 1]]), (["n2"], [[2, 2]])], provenance={"source": "here"})


def replacing(store: Store) -> None:
    store.upsert_batches([(["k1"], [[1, 1]]), (["n2"], [[2, 2]])])


def batch(store: Store) -> None:
    with store.batch() as batch:
        batch.add(["new"], [[3, 4]])
        batch.delete(["k1"])
        batch.upsert(["k2"], [[5, 5]])


def delete(store: Store) -> None:
    store.delete(["k1"])


def attributes(store: Store) -> None:
    store.set_attributes(["k1"], {"n": [7]})


def flush(store: Store) -> None:
    store.flush()


def compact(store: Store) -> None:
    store.compact()


def index(store: Store) -> None:
    store.build_index(ef_construction=10)


def drop(store: Store) -> None:
    store.drop_index()


WRITES = [small, large, batches, replacing, batch, delete, attributes, flush, compact, index, drop]


def contents(store: Store) -> dict[str, Any]:
    keys = store.keys().tolist()
    attributes = store.frame()
    values = attributes["n"].to_list() if "n" in attributes.columns else [None] * len(keys)
    vectors = map(tuple, store[keys].tolist())
    return dict(zip(keys, zip(vectors, values, strict=True), strict=True))


def made(path: Path, write: Callable[[Store], object]) -> Store:
    store = vecstore.create(path, dim=2, metric="euclidean")
    store.add_batches([([f"k{i}" for i in range(9)], np.arange(18).reshape(9, 2))])
    store.add_batches([(["s1", "s2"], [[7, 7], [8, 8]])])
    if write is drop:
        store.build_index(ef_construction=10)
    store.add(["j1"], [[9, 9]], {"n": [3]})  # in the journal
    return store


@contextmanager
def circumstances(monkeypatch: pytest.MonkeyPatch, write: Any) -> Iterator[None]:
    """Let every add be large where that is tried, and Python close files that nobody has yet.

    A file that was opened and not yet kept when the interrupt came is closed when it is collected,
    which Python warns of.
    """
    with monkeypatch.context() as patch, warnings.catch_warnings():
        if write is large:
            patch.setattr(writer, "_LARGE_COMMIT", 0)
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()


def interrupted(path: Path, write: Callable[[Store], object], at: int | None) -> Interrupt:
    """Interrupt a write at a line, and hold the store to what was promised."""
    store = made(path, write)
    before = contents(store)
    kept, interrupt = None, Interrupt(at)
    try:
        with interrupt:
            write(store)
    except KeyboardInterrupt as error:
        kept = error
    seen = contents(store)
    if at is None:
        assert kept is None
    else:
        assert kept is not None or interrupt.ignored
        again = made(path.with_name("whole.vecs"), write)
        with again:
            write(again)
            assert seen in (before, contents(again))[interrupt.ignored :], f"line {at}"
    thread = threading.Thread(target=store.add, args=(["thread"], [[1, 0]]), daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive(), f"line {at}: another thread hangs"
    store.add(["here"], [[0, 1]])
    now = {**seen, "thread": ((1.0, 0.0), None), "here": ((0.0, 1.0), None)}
    assert contents(store) == now
    store.close()
    with vecstore.open(path) as reader:
        assert contents(reader) == now
    assert list(vecstore.check(path)) == []
    del kept
    return interrupt


def lines_of(tmp_path: Path, write: Callable[[Store], object]) -> int:
    interrupted(tmp_path / "warm.vecs", write, None)  # what is imported or cached comes once
    return interrupted(tmp_path / "count.vecs", write, None).lines


@pytest.mark.parametrize("write", WRITES)
def test_an_interrupted_write_is_done_or_not_and_the_store_works_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Store], object]
) -> None:
    with circumstances(monkeypatch, write):
        lines = lines_of(tmp_path, write)
        for at in np.linspace(0, lines - 1, min(SAMPLE, lines)).astype(int).tolist():
            folder = tmp_path / str(at)
            folder.mkdir()
            interrupted(folder / "a.vecs", write, at)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("write", WRITES)
def test_no_line_is_the_wrong_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Store], object]
) -> None:
    with circumstances(monkeypatch, write):
        for at in range(lines_of(tmp_path, write)):
            folder = tmp_path / str(at)
            folder.mkdir()
            interrupted(folder / "a.vecs", write, at)


def test_a_batch_that_was_interrupted_takes_nothing_more(tmp_path: Path) -> None:
    store = made(tmp_path / "a.vecs", batch)

    def leave(frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_name == "_leave" and frame.f_code.co_filename.startswith(PACKAGE):
            sys.settrace(None)
            raise KeyboardInterrupt

    kept = open_batch = None
    try:
        with store.batch() as open_batch:
            open_batch.add(["b"], [[3, 4]])
            sys.settrace(leave)
    except KeyboardInterrupt as error:
        kept = error
    assert kept is not None
    with pytest.raises(ValueError, match="The batch is over"):
        open_batch.add(["c"], [[5, 6]])
    store.close()
    with vecstore.open(tmp_path / "a.vecs") as reader:
        assert "b" not in reader


def test_merging_that_was_interrupted_is_done_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C between two commits of one call: what was committed stays."""
    monkeypatch.setattr(compaction, "_MANY", 3)
    with vecstore.create(tmp_path / "a.vecs", dim=2, metric="euclidean") as store:
        for start in range(0, 8, 2):
            store.add_batches([([f"k{start}", f"k{start + 1}"], np.ones((2, 2)))])
        assert store.info()["segments"] < 4
        assert len(store) == 8
