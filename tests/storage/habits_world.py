"""What the harness of habits knows: folders with what they must hold, and who has them open."""

import faulthandler
import gc
import os
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import vecstore
from tests.storage.store_story import contents as plain_contents
from vecstore import StoreChangedError, StoreLockedError, StoreMovedError, VecstoreError
from vecstore.store.store import Store

#: Every error that a user may meet. Anything else is a finding.
OURS = (VecstoreError, ValueError, OSError)
LOST = (StoreMovedError, StoreLockedError, StoreChangedError)

# Seconds that no step needs; then the stacks are printed and the process ends.
_HANGS = 90

Row = tuple[bytes, int | None]
Model = dict[Any, Row]


class Home:
    """A folder that is a store, wherever it lies by now; `path` is None when it is gone."""

    def __init__(self, path: Path, dim: int, metric: str, kind: str) -> None:
        self.path: Path | None = path
        self.dim, self.metric, self.kind = dim, metric, kind
        self.model: Model = {}
        self.owner: Opened | None = None
        #: A backup was copied over its files: readers may say so instead of answering.
        self.overwritten = False
        #: The backup had the same bytes, and no file was made anew: its writer may still write.
        self.put_back = False
        self.files: dict[str, bytes] = {}

    @property
    def shape(self) -> tuple[int, str, str]:
        return self.dim, self.metric, self.kind

    def key(self, rng: random.Random) -> Any:
        number = rng.randrange(10_000_000)
        return number if self.kind == "int" else f"k{number}"

    def vector(self, rng: random.Random) -> np.ndarray:
        return np.array([rng.uniform(-1, 1) for _ in range(self.dim)], np.float32)


class Opened:
    """A store that is open, and whether its writer still has what it opened."""

    def __init__(self, store: Store, home: Home, path: Path, *, writes: bool) -> None:
        self.store, self.home, self.path, self.writes = store, home, path, writes
        self.lost = False
        self.shape = home.shape
        self.seen = dict(home.model)

    @property
    def sound(self) -> bool:
        """Whether a write must succeed."""
        return not self.lost and self.home.path == self.path


class World:
    """Paths, the homes that lie there, backups, and what is open."""

    def __init__(self, root: Path, rng: random.Random) -> None:
        self.root, self.rng = root, rng
        self.folders = [root, root / "x", root / "x" / "y"]
        self.folders[-1].mkdir(parents=True)
        self.paths = [root / "a.vecs", root / "x" / "b.vecs", root / "x" / "y" / "c.vecs"]
        self.homes: list[Home] = []
        self.backups: list[tuple[Path, Home, Model]] = []
        self.open: list[Opened] = []
        self.touched: set[Home] = set()
        self.trace: list[str] = []
        self.kept: list[BaseException] = []  # tracebacks, as a notebook keeps them
        self._number = 0

    def note(self, what: str) -> None:
        self.trace.append(what)

    def fresh(self, word: str) -> Path:
        self._number += 1
        return self.root / f"{word}{self._number}"

    def at(self, path: Path) -> Home | None:
        return next((home for home in self.homes if home.path == path), None)

    def spelled(self, path: Path) -> str:
        """A path as somebody would write it: relative to where we are, or absolute."""
        return os.path.relpath(path) if self.rng.random() < 0.5 else str(path)

    def make(self, path: Path) -> Home:
        rng = self.rng
        metric = rng.choice(["euclidean", "cosine", "dot"])
        home = Home(path, rng.choice([2, 3, 5]), metric, rng.choice(["str", "str", "int"]))
        durability = rng.choice(["full", "fast", "fast"])
        store = vecstore.create(
            self.spelled(path), home.dim, metric, keys=home.kind, durability=durability
        )
        self.homes.append(home)
        self.touched.add(home)
        self.take(Opened(store, home, path, writes=True))
        return home

    def take(self, opened: Opened) -> Opened:
        self.open.append(opened)
        if opened.writes:
            opened.home.owner = opened
        return opened

    def drop(self, opened: Opened) -> None:
        self.open.remove(opened)
        if opened.home.owner is opened:
            opened.home.owner = None

    def writers(self) -> list[Opened]:
        return [one for one in self.open if one.writes]

    def allowed(self, do: Callable[[], object], kinds: tuple[type[Exception], ...]) -> bool:
        """Whether something could be done; if not, the error must be one of ours, and say why."""
        try:
            do()
        except OURS as error:
            refused = error
        else:
            return True
        assert isinstance(refused, kinds), f"{type(refused).__name__}: {refused}"
        assert len(str(refused)) > 20, repr(refused)
        self.note(f"    {type(refused).__name__}")
        if self.rng.random() < 0.3:
            self.kept.append(refused)
        del refused  # nobody else keeps the traceback
        return False

    def write(self, opened: Opened, do: Callable[[], object], after: Model) -> bool:
        """Change a store: it is done if the writer has its folder, and refused if not."""
        self.touched.add(opened.home)
        sound = opened.sound
        done = self.allowed(do, () if sound else (*LOST, ValueError))
        assert done or not sound
        if done and (sound or opened.home.put_back):
            opened.home.model = after
        else:
            # Only what changes nothing is done without an error by a writer that is lost.
            assert not done or after == opened.home.model, "a lost writer acknowledged a change"
        return done

    def verify(self) -> None:
        """Compare what lies on the disk, and what is open, with the model."""
        for home in self.homes:
            if home.path is None:
                continue
            now = files_of(home.path)
            if home not in self.touched:
                assert now == home.files, f"{home.path} was changed: {differing(home.files, now)}"
            elif now != home.files:
                with vecstore.open(home.path) as store:
                    found = contents(store)
                assert found == home.model, f"{home.path}: {differing(home.model, found)}"
                problems = [one for one in vecstore.check(home.path, full=True) if not one.harmless]
                assert not problems, f"{home.path}: {problems}"
                home.files = now
        self.touched.clear()
        for opened in self.open:
            expected = opened.home.model if opened.sound and opened.writes else opened.seen
            try:
                found = contents(opened.store)
            except StoreChangedError:
                assert opened.home.overwritten, opened.path
                continue
            if opened.writes and not opened.sound:
                continue  # what it shows is what it last knew, which may be before an interrupt
            assert found == expected, f"open {opened.path}: {differing(expected, found)}"

    def end(self) -> None:
        os.chdir("/")
        for opened in self.open:
            self.allowed(opened.store.close, LOST if opened.writes and not opened.sound else ())
            self.touched.add(opened.home)
        self.open.clear()
        self.kept.clear()
        self.verify()
        gc.collect()


def contents(store: Store) -> Model:
    """Every key with its vector and attribute, as searches and filters have them."""
    found: Model = {key: (vector, None) for key, vector in plain_contents(store).items()}
    if "n" in store._snapshot.schema and found:
        query = np.ones(store.dim, np.float32)
        for key, n in _numbers(store, query, len(found)):
            found[key] = (found[key][0], n)
    return found


def _numbers(store: Store, query: np.ndarray, k: int) -> list[tuple[Any, int]]:
    """Keys and attributes, by asking for each value: tables would not survive a fork."""
    listed = []
    for n in range(4):
        answer = store.search(query, k=k, where=f"n = {n}")
        listed += [(key, n) for key in answer.keys[: answer.counts].tolist()]
    return listed


def files_of(path: Path) -> dict[str, bytes]:
    lock = "writer.lock"  # says who has it, and may be removed
    return {one.name: one.read_bytes() for one in path.iterdir() if one.name != lock}


def differing(expected: dict[Any, Any], found: dict[Any, Any]) -> str:
    missing, extra = expected.keys() - found.keys(), found.keys() - expected.keys()
    other = [key for key in expected.keys() & found.keys() if expected[key] != found[key]]
    return f"missing {sorted(missing, key=str)}, extra {sorted(extra, key=str)}, other {other}"


def run_episode(
    seed: str, steps: int, choose: Callable[[World], None], folder: Path, *, loud: bool
) -> int:
    """Live one life of a few stores; a finding raises, with what was done before it."""
    rng = random.Random(seed)
    before, unraisable = Path.cwd(), []

    def note(what: Any) -> None:
        # An interrupt between the opening of a file and its ``with``, in Python's own library.
        opening = what.exc_type is ResourceWarning and ".tmp'" in str(what.exc_value)
        # A signal that came while its handler was being put back.
        late = what.exc_type is OSError and "due to race condition" in str(what.exc_value)
        if not (opening or late):
            unraisable.append(what)

    sys.unraisablehook = note
    world = World(folder, rng)
    number = 0
    try:
        while number < steps:
            faulthandler.dump_traceback_later(_HANGS, exit=True)
            choose(world)
            if loud:
                print(world.trace[-1], file=sys.stderr)
            world.verify()
            assert not unraisable, unraisable
            number += 1
        world.end()
        assert not unraisable, unraisable
    except BaseException as error:
        history = "\n".join(world.trace)
        error.add_note(f"episode {seed}, step {number}, after\n{history}")
        raise
    finally:
        faulthandler.cancel_dump_traceback_later()
        sys.unraisablehook = sys.__unraisablehook__
        os.chdir(before)
        shutil.rmtree(folder, ignore_errors=True)
    return steps
