"""The folder that was opened is the one that is written, and no file is ever replaced."""

import errno
import os
from pathlib import Path

import pytest

from tests.storage.faulty_files import FaultyDisk
from tests.storage.samples import names_in
from vecstore.errors import CorruptStoreError, StoreMovedError, StoreNotFoundError
from vecstore.storage import Directory
from vecstore.storage.disk import files


def write(content: bytes):
    return lambda path: path.write_bytes(content)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "a.vecs"
    path.mkdir()
    return path


def test_a_path_becomes_absolute(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    opened = Directory(Path("a.vecs"))
    monkeypatch.chdir("/")
    opened.publish("a", write(b"content"))
    assert (folder / "a").read_bytes() == b"content"


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.write_bytes(b"")])
def test_what_is_no_folder_is_no_store(tmp_path: Path, make) -> None:
    make(tmp_path / "a.vecs")
    with pytest.raises(StoreNotFoundError):
        Directory(tmp_path / "a.vecs")


def test_publish_never_replaces_a_file(folder: Path) -> None:
    (folder / "a").write_bytes(b"somebody's")
    with pytest.raises(FileExistsError):
        Directory(folder).publish("a", write(b"content"))
    assert (folder / "a").read_bytes() == b"somebody's"
    assert names_in(folder) == ["a"]


@pytest.mark.parametrize("taken", [False, True])
def test_a_file_system_without_hard_links_replaces_nothing_either(
    folder: Path, monkeypatch: pytest.MonkeyPatch, taken: bool
) -> None:
    def link(*_, **__):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    if taken:
        (folder / "a").write_bytes(b"somebody's")
        with pytest.raises(FileExistsError):
            Directory(folder).publish("a", write(b"content"))
    else:
        Directory(folder).publish("a", write(b"content"))
    assert (folder / "a").read_bytes() == (b"somebody's" if taken else b"content")
    assert names_in(folder) == ["a"]


def test_publish_syncs_content_before_the_name_and_the_name_at_the_end(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FaultyDisk(None)
    monkeypatch.setattr(files, "disk", disk)
    Directory(folder).publish("a.h5", write(b"content"))
    expected = ["create a.h5.tmp", "sync a.h5.tmp", "rename to a.h5", "sync folder"]
    assert disk.operations == expected


def moved(folder: Path) -> None:
    folder.rename(folder.with_name("b.vecs"))


def removed(folder: Path) -> None:
    folder.rmdir()


def replaced(folder: Path) -> None:
    folder.rmdir()
    folder.mkdir()


def swapped(folder: Path) -> None:
    moved(folder)
    folder.mkdir()


def linked(folder: Path) -> None:
    moved(folder)
    folder.with_name("c.vecs").mkdir()
    folder.symlink_to("c.vecs")


@pytest.mark.skipif(os.name == "nt", reason="an open folder stays where it is")
@pytest.mark.parametrize("change", [moved, removed, replaced, swapped, linked])
def test_a_folder_that_has_gone_is_noticed_and_nothing_is_written(folder: Path, change) -> None:
    opened = Directory(folder)
    change(folder)
    with pytest.raises(StoreMovedError) as error:
        opened.publish("a", write(b"content"))
    assert str(folder) in str(error.value)
    place = str(folder.with_name("b.vecs"))
    assert (place in str(error.value)) == (change in (moved, swapped, linked))
    assert [path for path in folder.parent.rglob("*") if path.is_file()] == []


@pytest.mark.skipif(os.name == "nt", reason="an open folder stays where it is")
def test_a_folder_that_goes_while_a_file_is_written_leaves_nothing_in_the_new_one(
    folder: Path,
) -> None:
    opened = Directory(folder)

    def swap_meanwhile(path: Path) -> None:
        swapped(folder)
        path.write_bytes(b"content")

    with pytest.raises(StoreMovedError):
        opened.publish("a", swap_meanwhile)
    assert [path for path in folder.parent.rglob("*") if path.is_file()] == []


@pytest.mark.skipif(os.name == "nt", reason="an open folder stays where it is")
def test_what_is_removed_is_in_the_folder_that_was_opened(folder: Path) -> None:
    (folder / "a").write_bytes(b"old")
    opened = Directory(folder)
    swapped(folder)
    (folder / "a").write_bytes(b"new")
    assert opened.listing() == ["a"]
    opened.remove("a")
    assert opened.listing() == []
    assert (folder / "a").read_bytes() == b"new"


def test_discard_removes_files_of_ours_and_the_folder(folder: Path) -> None:
    for name in ("manifest-00000001.json", "segment-00000001.h5.89abcdef.tmp", "writer.lock"):
        (folder / name).write_bytes(b"")
    Directory(folder).discard()
    assert not folder.exists()


def test_discard_leaves_what_is_not_ours(folder: Path) -> None:
    for name in ("manifest-00000001.json", "notes.txt"):
        (folder / name).write_bytes(b"")
    Directory(folder).discard()
    assert names_in(folder) == ["notes.txt"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
def test_a_fifo_in_place_of_a_file_is_damage(folder: Path) -> None:
    os.mkfifo(folder / "journal-00000001.log")
    with pytest.raises(CorruptStoreError, match="it is not a regular file"):
        Directory(folder).open("journal-00000001.log")
