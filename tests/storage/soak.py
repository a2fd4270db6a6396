"""One writer, many reader processes: every answer is that of some committed generation.

The vectors say which generation they belong to, so that a reader needs nobody to check its answers.
The vectors say which commit they belong to, so that a reader needs nobody to check its answers.
under the key ``"now"`` always; keys appear and disappear by a rule that depends on g alone.

    python -m tests.storage.soak --seconds 60 --readers 8
"""

import argparse
import os
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import NamedTuple

import numpy as np

import vecstore
from vecstore.store.store import Store
from vecstore.writing import compaction, writer

_KEYS = 40


class Report(NamedTuple):
    """What happened.

    Attributes
    ----------
    commits, answers, moves : int
        Of the writer; of all readers; times that a refresh found something new.
    """

    commits: int
    answers: int
    moves: int


def vector(step: int) -> np.ndarray:
    return np.array([np.cos(step / 1000), np.sin(step / 1000)], np.float32)


def expected(step: int) -> dict[str, int]:
    """The keys that there are after a step, and the step that wrote each last."""
    held = {"now": step}
    for number in range(_KEYS):
        last = step - (step - number) % _KEYS  # every key is touched once in so many steps
        if last > 0 and (last // _KEYS + number) % 3:  # two times written, one time deleted
            held[f"key {number}"] = last
    return held


def write(store: Store, step: int) -> None:
    number = step % _KEYS
    key = f"key {number}"
    with store.batch() as batch:
        batch.upsert(["now"], vector(step)[None])
        if (step // _KEYS + number) % 3:
            batch.upsert([key], vector(step)[None])
        else:
            batch.delete([key], missing="ignore")
    if step % 97 == 0:
        store.compact()


def assert_committed(store: Store) -> int:
    """Look at a store in every way; it must be as after one step. Return the step."""
    if not len(store):
        return 0
    now = store["now"]
    step = round(float(np.arctan2(now[1], now[0])) * 1000)
    held = expected(step)
    assert set(store.keys().tolist()) == set(held)
    assert len(store) == len(held)
    keys = list(held)
    vectors = np.stack([vector(held[key]) for key in keys])
    np.testing.assert_array_equal(store[keys], vectors)
    found = store.search(vector(step), k=len(held) + 1)
    assert found.counts == len(held)
    assert set(found.keys[:-1].tolist()) == set(held)
    nearest = np.sort(np.linalg.norm(vectors.astype(np.float64) - vector(step), axis=1))
    np.testing.assert_allclose(found.distances[:-1], nearest, atol=1e-12)
    return step


def run(seconds: float, readers: int, folder: Path) -> Report:
    """Write and read for some time; AssertionError if a reader saw what was never committed."""
    path = folder / "soak.vecs"
    vecstore.create(path, dim=2, metric="euclidean").close()
    end = time.monotonic() + seconds
    pipes = [_reader(path, end) for _ in range(readers)]
    step = 0
    with vecstore.open(path, mode="a", durability="fast") as store:
        # The angle must stay below pi.
        while time.monotonic() < end and step < 3000:
            step += 1
            write(store, step)
    answers = moves = 0
    for child, pipe in pipes:
        with os.fdopen(pipe) as lines:
            text = lines.read()
        _, status = os.waitpid(child, 0)
        assert status == 0, text
        asked, moved = map(int, text.split())
        answers, moves = answers + asked, moves + moved
    with vecstore.open(path) as store:
        assert assert_committed(store) == step
    return Report(step, answers, moves)


def _reader(path: Path, end: float) -> tuple[int, int]:
    reading, writing = os.pipe()
    if child := os.fork():
        os.close(writing)
        return child, reading
    status = 1
    try:
        os.close(reading)
        os.write(writing, " ".join(map(str, _read(path, end))).encode())
        status = 0
    except BaseException:  # noqa: BLE001  # the parent must hear of it, whatever it is
        os.write(writing, traceback.format_exc().encode())
    os._exit(status)


def _read(path: Path, end: float) -> tuple[int, int]:
    answers = moves = step = generation = 0
    store = vecstore.open(path)
    while time.monotonic() < end:
        found = assert_committed(store)
        assert (found, store.generation) >= (step, generation), "generations went backwards"
        moves += store.generation > generation
        step, generation = found, store.generation
        answers += 1
        if answers % 10 == 0:
            store = vecstore.open(path)
        store.refresh()
    return answers, moves


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--readers", type=int, default=8)
    arguments = parser.parse_args()
    writer._LONG_JOURNAL = 4000
    compaction._LIMITS = (1000, 4000)
    compaction._MANY = 3
    with tempfile.TemporaryDirectory() as folder:
        report = run(arguments.seconds, arguments.readers, Path(folder))
    print(
        f"{report.commits} commits, {report.answers} answers of {arguments.readers} readers, "
        f"all of committed generations; {report.moves} moves, none backwards."
    )


if __name__ == "__main__":
    sys.exit(main())
