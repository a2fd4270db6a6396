"""A writer is killed with SIGKILL at a random moment, again and again.

Each round a child process opens the store for writing and changes it: adds, upserts, deletes,
batches, bulk adds, compactions, with limits so low that the journal is folded and segments are
merged all the time. Before and after each change it writes a byte to a pipe. The parent kills it,
lives the acknowledged changes once more on a dict, and looks: the store must hold exactly that, the
one change that was under way wholly or not at all, and `check` must find nothing but leftovers,
and nothing at all when the next writer has come and gone.

    python -m tests.storage.kill_harness --rounds 1000
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import vecstore
from tests.storage.store_story import (
    COMPACT,
    FLUSH,
    Contents,
    Step,
    add,
    batch,
    bulk,
    contents,
    create,
    delete,
    upsert,
)
from vecstore.storage.checks.whole import check
from vecstore.writing import compaction, writer

# The store begins anew when it holds so many keys, or after so many rounds.
_MANY_KEYS = 300
_ROUNDS_EACH = 50
_LONGEST = 0.25  # seconds


class Report(NamedTuple):
    """What the rounds did.

    Attributes
    ----------
    rounds, acknowledged, under_way, kept : int
        Kills; changes that were acknowledged; kills in the midst of a change; how many of those
        were found done.
    """

    rounds: int
    acknowledged: int
    under_way: int
    kept: int


def run(rounds: int, seed: int, folder: Path) -> Report:
    """Kill a writer so many times; AssertionError as soon as something is lost."""
    rng = random.Random(seed)
    acknowledged = under_way = kept = 0
    model: Contents = {}
    path = folder / "none.vecs"
    for number in range(rounds):
        if number % _ROUNDS_EACH == 0 or len(model) > _MANY_KEYS:
            path, model = folder / f"{number}.vecs", {}
            create(path).close()
        done, doing = _killed(path, f"{seed}/{number}", model, rng.uniform(0, _LONGEST))
        acknowledged += done
        steps = _steps(random.Random(f"{seed}/{number}"), model)
        for _ in range(done):
            next(steps).model(model)
        possible = [dict(model)]
        if doing:
            under_way += 1
            step = next(steps)
            possible.append(dict(model))
            step.model(possible[1])
        found = _look(path)
        assert found in possible, f"round {number}: {len(found)} keys, {len(model)} acknowledged"
        if rng.random() < 0.5:  # otherwise the next child finds it as it is
            vecstore.open(path, mode="a").close()
            assert list(check(path, full=True)) == [], f"round {number}"
            assert _look(path) == found, f"round {number}"
        kept += doing and found != possible[0]
        model = found
    return Report(rounds, acknowledged, under_way, kept)


def _look(path: Path) -> Contents:
    """What the store holds; `check` must find nothing but what the dead writer left behind."""
    problems = [one for one in check(path, full=True) if "the next writer" not in one.what]
    assert problems == [], path.name
    with vecstore.open(path) as store:
        return contents(store)


def _killed(path: Path, seed: str, model: Contents, seconds: float) -> tuple[int, bool]:
    """Kill a child; return how many changes it acknowledged, and whether one was under way."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _change(path, _steps(random.Random(seed), dict(model)), writing)
    os.close(writing)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as pipe:
        signals = pipe.read()
    assert os.WIFSIGNALED(status), f"the writer failed on its own: {signals[-1000:].decode()}"
    return signals.count(b"A"), signals.endswith(b"B")


def _change(path: Path, steps: Iterator[Step], pipe: int) -> None:
    """Change the store for ever, in the child."""
    try:
        store = vecstore.open(path, mode="a")
        for step in steps:
            os.write(pipe, b"B")
            step.do(store)
            os.write(pipe, b"A")
    finally:  # nothing of the parent's may be tidied up here
        os.write(pipe, traceback.format_exc().encode())
        os._exit(1)


def _steps(rng: random.Random, model: Contents) -> Iterator[Step]:
    """The same changes for the same seed and the same contents, in the child and in the parent."""
    model = dict(model)
    number = 0
    while True:
        step = _step(rng, model, number)
        number += 1
        step.model(model)
        yield step


def _step(rng: random.Random, model: Contents, number: int) -> Step:
    new = [f"{rng.random()}" for _ in range(rng.randint(1, 12))]
    there = rng.sample(list(model), min(len(model), rng.randint(1, 12)))
    some = there[0] if there and rng.random() < 0.7 else new[0]
    kind = rng.choice(["add", "upsert", "upsert", "delete", "batch", "bulk", "flush", "compact"])
    if kind == "add":
        return add(*new)
    if kind == "upsert":
        return upsert(some, number)
    if kind == "delete":
        return delete(*there)
    if kind == "batch":
        return batch(add(*new), delete(*there), upsert(some, number), upsert(new[-1], number))
    if kind == "bulk":
        return bulk(*new)
    return FLUSH if kind == "flush" else COMPACT


def _lower_limits() -> None:
    """Let everything that happens once in a million rows happen all the time."""
    writer._LARGE_COMMIT = 120
    writer._LONG_JOURNAL = 3000
    compaction._LIMITS = (1000, 4000)
    compaction._MANY = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    _lower_limits()
    with tempfile.TemporaryDirectory() as folder:
        report = run(arguments.rounds, arguments.seed, Path(folder))
    print(
        f"{report.rounds} kills, {report.acknowledged} acknowledged changes, none lost; "
        f"{report.under_way} killed under way, of which {report.kept} had been made; "
        f"check found nothing."
    )


if __name__ == "__main__":
    sys.exit(main())
