"""Habits that come within others: callbacks, signals, threads, forks, kills."""

import os
import select
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import vecstore
from tests.storage.habits_world import OURS, Model, Opened, World, contents
from vecstore import StoreLockedError, VecstoreError
from vecstore.store.store import Store

_PATIENCE = 60.0  # seconds for a child


def _sound(world: World) -> Opened | None:
    sound = [one for one in world.writers() if one.sound]
    return world.rng.choice(sound) if sound else None


def _row(world: World, opened: Opened) -> tuple[Any, np.ndarray, Model]:
    key, row = opened.home.key(world.rng), opened.home.vector(world.rng)
    return key, row[None], {key: (bytes(row), None)}


def write_within(world: World) -> None:
    """A write within a write is refused; caught, it spoils nothing; else the whole is undone."""
    opened = _sound(world)
    if opened is None:
        return
    store, home = opened.store, opened.home
    first, row, one = _row(world, opened)
    second, other, two = _row(world, opened)
    caught = world.rng.random() < 0.5
    inner = world.rng.choice(
        [
            lambda: store.add([second], other),
            lambda: store.upsert([first], other),
            store.flush,
            store.compact,
            store.close,
            store.drop_index,
            lambda: store.add_batches([([second], other)]),
            lambda: store.batch().__enter__(),
        ]
    )

    def meddle() -> None:
        try:
            inner()
        except VecstoreError as error:
            if "a write within a" not in str(error):
                raise AssertionError(str(error)) from error
            if not caught:
                raise
            return
        raise AssertionError("a write within a write was accepted")

    def stream() -> Any:
        yield [first], row
        meddle()
        yield [second], other

    def batch() -> None:
        with store.batch() as batch:
            batch.add([first], row)
            meddle()
            batch.add([second], other)

    outer = world.rng.choice(
        [lambda: store.add_batches(stream()), lambda: store.upsert_batches(stream()), batch]
    )
    world.touched.add(home)
    assert world.allowed(outer, () if caught else (VecstoreError,)) == caught
    if caught:
        home.model = home.model | one | two
        home.model = dict(home.model)


def interrupt(world: World) -> None:
    """Ctrl-C, an error or a write in a signal handler, at any moment of a write."""
    opened = _sound(world)
    if opened is None:
        return
    store, home = opened.store, opened.home
    keys = [home.key(world.rng) for _ in range(4)]
    rows = np.stack([home.vector(world.rng) for _ in keys])
    new: Model = {key: (bytes(row), None) for key, row in zip(keys, rows, strict=True)}
    key, row, one = _row(world, opened)
    kind = world.rng.choice(["interrupt", "raise", "write"])
    wrote: list[bool] = []
    armed = [True]  # Python may call the handler after the timer has been stopped

    def handler(*_: Any) -> None:
        if not armed:
            return
        if kind == "interrupt":
            raise KeyboardInterrupt
        if kind == "raise":
            raise RuntimeError
        try:
            store.add([key], row)
        except VecstoreError:
            wrote.append(False)
        else:
            wrote.append(True)

    def batch() -> None:
        with store.batch() as batch:
            batch.add(keys, rows)

    ways: list[tuple[Callable[[], object], Model]] = [
        (lambda: store.add(keys, rows), new),
        (lambda: store.upsert_batches([(keys[:2], rows[:2]), (keys[2:], rows[2:])]), new),
        (batch, new),
        (store.compact, {}),
        (store.flush, {}),
    ]
    do, added = world.rng.choice(ways)
    world.touched.add(home)
    before = signal.signal(signal.SIGALRM, handler)
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, world.rng.uniform(1e-6, 4e-3))
            do()
        finally:
            armed.clear()
            signal.setitimer(signal.ITIMER_REAL, 0)
    except (KeyboardInterrupt, RuntimeError) as error:
        world.kept.append(error)
        world.note(f"    {kind} came")
    else:
        home.model = home.model | added
        added = {}
    finally:
        signal.signal(signal.SIGALRM, before)
    if any(wrote):
        home.model = home.model | one
    if added:  # the interrupted write is done, or not at all
        found = contents(store)
        assert found in (home.model, home.model | added), "half of an interrupted write"
        home.model = found


def threads(world: World) -> None:
    """Threads write, and another one closes, or all of them end."""
    opened = _sound(world)
    if opened is None:
        return
    store, home, done = opened.store, opened.home, {}
    closing = world.rng.random() < 0.5
    work = [[_row(world, opened) for _ in range(5)] for _ in range(3)]
    wrong: list[BaseException] = []

    def add(rows: list[tuple[Any, np.ndarray, Model]]) -> None:
        for key, row, model in rows:
            try:
                with store.batch() as batch:
                    batch.add([key], row)
            except ValueError:  # closed
                return
            except BaseException as error:  # noqa: BLE001  # the test fails by it
                wrong.append(error)
                return
            done.update(model)

    running = [threading.Thread(target=add, args=(rows,), daemon=True) for rows in work]
    world.touched.add(home)
    for thread in running:
        thread.start()
    if closing:
        time.sleep(world.rng.uniform(0, 3e-3))
        store.close()
        world.drop(opened)
    for thread in running:
        thread.join(_PATIENCE)
        assert not thread.is_alive(), "a thread hangs"
    assert not wrong, wrong
    home.model = home.model | done


def _child(work: Callable[[int], object]) -> tuple[int, int]:
    """Fork; return the child, and a pipe that it writes to. It ends without tidying up."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    answer = b"?"
    try:
        signal.setitimer(signal.ITIMER_REAL, 0)
        os.close(reading)
        work(writing)
        answer = b"."
    except BaseException as error:  # noqa: BLE001  # the parent looks at it
        answer = f"!{type(error).__name__}: {error}".encode()
    finally:
        os.write(writing, answer)
        os._exit(0)


def _told(child: int, pipe: int) -> bytes:
    """Return what a child wrote until it ended; a child that hangs is a finding."""
    told, end = b"", time.monotonic() + _PATIENCE
    while True:
        ready, _, _ = select.select([pipe], [], [], max(0, end - time.monotonic()))
        if not ready:
            os.kill(child, signal.SIGKILL)
            raise AssertionError(f"a forked child hangs, after {told!r}")
        if not (piece := os.read(pipe, 1 << 16)):
            break
        told += piece
    os.close(pipe)
    os.waitpid(child, 0)
    return told


def fork(world: World) -> None:
    """A child reads, cannot write, and closes or not; a thread may be writing in the parent."""
    if not world.open:
        return
    opened = world.rng.choice(world.open)
    store = opened.store
    expected = None if opened.writes and not opened.sound else contents_of(opened)
    key, row, _ = _row(world, opened)
    key = key if opened.sound else "x"
    manner = world.rng.choice(["close", "leave", "batch"])
    inside = opened.writes and opened.sound and manner == "batch"

    def work(_: int) -> None:
        if expected is not None:
            assert contents(store) == expected, "a child sees something else"
        for do in (lambda: store.add([key], row), store.flush, store.compact):
            try:
                do()
            except OURS:
                continue
            raise AssertionError("a child writes with its parent's store")
        if manner == "close":
            store.close()
            store.close()

    world.touched.add(opened.home)
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with store.batch():
            entered.set()
            leave.wait(_PATIENCE)

    holder = threading.Thread(target=hold, daemon=True)
    if inside:
        holder.start()
        entered.wait(_PATIENCE)
    try:
        children = [_child(work) for _ in range(world.rng.choice([1, 1, 3]))]
        told = [_told(*child) for child in children]
    finally:
        leave.set()
    if inside:
        holder.join(_PATIENCE)
        assert not holder.is_alive()
    assert set(told) == {b"."}, told


def contents_of(opened: Opened) -> Model | None:
    """What an open store shows here; None when a backup lies over its files."""
    try:
        return contents(opened.store)
    except vecstore.StoreChangedError:
        assert opened.home.overwritten
        return None


def other_process(world: World) -> None:
    """Another process opens for writing: refused while somebody writes; else it may be killed."""
    homes = [one for one in world.homes if one.path in world.paths]
    if not homes:
        return
    home = world.rng.choice(homes)
    path, killed = home.path, world.rng.random() < 0.6
    assert path is not None
    keys = [home.key(world.rng) for _ in range(40)]
    rows = [home.vector(world.rng) for _ in keys]

    def work(pipe: int) -> None:
        store: Store = vecstore.open(path, mode="a")
        for key, row in zip(keys, rows, strict=True):
            os.write(pipe, b"B")
            store.add([key], row[None])
            os.write(pipe, b"A")
            if not killed and len(store) > len(home.model) + 3:
                break
        store.close()

    taken = home.owner is not None
    world.touched.add(home)
    child, pipe = _child(work)
    if killed and not taken:
        time.sleep(world.rng.uniform(0, 0.03))
        os.kill(child, signal.SIGKILL)
    told = _told(child, pipe)
    if taken:
        assert told.startswith(f"!{StoreLockedError.__name__}".encode()), told
        return
    assert killed or told.endswith(b"."), told
    steps = [({key: (bytes(row), None)}) for key, row in zip(keys, rows, strict=True)]
    for step in steps[: told.count(b"A")]:
        home.model = home.model | step
    if told.endswith(b"B"):
        with vecstore.open(path) as reader:
            found = contents(reader)
        last = steps[told.count(b"A")]
        assert found in (home.model, home.model | last), "a kill lost something"
        home.model = found


HABITS: dict[Callable[[World], None], int] = {
    write_within: 4,
    interrupt: 5,
    threads: 2,
    fork: 3,
    other_process: 2,
}
