"""Which images there are: folders, archives, lists, and what is wrong with them."""

import gzip
import io
import shutil
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from vecstore.errors import IngestError
from vecstore.images.files import check_source, find_images, open_images


def make(folder: Path, names: Iterable[str]) -> Path:
    """Make files, which nobody looks into here."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    return folder


# Folders.


def test_a_folder_is_searched_to_its_depths(tmp_path: Path) -> None:
    make(tmp_path / "pets", ["b.png", "dogs/a.JPG", "cats/old/c.webp", "cats/z.jpeg"])
    found = find_images(tmp_path / "pets")
    assert found.keys == ["b.png", "cats/old/c.webp", "cats/z.jpeg", "dogs/a.JPG"]
    assert found.files == found.paths == [str(tmp_path / "pets" / key) for key in found.keys]


def test_a_label_is_the_folder_that_an_image_lies_in(tmp_path: Path) -> None:
    make(tmp_path / "pets", ["b.png", "dogs/a.jpg", "cats/old/c.webp"])
    assert find_images(tmp_path / "pets").labels == ["pets", "old", "dogs"]
    assert find_images(tmp_path / "pets", None).labels is None


def test_paths_are_absolute_where_the_folder_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "pets", ["a.png"])
    monkeypatch.chdir(tmp_path)
    found = find_images("pets")
    assert found.paths == [str(tmp_path / "pets" / "a.png")]
    assert find_images(".").labels == ["pets"]
    monkeypatch.chdir(tmp_path / "pets")
    assert find_images(".").labels == ["pets"]


def test_other_files_and_hidden_ones_are_left_alone(tmp_path: Path) -> None:
    make(tmp_path, ["a.jpg", "._a.jpg", "notes.txt", ".thumbnails/a.jpg", "README"])
    assert find_images(tmp_path).keys == ["a.jpg"]


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    make(tmp_path, ["notes.txt"])
    with pytest.raises(IngestError, match=rf"^{tmp_path} holds no images; .*\.jpg"):
        find_images(tmp_path)


# Lists.


def test_a_list_keeps_its_order_and_its_spellings(tmp_path: Path) -> None:
    make(tmp_path, ["b/2.bin", "a/1.jpg"])
    paths = [tmp_path / "b" / "2.bin", str(tmp_path / "a" / "1.jpg")]
    found = find_images(paths)
    assert found.keys == [str(path) for path in paths]
    assert found.labels == ["b", "a"]
    assert find_images(paths, ["x", "y"]).labels == ["x", "y"]


def test_one_image_is_a_list_of_one(tmp_path: Path) -> None:
    make(tmp_path, ["a.jpg"])
    assert find_images(tmp_path / "a.jpg").keys == [str(tmp_path / "a.jpg")]


def test_what_is_wrong_with_a_list_is_found_before_any_work(tmp_path: Path) -> None:
    make(tmp_path, ["a.jpg"])
    good = tmp_path / "a.jpg"
    with pytest.raises(FileNotFoundError, match=r"b\.jpg is neither a file .* \(and 1 more\)"):
        find_images([good, tmp_path / "b.jpg", tmp_path / "c.jpg"])
    with pytest.raises(ValueError, match=r"must come once; .*a\.jpg\" comes again"):
        find_images([good, good])
    with pytest.raises(ValueError, match=r"`labels` must have one for each of the 1 images; got 2"):
        find_images([good], ["x", "y"])
    with pytest.raises(ValueError, match=r'`labels` must be "folder", None or a list; got "name"'):
        find_images([good], "name")
    with pytest.raises(IngestError, match="empty"):
        find_images([])


# Archives.


def tarred(folder: Path, archive: Path) -> Path:
    with tarfile.open(archive, "w:gz") as members:
        members.add(folder, folder.name)
    return archive


def zipped(folder: Path, archive: Path) -> Path:
    with zipfile.ZipFile(archive, "w") as members:
        for file in folder.rglob("*.jpg"):
            members.write(file, file.relative_to(folder.parent))
    return archive


@pytest.mark.parametrize(
    ("pack", "name"), [(tarred, "f.tar.gz"), (tarred, "f.TGZ"), (zipped, "f.zip")]
)
def test_an_archive_is_a_folder(tmp_path: Path, fruit: Path, pack: object, name: str) -> None:
    assert callable(pack)
    archive = pack(shutil.copytree(fruit, tmp_path / "fruit"), tmp_path / name)
    with open_images(archive) as found:
        assert found.keys[0] == "fruit/Banana/Banana_003.jpg"
        assert found.paths[0] == f"{archive}/fruit/Banana/Banana_003.jpg"
        assert sorted(set(found.labels or ())) == ["Banana", "Lime", "Red-Delicious"]
        first = Path(found.files[0])
        assert first.read_bytes() == (fruit / "Banana" / "Banana_003.jpg").read_bytes()
    assert not first.exists()
    check_source(archive)


def test_images_at_the_top_of_an_archive_are_labelled_by_it(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "pets.tar", "w") as members:
        members.addfile(tarfile.TarInfo("a.jpg"), io.BytesIO())
    with open_images(tmp_path / "pets.tar") as found:
        assert found.labels == ["pets"]


def test_an_archive_without_images_is_named(tmp_path: Path) -> None:
    tarfile.open(tmp_path / "f.tar", "w").close()
    with (
        pytest.raises(IngestError, match=r"f\.tar holds no images"),
        open_images(tmp_path / "f.tar"),
    ):
        pass


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    for name in ("f.tar.gz", "f.zip"):
        (tmp_path / name).write_bytes(b"PK\x03\x04 or something else")
        with pytest.raises(IngestError, match=f"{name} cannot be unpacked"):
            open_images(tmp_path / name).__enter__()


@pytest.mark.parametrize("name", ["../escaped.jpg", "a/../../escaped.jpg", "/../escaped.jpg"])
def test_nothing_is_unpacked_outside_the_folder(tmp_path: Path, name: str) -> None:
    with tarfile.open(tmp_path / "f.tar", "w") as members:
        members.addfile(tarfile.TarInfo(name), io.BytesIO())
    with zipfile.ZipFile(tmp_path / "f.zip", "w") as archive:
        archive.writestr(name, b"")
    for archive_name in ("f.tar", "f.zip"):
        with pytest.raises(IngestError, match=r"cannot be unpacked: .* leads out of it"):
            open_images(tmp_path / archive_name).__enter__()


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0) -> Any:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.size = kind, link, size
    return made


def test_links_are_followed_within_an_archive_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    with tarfile.open(tmp_path / "f.tar", "w") as members:
        members.addfile(member("./d/a.jpg", size=3), io.BytesIO(b"abc"))
        members.addfile(member("/d/top.jpg", size=3), io.BytesIO(b"abc"))
        members.addfile(member("hard.jpg", tarfile.LNKTYPE, "d/a.jpg"))
        members.addfile(member("d/soft.jpg", tarfile.SYMTYPE, "../hard.jpg"))
        members.addfile(member("out.jpg", tarfile.SYMTYPE, str(tmp_path / "secret.jpg")))
        members.addfile(member("up.jpg", tarfile.LNKTYPE, "../secret.jpg"))
        members.addfile(member("loop.jpg", tarfile.SYMTYPE, "loop.jpg"))
        members.addfile(member("pipe.jpg", tarfile.FIFOTYPE))
        members.addfile(member("disk.jpg", tarfile.BLKTYPE))
        members.addfile(member("folder.jpg", tarfile.DIRTYPE))
    with open_images(tmp_path / "f.tar") as found:
        assert found.keys == ["d/a.jpg", "d/soft.jpg", "d/top.jpg", "hard.jpg"]
        assert {Path(file).read_bytes() for file in found.files} == {b"abc"}
        assert sorted(key for key, _ in found.skipped) == [
            *("disk.jpg", "loop.jpg", "out.jpg", "pipe.jpg", "up.jpg")
        ]


def test_the_same_rules_hold_in_archives(tmp_path: Path) -> None:
    names = ["a.jpg", "b.tiff", "__MACOSX/._a.jpg", ".cache/a.jpg", "caf\udce9.jpg"]
    with tarfile.open(tmp_path / "f.tar.xz", "w:xz") as members:
        for name in names:
            members.addfile(member(name), io.BytesIO())
    with open_images(tmp_path / "f.tar.xz") as found:
        assert found.keys == ["a.jpg"]
        assert found.others == {".tiff": 1, "hidden": 2}
        assert found.skipped == [(r"caf\xe9.jpg", "its name is not valid UTF-8")]


def test_members_of_a_zip_that_cannot_be_read_are_skipped(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "f.zip", "w") as archive:
        for name in ("good.jpg", "crc.jpg", "locked.jpg"):
            archive.writestr(name, name)
        archive.writestr("bz2.jpg", "x", zipfile.ZIP_BZIP2)
        link = zipfile.ZipInfo("link.jpg")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    content = bytearray((tmp_path / "f.zip").read_bytes())
    content[content.index(b"crc.jpg", 40) + 7] ^= 1  # of what it holds
    content[content.rindex(b"locked.jpg") - 38] |= 1  # the flag of encryption
    (tmp_path / "f.zip").write_bytes(content)
    with open_images(tmp_path / "f.zip") as found:
        assert found.keys == ["good.jpg"]
        assert {key: why.partition(":")[0] for key, why in found.skipped} == {
            "crc.jpg": "it cannot be unpacked",
            "locked.jpg": "it is encrypted",
            "bz2.jpg": "it is neither stored nor deflated",
            "link.jpg": "a link",
        }


def test_what_an_archive_claims_is_bounded(tmp_path: Path) -> None:
    for name, sizes in (("one.tar", [1 << 40]), ("many.tar", [1 << 30] * 5)):
        with tarfile.open(tmp_path / name, "w") as members:
            for number, size in enumerate(sizes):
                # Headers alone: what they claim does not follow.
                members.fileobj.write(member(f"{number}.jpg", size=size).tobuf())  # type: ignore[union-attr]
                members.offset = members.fileobj.tell()  # type: ignore[union-attr]
        with pytest.raises(IngestError, match="cannot be unpacked"):
            open_images(tmp_path / name).__enter__()
    with gzip.open(tmp_path / "name.tar.gz", "wb") as stream:
        stream.write(member("x", tarfile.XHDTYPE, size=1 << 27).tobuf())
        for _ in range(8):
            stream.write(bytes(1 << 24))
    with pytest.raises(IngestError, match="a header claims more than 16,777,216 bytes"):
        open_images(tmp_path / "name.tar.gz").__enter__()


def test_a_header_that_is_damaged_is_not_taken_for_the_end(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "f.tar", "w") as members:
        for name in ("a.jpg", "b.jpg", "c.jpg"):
            members.addfile(member(name, size=3), io.BytesIO(b"abc"))
    content = bytearray((tmp_path / "f.tar").read_bytes())
    content[1024] ^= 1  # the name of the second, which its checksum covers
    (tmp_path / "f.tar").write_bytes(content)
    with pytest.raises(IngestError, match="cannot be unpacked: one of its headers is damaged"):
        open_images(tmp_path / "f.tar").__enter__()


@pytest.mark.parametrize("name", ["f.tar", "f.tar.gz", "f.tar.bz2", "f.tar.xz", "f.zip"])
def test_an_archive_that_is_cut_is_named(tmp_path: Path, name: str) -> None:
    if name == "f.zip":
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("a.jpg", bytes(range(256)) * 20)
    else:
        with tarfile.open(tmp_path / name, f"w:{name[6:]}") as members:
            members.addfile(member("a.jpg", size=5120), io.BytesIO(bytes(range(256)) * 20))
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: min(2000, len(content) // 2)])
    with pytest.raises(IngestError, match=f"{name} cannot be unpacked"):
        open_images(tmp_path / name).__enter__()


def test_a_path_with_nothing_there_is_named(tmp_path: Path) -> None:
    for look in (find_images, check_source):
        with pytest.raises(FileNotFoundError, match="nowhere is neither a file nor a folder"):
            look(tmp_path / "nowhere")


# Some of them.


def test_picking_keeps_what_belongs_together(tmp_path: Path) -> None:
    make(tmp_path, ["a/1.jpg", "b/2.jpg", "c/3.jpg"])
    found = find_images(tmp_path).pick([2, 0])
    assert found.keys == ["c/3.jpg", "a/1.jpg"]
    assert found.labels == ["c", "a"]
    assert find_images(tmp_path, None).pick([1]).labels is None
