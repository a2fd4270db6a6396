"""Threads of one process, and processes that fork."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import vecstore
from vecstore.store.store import Store

DIM = 4
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.vecs"


def rows(n: int) -> np.ndarray:
    return np.random.default_rng(n).standard_normal((n, DIM)).astype(np.float32)


def in_child(do: Callable[[], None]) -> None:
    """Run something in a forked child, which must do it without an exception, and in time."""
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        try:
            do()
        finally:
            os._exit(0 if sys.exc_info()[0] is None else 1)
    _, status = os.waitpid(child, 0)
    assert status == 0


def test_threads_search_while_another_writes(path: Path) -> None:
    """Every answer is of one commit: all of a batch, or nothing of it."""
    done = threading.Event()

    def look(store: Store) -> int:
        looks = 0
        while not done.is_set():
            found = store.search(np.ones(DIM), k=1000)
            numbers = sorted(int(key.split()[0]) for key in found.keys[: found.counts])
            # Batch b brings b twice, and takes both of b - 5 away.
            last = max(numbers, default=-1)
            assert numbers == sorted([*range(max(0, last - 4), last + 1)] * 2)
            looks += 1
        return looks

    with vecstore.create(path, dim=DIM) as store, ThreadPoolExecutor(4) as pool:
        looking = [pool.submit(look, store) for _ in range(4)]
        try:
            for number in range(60):
                with store.batch() as batch:
                    batch.add([f"{number} a", f"{number} b"], rows(2))
                    if number >= 5:
                        batch.delete([f"{number - 5} a", f"{number - 5} b"])
                if number % 20 == 7:
                    store.compact()
        finally:
            done.set()
        assert all(future.result() > 0 for future in looking)


def test_threads_that_write_take_turns(path: Path) -> None:
    def write(store: Store, name: int) -> None:
        for number in range(20):
            store.upsert([f"{name} {number}"], rows(1))

    with vecstore.create(path, dim=DIM, durability="fast") as store:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda name: write(store, name), range(4)))
        assert len(store) == 80
    with vecstore.open(path) as store:
        assert len(store) == 80


def test_threads_that_refresh_never_go_back(path: Path) -> None:
    with vecstore.create(path, dim=DIM, durability="fast") as store, vecstore.open(path) as reader:

        def follow() -> list[int]:
            seen = []
            for _ in range(100):
                reader.refresh()
                seen.append(reader.generation)
            return seen

        with ThreadPoolExecutor(3) as pool:
            following = [pool.submit(follow) for _ in range(3)]
            for number in range(100):
                store.upsert([f"{number}"], rows(1))
            for future in following:
                assert future.result() == sorted(future.result())


def test_other_writers_wait_for_a_batch_and_its_own_thread_is_told(path: Path) -> None:
    with vecstore.create(path, dim=DIM) as store, ThreadPoolExecutor(1) as pool:
        with store.batch() as batch:
            batch.add(["a"], rows(1))
            waiting = pool.submit(store.add, ["b"], rows(1))
            with pytest.raises(vecstore.VecstoreError, match="changed by this very thread"):
                store.add(["c"], rows(1))
            assert not waiting.done()
        waiting.result()
        assert store.keys().tolist() == ["a", "b"]
        with pytest.raises(ValueError, match="The batch is over"):
            batch.add(["d"], rows(1))


@needs_fork
def test_a_forked_child_reads_and_does_not_write(path: Path) -> None:
    with vecstore.create(path, dim=DIM) as store:
        store.add(["a", "b"], rows(2))
        store.similar("a", k=1)

        def child() -> None:
            assert store.similar("a", k=1)[0].key == "b"
            with pytest.raises(vecstore.VecstoreError, match="which forked this one"):
                store.add(["c"], rows(1))
            store.close()  # gives nothing up that is the parent's
            with vecstore.open(path) as reader:
                assert len(reader) == 2
            with pytest.raises(vecstore.StoreLockedError):
                vecstore.open(path, mode="a")

        in_child(child)
        store.add(["d"], rows(1))
    with vecstore.open(path) as store:
        assert store.keys().tolist() == ["a", "b", "d"]


@needs_fork
def test_a_child_forked_while_another_thread_moves_the_store_can_move_it(path: Path) -> None:
    vecstore.create(path, dim=DIM).close()
    with vecstore.open(path) as reader, reader._rows._moving:  # as another thread would hold it
        in_child(reader.refresh)
