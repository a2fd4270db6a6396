"""Which files of a folder are images, and what becomes of the others."""

import os
import socket
import sys
import tempfile
from pathlib import Path

import pytest

from vecstore.errors import IngestError
from vecstore.images.files import describe_others, find_images
from vecstore.images.listing import list_folder, printable

linux = pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux alone")


def test_every_file_is_an_image_or_is_counted_by_its_kind(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.tiff", "c.TIFF", "d.tif", "README", ".hidden.jpg", "x.png/e.PNG"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".thumbnails").mkdir()
    (tmp_path / ".thumbnails" / "a.jpg").touch()
    found = find_images(tmp_path)
    assert found.keys == ["a.jpg", "x.png/e.PNG"]
    assert found.others == {".tiff": 2, ".tif": 1, "no suffix": 1, "hidden": 2}
    assert found.skipped == []
    assert find_images(tmp_path).pick([1]).others == found.others


def test_of_many_kinds_some_are_named() -> None:
    others = {f".{number:02}": 1 for number in range(14)} | {".zz": 5_000}
    assert describe_others(others) == (
        ".00 1, .01 1, .02 1, .03 1, .04 1, .05 1, .06 1, .07 1, .08 1, .zz 5,000, others 5"
    )


@linux
def test_a_name_that_is_not_utf8_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "ok.png").touch()
    folder = os.fsencode(tmp_path)
    Path(os.fsdecode(folder + b"/caf\xe9.png")).touch()
    Path(os.fsdecode(folder + b"/d\xff")).mkdir()
    Path(os.fsdecode(folder + b"/d\xff/in.png")).touch()
    Path(os.fsdecode(folder + b"/x.\xff")).touch()
    found = find_images(tmp_path)
    assert found.keys == ["ok.png"]
    why = "its name is not valid UTF-8"
    assert sorted(found.skipped) == [(r"caf\xe9.png", why), (r"d\xff/in.png", why)]
    assert found.others == {r".\xff": 1}
    listed = find_images([tmp_path / "ok.png", os.fsdecode(folder + b"/caf\xe9.png")], ["x", "y"])
    assert (listed.keys, listed.labels) == ([str(tmp_path / "ok.png")], ["x"])
    assert listed.skipped[0][0].endswith(r"/caf\xe9.png")


@linux
def test_a_folder_whose_own_name_is_not_utf8_can_be_read(tmp_path: Path) -> None:
    root = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    root.mkdir()
    (root / "a.png").touch()
    found = find_images(root)
    assert found.keys == ["a.png"]
    assert found.labels == [r"caf\xe9"]
    assert found.paths == [rf"{tmp_path}/caf\xe9/a.png"]


@pytest.mark.skipif(os.name != "posix", reason="needs links and pipes")
def test_links_and_pipes_are_skipped_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").touch()
    (tmp_path / "good.jpg").symlink_to("in/a.jpg")
    (tmp_path / "loop").symlink_to(".")
    (tmp_path / "gone.jpg").symlink_to("nowhere.jpg")
    (tmp_path / "self.jpg").symlink_to("self.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    found = find_images(tmp_path)
    assert found.keys == ["good.jpg", "in/a.jpg"]
    said = dict(found.skipped)
    assert said.pop("self.jpg")
    assert said == {
        "loop": "a link to a folder, which is not followed",
        "gone.jpg": "a link to nothing",
        "pipe.jpg": "a pipe, no file",
    }
    for name in ("pipe.jpg", "gone.jpg"):
        with pytest.raises(IngestError, match=f"No image can be used: .*{name}: {said[name]}"):
            find_images(tmp_path / name)


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs sockets in folders")
def test_a_socket_is_no_image() -> None:
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{folder}/a.jpg")
        assert list_folder(Path(folder)).skipped == [("a.jpg", "a socket, no file")]


@pytest.mark.skipif(os.name != "posix", reason="needs permissions")
def test_a_folder_that_cannot_be_read_is_skipped() -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "closed").mkdir()
        (Path(folder) / "a.jpg").touch()
        Path(folder).chmod(0o755)
        (Path(folder) / "closed").chmod(0)
        was = os.geteuid()
        try:
            if was == 0:
                os.seteuid(65534)  # root may read anything
            found = find_images(folder)
        finally:
            os.seteuid(was)
            (Path(folder) / "closed").chmod(0o700)
    assert found.keys == ["a.jpg"]
    assert found.skipped == [("closed", "the folder cannot be read: Permission denied")]


def test_what_is_left_out_is_said_where_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "a.tiff").touch()
    with pytest.raises(IngestError, match=r"holds no images; .* Left out: \.tiff 1\.$"):
        find_images(tmp_path)


def test_names_are_shown_without_what_moves_a_terminal() -> None:
    assert printable("a\x1b[2J\n\udcff\u202eé.png") == r"a\x1b[2J\n\xff\u202eé.png"
    assert printable("\ud800") == r"\ud800"
