"""A process that dies, or a disk that fails, at every single operation of a commit.

Afterwards the store is what it was before or what it was to be, never a mixture; and what `commit`
has returned from is there.
"""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.storage.faulty_files import Crash, FaultyDisk
from tests.storage.samples import add_segment, contents, expected, new_manifest
from vecstore.storage import Manifest, commit, read_generation, read_latest, reclaim
from vecstore.storage.disk import files

OLD = ["a", "b", "c"]
NEW = ["d", "e"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store of one generation, with leftovers of an earlier crash."""
    folder = tmp_path / "words.vecs"
    files.make_folder(folder)
    manifest = new_manifest()
    commit(folder, manifest.adding(add_segment(folder, manifest, OLD)))
    (folder / "segment-00000002.h5").write_bytes(b"committed by nobody")
    (folder / "manifest-00000002.json.tmp").write_bytes(b"half")
    return folder


def add(folder: Path, acknowledged: Callable[[], None] = lambda: None) -> Manifest:
    manifest = read_latest(folder)
    reclaim(folder, manifest)  # as a writer begins: a name that is taken is never written
    entry = add_segment(folder, manifest, NEW)
    manifest = commit(folder, manifest.adding(entry))
    acknowledged()
    reclaim(folder, manifest)
    return manifest


def operations(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    disk = FaultyDisk(None)
    with monkeypatch.context() as patch:
        patch.setattr(files, "disk", disk)
        add(folder)
    return disk.operations


def test_the_operations_are_in_the_order_that_makes_a_commit_safe(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert operations(folder, monkeypatch) == [
        "remove manifest-00000002.json.tmp",
        "remove segment-00000002.h5",
        "create segment-00000002.h5.tmp",
        "sync segment-00000002.h5.tmp",
        "rename to segment-00000002.h5",
        "sync folder",
        "create journal-00000002.log.tmp",
        "sync journal-00000002.log.tmp",
        "rename to journal-00000002.log",
        "sync folder",
        "create manifest-00000002.json.tmp",
        "sync manifest-00000002.json.tmp",
        "rename to manifest-00000002.json",
        "sync folder",
        "remove manifest-00000001.json",
        "remove journal-00000001.log",
    ]


@pytest.mark.parametrize("fail_at", range(17))
@pytest.mark.parametrize("outcome", ["killed", "power lost", "power lost, names kept"])
def test_a_crash_at_any_operation_loses_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, fail_at: int, outcome: str
) -> None:
    disk = FaultyDisk(fail_at)
    disk.adopt(folder)
    acknowledged = []
    with monkeypatch.context() as patch:
        patch.setattr(files, "disk", disk)
        try:
            add(folder, lambda: acknowledged.append(True))
            crashed = False
        except Crash:
            crashed = True
    assert crashed == (fail_at < 16)
    if outcome != "killed":
        disk.lose_power(folder, keep_names="kept" in outcome)

    found = contents(read_generation(folder))
    after = expected(OLD + NEW)
    assert found in ([after] if acknowledged else [expected(OLD), after])

    # The next writer has nothing to clean up by hand.
    reclaim(folder, read_latest(folder))
    if found != after:
        add(folder)
    assert contents(read_generation(folder)) == after
    assert len(list(folder.iterdir())) == 4


@pytest.mark.parametrize("fail_at", range(16))
def test_a_full_disk_at_any_operation_leaves_the_store_usable(
    folder: Path, monkeypatch: pytest.MonkeyPatch, fail_at: int
) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    with monkeypatch.context() as patch:
        patch.setattr(files, "disk", FaultyDisk(fail_at, full))
        with pytest.raises(OSError, match="No space left on device"):
            add(folder)
    found = contents(read_generation(folder))
    # Only the sync that follows the rename leaves open what the device has.
    assert found == expected(OLD + NEW if fail_at >= 13 else OLD)
    if found == expected(OLD):
        add(folder)
    assert contents(read_generation(folder)) == expected(OLD + NEW)
