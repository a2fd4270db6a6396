"""A write within a write of the same store is an error before it changes anything."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vecstore
from vecstore.store.store import Store

REFUSED = "changed by this very thread"


@pytest.fixture
def store(tmp_path: Path):
    store = vecstore.create(tmp_path / "a.vecs", dim=2, metric="euclidean")
    store.add(["old", "older"], [[0, 0], [1, 1]])
    yield store
    store.close()


INNER: dict[str, Callable[[Store], Any]] = {
    "add": lambda store: store.add(["log"], [[9, 9]]),
    "upsert": lambda store: store.upsert(["old"], [[9, 9]]),
    "delete": lambda store: store.delete(["old"]),
    "set_attributes": lambda store: store.set_attributes(["old"], {"x": [1]}),
    "batch": lambda store: store.batch().__enter__(),
    "add_batches": lambda store: store.add_batches([(["log"], [[9, 9]])]),
    "upsert_batches": lambda store: store.upsert_batches([(["old"], [[9, 9]])]),
    "flush": lambda store: store.flush(),
    "compact": lambda store: store.compact(),
    "build_index": lambda store: store.build_index(ef_construction=10),
    "drop_index": lambda store: store.drop_index(),
    "close": lambda store: store.close(),
}


def in_add_batches(store: Store, inner: Callable[[], Any]) -> None:
    def batches():
        yield ["n1"], [[1, 1]]
        inner()
        yield ["n2"], [[2, 2]]

    store.add_batches(batches())


def in_upsert_batches(store: Store, inner: Callable[[], Any]) -> None:
    def batches():
        yield ["old"], [[1, 1]]
        inner()
        yield ["n2"], [[2, 2]]

    store.upsert_batches(batches())


def in_a_batch(store: Store, inner: Callable[[], Any]) -> None:
    with store.batch() as batch:
        batch.add(["n1"], [[1, 1]])
        inner()


def in_the_keys_of_a_batch(store: Store, inner: Callable[[], Any]) -> None:
    def keys():
        yield "n1"
        inner()

    with store.batch() as batch:
        batch.add(keys(), [[1, 1]])


def in_progress(store: Store, inner: Callable[[], Any]) -> None:
    store.build_index(ef_construction=10, progress=lambda *_: inner())


def in_a_signal_handler(store: Store, inner: Callable[[], Any]) -> None:
    def handler(*_: Any) -> None:
        inner()

    before = signal.signal(signal.SIGUSR1, handler)
    try:
        with store.batch() as batch:
            batch.add(["n1"], [[1, 1]])
            os.kill(os.getpid(), signal.SIGUSR1)
            time.sleep(0)
    finally:
        signal.signal(signal.SIGUSR1, before)


OUTER = [in_add_batches, in_upsert_batches, in_a_batch, in_the_keys_of_a_batch, in_progress]
if hasattr(signal, "SIGUSR1"):
    OUTER.append(in_a_signal_handler)


@pytest.mark.parametrize("outer", OUTER)
@pytest.mark.parametrize("inner", INNER)
def test_a_write_within_a_write_is_refused_and_changes_nothing(
    store: Store, outer: Callable[..., Any], inner: str
) -> None:
    with pytest.raises(vecstore.VecstoreError, match=REFUSED):
        outer(store, lambda: INNER[inner](store))
    assert store.keys().tolist() == ["old", "older"]
    assert store["old"].tolist() == [0, 0]
    store.add(["later"], [[2, 2]])
    store.close()
    with vecstore.open(store.path) as reader:
        assert reader.keys().tolist() == ["old", "older", "later"]
    assert list(vecstore.check(store.path)) == []


@pytest.mark.parametrize("outer", OUTER)
def test_a_refusal_that_is_caught_does_not_spoil_the_write_around_it(
    store: Store, outer: Callable[..., Any]
) -> None:
    def inner() -> None:
        with contextlib.suppress(vecstore.VecstoreError):
            store.delete(["older"])

    outer(store, inner)
    assert "older" in store
    expected = store.keys().tolist()
    store.close()
    with vecstore.open(store.path) as reader:
        assert reader.keys().tolist() == expected
    assert list(vecstore.check(store.path)) == []


def test_reading_within_a_write_is_allowed(store: Store) -> None:
    with store.batch() as batch:
        batch.add(["new"], [[5, 5]])
        assert store.search([0, 0], k=1).keys.tolist() == ["old"]
        assert "new" not in store
        store.refresh()
    assert "new" in store


def test_a_batch_entered_by_an_exit_stack_ends_like_any_other(store: Store) -> None:
    with contextlib.ExitStack() as stack:
        batch = stack.enter_context(store.batch())
        batch.add(["new"], [[5, 5]])
        with pytest.raises(vecstore.VecstoreError, match=REFUSED):
            store.delete(["old"])
    assert "new" in store
    store.delete(["old"])

    def fail() -> None:
        with contextlib.ExitStack() as stack:
            stack.enter_context(store.batch()).add(["never"], [[5, 5]])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert "never" not in store


def test_closing_waits_for_the_batch_of_another_thread(store: Store) -> None:
    entered, leave = threading.Event(), threading.Event()

    def work() -> None:
        with store.batch() as batch:
            batch.add(["new"], [[5, 5]])
            entered.set()
            leave.wait(30)

    thread = threading.Thread(target=work)
    thread.start()
    entered.wait(30)
    threading.Timer(0.2, leave.set).start()
    store.close()
    thread.join()
    with vecstore.open(store.path) as reader:
        assert "new" in reader


def add_until_refused(store: Store, name: int, acknowledged: list[str], refused: list[str]) -> None:
    for i in range(10_000):
        key = f"{name}/{i}"
        try:
            store.add([key], [[1, i]])
        except ValueError as error:
            refused.append(str(error))
            return
        acknowledged.append(key)


def test_threads_that_add_while_another_closes_are_told(tmp_path: Path) -> None:
    """What was acknowledged is there, what was not is not."""
    for number in range(5):
        path = tmp_path / f"{number}.vecs"
        store = vecstore.create(path, dim=2, metric="euclidean")
        acknowledged: list[str] = []
        refused: list[str] = []
        threads = [
            threading.Thread(target=add_until_refused, args=(store, name, acknowledged, refused))
            for name in range(3)
        ]
        for thread in threads:
            thread.start()
        time.sleep(0.05 * number)
        store.close()
        for thread in threads:
            thread.join()
        assert len(refused) == 3
        assert all("is closed; open it again" in message for message in refused)
        with vecstore.open(path) as reader:
            assert sorted(reader.keys().tolist()) == sorted(acknowledged)


def test_many_threads_take_their_turns(store: Store) -> None:
    def work(name: int) -> None:
        for i in range(20):
            store.add([f"{name}/{i}"], [[name, i]])

    threads = [threading.Thread(target=work, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store) == 2 + 6 * 20


class TestUpsertBatches:
    def test_equals_upserts_one_after_another(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(0)
        stream = []
        for number in range(12):
            keys = rng.permutation(30)[: rng.integers(1, 12)].tolist()
            stream.append((keys, rng.standard_normal((len(keys), 3)), {"n": [number] * len(keys)}))
        one = vecstore.create(tmp_path / "one.vecs", dim=3, keys="int")
        many = vecstore.create(tmp_path / "many.vecs", dim=3, keys="int")
        with one, many:
            for store in (one, many):
                store.add(range(10), np.ones((10, 3)), {"n": [99] * 10})
                store.flush()
                store.add(range(10, 15), np.ones((5, 3)), {"n": [77] * 5})
            assert one.upsert_batches(iter(stream)) == len(one) - 15
            for keys, vectors, attributes in stream:
                many.upsert(keys, vectors, attributes)
            assert one.keys().tolist() == many.keys().tolist()
            keys = one.keys().tolist()
            assert np.array_equal(one[keys], many[keys])
            assert one.frame().equals(many.frame())
        assert list(vecstore.check(tmp_path / "one.vecs", full=True)) == []

    def test_several_segments_keep_the_last_of_each_key(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from vecstore.writing import segments as sealing

        monkeypatch.setattr(sealing, "SEGMENT_BYTES", 500)
        with vecstore.create(tmp_path / "a.vecs", dim=2, metric="euclidean") as store:
            keys = [f"k{i}" for i in range(10)]
            rounds = [(keys, np.full((10, 2), number)) for number in range(6)]
            assert store.upsert_batches(rounds) == 10
            assert store[keys].tolist() == [[5, 5]] * 10
            assert store.keys().tolist() == keys
        assert list(vecstore.check(tmp_path / "a.vecs", full=True)) == []

    def test_a_key_twice_in_one_batch_is_refused_and_nothing_done(self, store: Store) -> None:
        with pytest.raises(vecstore.DuplicateKeyError):
            store.upsert_batches([(["old"], [[4, 4]]), (["a", "a"], [[1, 1], [2, 2]])])
        assert store.keys().tolist() == ["old", "older"]
        assert store["old"].tolist() == [0, 0]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_forked_within_a_batch_of_another_thread_is_refused_at_once(
    tmp_path: Path,
) -> None:
    program = """
import os, sys, threading
import vecstore
store = vecstore.create(sys.argv[1], dim=2)
entered, leave = threading.Event(), threading.Event()
def hold():
    with store.batch() as batch:
        batch.add(["a"], [[1, 1]])
        entered.set()
        leave.wait(60)
thread = threading.Thread(target=hold)
thread.start()
entered.wait(60)
child = os.fork()
if child == 0:
    for write in (lambda: store.add(["b"], [[1, 1]]), store.flush):
        try:
            write()
        except vecstore.VecstoreError as error:
            print(error, flush=True)
    store.close()
    os._exit(0)
os.waitpid(child, 0)
leave.set()
thread.join()
store.close()
print(vecstore.open(sys.argv[1]).keys().tolist())
"""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program]
    found = subprocess.run(
        [*command, str(tmp_path / "w.vecs")],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    lines = found.stdout.splitlines()
    assert [("only that process writes" in line) for line in lines[:2]] == [True, True]
    assert lines[2:] == ["['a']"]
