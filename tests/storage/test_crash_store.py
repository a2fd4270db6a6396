"""The process dies, or the disk fails, at every single file operation in the life of a store.

Afterwards the store holds what was acknowledged, and of the step that was under way all or nothing.
"""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

import vecstore
from tests.storage.faulty_files import Crash, FaultyDisk
from tests.storage.store_story import STORY, Contents, add, contents, create, tell
from vecstore.storage.disk import files

# Every operation of the story is one test; a few more, so that the last ones are the whole of it.
OPERATIONS = 124

# The hardest is tried in every run.
OUTCOMES = [
    "power lost",
    pytest.param("power lost, names kept", marks=pytest.mark.slow),
    pytest.param("killed", marks=pytest.mark.slow),
]


@pytest.fixture(autouse=True)
def _nothing_waits_for_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "disk", FaultyDisk(None))


def live(path: Path, disk: FaultyDisk, monkeypatch: pytest.MonkeyPatch) -> list[Contents]:
    """Live the story until the disk fails; return what the store may hold then."""
    model: Contents = {}
    possible = [dict(model)]
    store = create(path)
    writer = store._writable().writer
    disk.adopt(path)
    with monkeypatch.context() as patch:
        patch.setattr(files, "disk", disk)
        try:
            for before, after in tell(store, STORY, model):
                possible = [before, after]
            possible = [dict(model)]
            store.close()
        except Crash:
            # Only the process is gone, and its lock with it; nothing is cleaned up.
            writer._journal.close()
            writer._lock.release()
    return possible


def operations_of(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    disk = FaultyDisk(None)
    live(path, disk, monkeypatch)
    return disk.operations


def test_the_story_has_as_many_operations_as_are_tested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    operations = operations_of(tmp_path / "a.vecs", monkeypatch)
    assert OPERATIONS - 10 < len(operations) <= OPERATIONS
    kinds = {operation.split()[0] for operation in operations}
    assert kinds == {"append", "create", "remove", "rename", "sync"}


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("fail_at", range(OPERATIONS))
def test_a_crash_at_any_operation_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fail_at: int, outcome: str
) -> None:
    path, disk = tmp_path / "a.vecs", FaultyDisk(fail_at)
    possible = live(path, disk, monkeypatch)
    if outcome != "killed":
        disk.lose_power(path, keep_names="kept" in outcome)
    with vecstore.open(path) as reader:
        found = contents(reader)
    assert found in possible
    with vecstore.open(path, mode="a") as store:
        assert contents(store) == found
        add("later").do(store)
    with vecstore.open(path) as reader:
        assert contents(reader).keys() == found.keys() | {"later"}
    leftovers = {name.suffix for name in path.iterdir()} - {".h5", ".npy", ".json", ".log", ".lock"}
    assert leftovers == set()


@pytest.mark.parametrize("fail_at", range(OPERATIONS))
def test_a_disk_that_is_full_once_loses_nothing_and_the_store_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fail_at: int
) -> None:
    path = tmp_path / "a.vecs"
    store, model = create(path), {}
    disk = FaultyDisk(fail_at, OSError(errno.ENOSPC, "No space left on device"))
    disk.adopt(path)
    with monkeypatch.context() as patch:
        patch.setattr(files, "disk", disk)
        for step in STORY:
            after = dict(model)
            step.model(after)
            if not done(lambda step=step: step.do(store)):
                with vecstore.open(path) as reader:
                    found = contents(reader)
                assert found in (model, after)
                if found != after:
                    step.do(store)
            model = after
            assert contents(store) == model
            with vecstore.open(path) as reader:
                assert contents(reader) == model
        done(store.close)
    with vecstore.open(path, mode="a") as store:
        assert contents(store) == model


def done(do: Callable[[], object]) -> bool:
    """Whether something could be done on a disk that may be full."""
    try:
        do()
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False
    return True
