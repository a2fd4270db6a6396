"""Files appear whole and durable, or not at all."""

import errno
import os
import zlib
from io import FileIO
from pathlib import Path

import pytest

from tests.storage.faulty_files import FaultyDisk
from tests.storage.samples import names_in
from vecstore.errors import CorruptStoreError
from vecstore.storage.disk import files


def write(content: bytes):
    return lambda path: path.write_bytes(content)


def test_publish_writes_the_content_under_the_final_name(tmp_path: Path) -> None:
    stamp = files.publish(tmp_path / "a.h5", write(b"content"))
    assert (tmp_path / "a.h5").read_bytes() == b"content"
    assert stamp == (7, zlib.crc32(b"content"))
    assert names_in(tmp_path) == ["a.h5"]


def test_publish_syncs_content_before_the_name_and_the_name_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FaultyDisk(None)
    monkeypatch.setattr(files, "disk", disk)
    files.publish(tmp_path / "a.h5", write(b"content"))
    assert disk.operations == [
        "create a.h5.tmp",
        "sync a.h5.tmp",
        "rename to a.h5",
        "sync folder",
    ]


def test_publish_replaces_a_file_and_leaves_others_that_look_temporary(tmp_path: Path) -> None:
    (tmp_path / "a.h5").write_bytes(b"old")
    (tmp_path / "a.h5.tmp").write_bytes(b"the user's own")
    files.publish(tmp_path / "a.h5", write(b"content"))
    assert (tmp_path / "a.h5").read_bytes() == b"content"
    assert (tmp_path / "a.h5.tmp").read_bytes() == b"the user's own"
    assert names_in(tmp_path) == ["a.h5", "a.h5.tmp"]


def test_publish_takes_names_as_long_as_the_system_does(tmp_path: Path) -> None:
    for name in ("n" * 255, "\N{BUTTERFLY}" * 63):
        files.publish(tmp_path / name, write(b"content"))
        assert (tmp_path / name).read_bytes() == b"content"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
def test_what_is_no_regular_file_is_damage_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.log")
    with pytest.raises(CorruptStoreError, match="it is not a regular file"):
        files.open_regular(tmp_path / "a.log")


def test_publish_leaves_nothing_behind_when_writing_fails(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match=f"No space left on device: '{tmp_path / 'a.h5'}'"):
        files.publish(tmp_path / "a.h5", fail)
    assert names_in(tmp_path) == []


def test_publish_leaves_nothing_behind_when_interrupted(tmp_path: Path) -> None:
    def interrupt(path: Path) -> None:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        files.publish(tmp_path / "a.h5", interrupt)
    assert names_in(tmp_path) == []


def test_stamp_reads_files_longer_than_its_buffer(tmp_path: Path) -> None:
    content = os.urandom(700_001)
    (tmp_path / "a").write_bytes(content)
    assert files.stamp(tmp_path / "a") == (700_001, zlib.crc32(content))


def test_append_adds_at_the_end(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"one ")
    with FileIO(tmp_path / "a.log", "a") as file:
        files.append(file, b"two ")
        files.append(file, b"three", durable=False)
    assert (tmp_path / "a.log").read_bytes() == b"one two three"


def test_append_syncs_unless_told_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FaultyDisk(None)
    monkeypatch.setattr(files, "disk", disk)
    with FileIO(tmp_path / "a.log", "a") as file:
        files.append(file, b"12345")
        files.append(file, b"123", durable=False)
    assert disk.operations == ["append 5", "sync a.log", "append 3"]


def test_append_takes_half_a_record_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(files, "disk", FaultyDisk(1, full))
    with FileIO(tmp_path / "a.log", "a") as file:
        files.append(file, b"whole ", durable=False)
        with pytest.raises(OSError, match="No space left"):
            files.append(file, b"halved", durable=False)
        files.append(file, b"whole again", durable=False)
    assert (tmp_path / "a.log").read_bytes() == b"whole whole again"


def test_make_folder_refuses_an_existing_one(tmp_path: Path) -> None:
    files.make_folder(tmp_path / "a.vecs")
    assert (tmp_path / "a.vecs").is_dir()
    with pytest.raises(FileExistsError):
        files.make_folder(tmp_path / "a.vecs")
