"""Random habits of people, against a model: what they do to stores that are open.

They change the working folder, move, remove and replace folders, restore backups, copy stores that
are written, remove the lock file, fork, write from generators, callbacks and signal handlers, press
Ctrl-C and keep the traceback, close from another thread, close twice or never, and are killed.
After each step every store must hold what was acknowledged and nothing else, wherever its folder is
by now; nobody else's files may differ by a byte; errors must be ours; nothing may hang.

    python -m tests.storage.habits --minutes 30 --seed 1

A finding is printed with its episode, which `--only` repeats.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
import warnings
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

import vecstore
from tests.storage import habits_within
from tests.storage.habits_world import LOST, Home, Model, Opened, World, run_episode
from tests.storage.kill_harness import _lower_limits
from vecstore import StoreChangedError, StoreLockedError, StoreNotFoundError
from vecstore.store.store import Store

_STEPS = 60
_MANY_OPEN = 7
_MANY_KEYS = 60


class Report(NamedTuple):
    """What was done: episodes, steps, and how often each kind of step."""

    episodes: int
    steps: int
    kinds: Counter[str]


class Change(NamedTuple):
    """A change of a store, and what it holds then."""

    name: str
    do: Callable[[Store], object]
    after: Model


def change(world: World, home: Home) -> Change:
    """A write that must succeed in a store that holds the model."""
    rng, model = world.rng, dict(home.model)
    keys = [home.key(rng) for _ in range(rng.randint(1, 6))]
    vectors = np.stack([home.vector(rng) for _ in keys])
    n = rng.choice([None, 0, 1, 2, 3])
    attributes = None if n is None else {"n": [n] * len(keys)}
    new: Model = {key: (bytes(row), n) for key, row in zip(keys, vectors, strict=True)}
    plain: Model = {key: (row, None) for key, (row, _) in new.items()}
    old = rng.sample(sorted(model), min(len(model), rng.randint(1, 6)))
    kept = {key: row for key, row in model.items() if key not in old}

    def batch(store: Store) -> None:
        with store.batch() as batch:
            batch.add(keys, vectors, attributes)
            batch.delete(old)

    def generated(store: Store) -> None:
        rows = [([key], row[None]) for key, row in zip(keys, vectors, strict=True)]
        store.upsert_batches(iter(rows)) if rng.random() < 0.5 else store.add_batches(iter(rows))

    size = len(old[: len(keys)])
    replaced = dict(zip(old[:size], [(bytes(row), n) for row in vectors[:size]], strict=True))
    chosen = None if attributes is None else {"n": [n] * size}
    changes = [
        Change("add", lambda store: store.add(keys, vectors, attributes), model | new),
        Change("batch", batch, kept | new),
        Change("generated", generated, model | plain),
        Change("flush", lambda store: store.flush(), model),
        Change("compact", lambda store: store.compact(), model),
    ]
    if old:
        changes += [
            Change("delete", lambda store: store.delete(old), kept),
            Change(
                "upsert",
                lambda store: store.upsert(old[:size], vectors[:size], chosen),
                model | replaced,
            ),
            Change(
                "set_attributes",
                lambda store: store.set_attributes(old, {"n": [2] * len(old)}),
                model | {key: (model[key][0], 2) for key in old},
            ),
            Change("drop_index", lambda store: store.drop_index(), model),
            Change("build_index", lambda store: store.build_index(ef_construction=10), model),
        ]
    if len(model) > _MANY_KEYS:
        changes = [one for one in changes if one.name == "delete"]
    return rng.choice(changes)


def some_writer(world: World) -> Opened | None:
    writers = world.writers()
    return world.rng.choice(writers) if writers else None


def write(world: World) -> None:
    if opened := some_writer(world):
        name, do, after = change(world, opened.home)
        world.note(f"    {name} {opened.path.name}, sound: {opened.sound}")
        if opened.lost and name in ("delete", "set_attributes", "batch", "upsert"):
            return  # what it knows may not have the keys
        world.write(opened, lambda: do(opened.store), after)


def make(world: World) -> None:
    path = world.rng.choice(world.paths)
    if world.at(path) is None and not path.exists():
        world.make(path)


def open_one(world: World) -> None:
    path, mode = world.rng.choice(world.paths), world.rng.choice("ra")
    home = world.at(path)

    def do() -> None:
        store = vecstore.open(world.spelled(path), mode=mode)
        assert home is not None
        world.take(Opened(store, home, path, writes=mode == "a"))

    if home is None:
        world.allowed(do, (StoreNotFoundError,))
        return
    world.touched.add(home)
    taken = mode == "a" and home.owner is not None
    done = world.allowed(do, (StoreLockedError,) if taken else ())
    assert done != taken, f"{path} open for writing twice"


def close(world: World) -> None:
    if not world.open:
        return
    opened = world.rng.choice(world.open)
    world.touched.add(opened.home)
    how = world.rng.choice(["close", "twice", "del"])
    if how == "del":
        world.drop(opened)
        opened.store = None  # type: ignore[assignment]  # nobody has it any more
        world.kept.clear()  # tracebacks have
        return
    failing = LOST if opened.writes and not opened.sound else ()
    world.allowed(opened.store.close, failing)
    if how == "twice":
        opened.store.close()
    world.drop(opened)


def refresh(world: World) -> None:
    readers = [one for one in world.open if not one.writes]
    if not readers:
        return
    reader = world.rng.choice(readers)
    there = world.at(reader.path)
    if there is None:
        failing: tuple[type[Exception], ...] = (StoreNotFoundError,)
    else:
        failing = () if there.shape == reader.shape else (StoreChangedError,)
    done = world.allowed(reader.store.refresh, failing)
    assert done != bool(failing), f"refresh of {reader.path}"
    if done and there:
        reader.home, reader.seen = there, dict(there.model)


def chdir(world: World) -> None:
    os.chdir(world.rng.choice(world.folders))


def _moved(world: World, home: Home) -> Path:
    old, new = home.path, world.fresh("moved")
    assert old is not None
    old.rename(new)
    home.path = new
    return old


def swap(world: World) -> None:
    """Move a store away; mostly another one takes its place, or it comes back."""
    home = world.at(world.rng.choice(world.paths))
    if home is None:
        return
    old = _moved(world, home)
    kind = world.rng.choice(["nothing", "new", "old", "back"])
    world.note(f"    {old.name}: {kind}")
    others = [one for one in world.homes if one.path and one is not home]
    if kind == "new":
        world.make(old)
    elif kind == "old" and others:
        other = world.rng.choice(others)
        _moved(world, other).exists()
        assert other.path is not None
        other.path.rename(old)
        other.path = old
    elif kind == "back":
        assert home.path is not None
        home.path.rename(old)
        home.path = old


def remove(world: World) -> None:
    home = world.at(world.rng.choice(world.paths))
    if home is not None and home.path is not None:
        shutil.rmtree(home.path)
        home.path = None
        home.owner = None


def remove_lock(world: World) -> None:
    home = world.at(world.rng.choice(world.paths))
    if home is not None and home.path is not None:
        (home.path / "writer.lock").unlink(missing_ok=True)
        if home.owner:
            home.owner.lost = True


def copy(world: World) -> None:
    """``cp -r`` of a store that may be open, to a free path."""
    home = world.at(world.rng.choice(world.paths))
    free = [path for path in world.paths if not path.exists()]
    if home is None or home.path is None or not free:
        return
    path = world.rng.choice(free)
    shutil.copytree(home.path, path)
    copied = Home(path, home.dim, home.metric, home.kind)
    copied.model = dict(home.model)
    world.homes.append(copied)
    world.touched.add(copied)


def backup(world: World) -> None:
    if world.open:
        opened = world.rng.choice(world.open)
        if opened.home.path != opened.path:
            return
        target = world.fresh("backup")
        if world.allowed(lambda: opened.store.backup(target), ()):
            world.backups.append((target, opened.home, dict(opened.home.model)))


def said(folder: Path) -> list[tuple[str, int, bytes]]:
    """Return what tells what is in a store: the newest manifest and the newest journal."""
    newest = (max(folder.glob(pattern), default=None) for pattern in ("man*.json", "jour*.log"))
    return [(one.name, one.stat().st_ino, one.read_bytes()) for one in newest if one]


def restore(world: World) -> None:
    """Put a backup in the place of a store's files, by removing them first or by copying over."""
    if not world.backups:
        return
    target, origin, model = world.rng.choice(world.backups)
    at = [one for one in world.homes if one.path in world.paths]
    if not at:
        return
    home = world.rng.choice([*at, *[one for one in at if one is origin] * 3])
    assert home.path is not None
    before = said(home.path)
    for one in home.path.iterdir():
        over = world.rng.random() < 0.5 and (target / one.name).exists()
        if one.name != "writer.lock" and not over:
            one.unlink()
    for one in target.iterdir():
        if one.name != "writer.lock":
            shutil.copyfile(one, home.path / one.name)
    home.model = dict(model)
    home.dim, home.metric, home.kind = origin.dim, origin.metric, origin.kind
    after = said(home.path)
    home.overwritten, home.put_back = True, before == after
    for told in (before, after):
        world.note(f"    {home.path.name}: {[(*one, zlib.crc32(read)) for *one, read in told]}")
    world.touched.add(home)
    if home.owner:
        home.owner.lost = True


HABITS: dict[Callable[[World], None], int] = {
    write: 12,
    make: 4,
    open_one: 6,
    close: 2,
    refresh: 3,
    chdir: 3,
    swap: 2,
    remove: 1,
    remove_lock: 1,
    copy: 1,
    backup: 1,
    restore: 1,
    **habits_within.HABITS,
}


def run(seed: int, seconds: float, folder: Path, only: int | None = None) -> Report:
    """Live one episode after the other; AssertionError, or an error not ours, is a finding."""
    kinds: Counter[str] = Counter()
    _lower_limits()
    warnings.simplefilter("error")
    habits, weights = list(HABITS), list(HABITS.values())

    def choose(world: World) -> None:
        some = world.rng.choices(habits, weights)[0]
        habit = close if len(world.open) > _MANY_OPEN else some
        world.note(f"{habit.__name__} in {os.path.relpath(Path.cwd(), world.root)}")
        kinds[habit.__name__] += 1
        habit(world)

    episode, steps, end = only or 0, 0, time.monotonic() + seconds
    while True:
        place = folder / str(episode)
        place.mkdir()
        loud = only is not None
        steps += run_episode(f"{seed}/{episode}", _STEPS, choose, place, loud=loud)
        episode += 1
        if only is not None or time.monotonic() >= end:
            return Report(1 if loud else episode, steps, kinds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="repeat this episode")
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        report = run(arguments.seed, 60 * arguments.minutes, Path(folder), arguments.only)
    counts = ", ".join(f"{name} {count}" for name, count in report.kinds.most_common())
    print(f"{report.steps} steps in {report.episodes} episodes, nothing found: {counts}.")


if __name__ == "__main__":
    sys.exit(main())
