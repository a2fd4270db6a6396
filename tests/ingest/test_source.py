"""Compressed files read as if they were not; damaged ones are errors that name them."""

import bz2
import gzip
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from vecstore.errors import IngestError
from vecstore.ingest import unpacking
from vecstore.ingest.source import Source

CONTENT = b"the 0.5 1\nof 0.25 2\n" * 20_000


def write_zip(path: Path, content: bytes, name: str = "words.txt") -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)


WRITERS: dict[str, Callable[[Path], object]] = {
    "gz": lambda path: path.write_bytes(gzip.compress(CONTENT)),
    "bz2": lambda path: path.write_bytes(bz2.compress(CONTENT)),
    "xz": lambda path: path.write_bytes(lzma.compress(CONTENT)),
    "zip": lambda path: write_zip(path, CONTENT),
}


@pytest.fixture(params=list(WRITERS))
def packed(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The content, compressed in every way."""
    path = tmp_path / f"words.txt.{request.param}"
    WRITERS[request.param](path)
    return path


def test_a_compressed_file_is_told_by_its_content(packed: Path) -> None:
    renamed = packed.rename(packed.with_name("words"))
    source = Source(renamed)
    assert source.compression == packed.suffix[1:]
    with source.open() as stream:
        assert stream.read() == CONTENT


def test_the_stream_can_be_opened_again(packed: Path) -> None:
    source = Source(packed)
    assert CONTENT.startswith(source.head)
    assert not source.head_is_all
    for _ in range(2):
        with source.open() as stream:
            assert stream.read(10) == CONTENT[:10]


def test_name_lacks_the_suffix(packed: Path) -> None:
    assert Source(packed).name == "words.txt"


def test_unpacked_file_is_temporary(packed: Path) -> None:
    source = Source(packed)
    unpacked = source.file()
    assert unpacked.read_bytes() == CONTENT
    assert source.file() == unpacked
    assert source.size == len(CONTENT)
    source.close()
    assert not unpacked.exists()


def test_unpacked_file_goes_with_its_source(packed: Path) -> None:
    source = Source(packed)
    unpacked = source.file()
    del source
    assert not unpacked.exists()


def test_plain_file_is_its_own_unpacked_file(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"12345")
    source = Source(path)
    assert source.file() == path
    assert source.size == 5
    source.close()
    assert path.exists()


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_truncated_file_is_an_error_that_names_it(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "words"
    WRITERS[kind](path)
    path.write_bytes(path.read_bytes()[:-20])
    with (
        pytest.raises(IngestError, match=f"{path} cannot be decompressed"),
        Source(path).open() as stream,
    ):
        stream.read()


def test_flipped_bytes_are_an_error_that_names_the_file(packed: Path) -> None:
    content = bytearray(packed.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 40] = bytes(b ^ 0xFF for b in content[middle : middle + 40])
    packed.write_bytes(content)
    with pytest.raises(IngestError, match=str(packed)), Source(packed).open() as stream:
        stream.read()


def test_truncated_archive_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "words.zip"
    write_zip(path, CONTENT)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(IngestError, match=f"{path} is damaged"):
        Source(path)


def test_archive_of_several_files_wants_to_know_which(tmp_path: Path) -> None:
    path = tmp_path / "glove.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("50d.txt", "a 1")
        archive.writestr("100d.txt", "a 1 2")
    with pytest.raises(ValueError, match=r'`member` is required: .* holds "50d.txt", "100d.txt"'):
        Source(path)
    with pytest.raises(ValueError, match=r'`member` must be in the archive; got "7d.txt"'):
        Source(path, "7d.txt")
    with Source(path, "100d.txt").open() as stream:
        assert stream.read() == b"a 1 2"


def test_member_is_for_archives_only(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"a 1")
    with pytest.raises(ValueError, match="`member` is for zip archives"):
        Source(path, "b.txt")


def test_gzip_of_several_parts_is_read_to_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"a 1\n") + gzip.compress(b"b 2\n"))
    with Source(path).open() as stream:
        assert stream.read() == b"a 1\nb 2\n"


def test_gzip_is_read_without_isal_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "_GunzipFile", gzip.GzipFile)
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(CONTENT))
    with Source(path).open() as stream:
        assert stream.read() == CONTENT


def test_head_holds_the_whole_first_line(tmp_path: Path) -> None:
    path = tmp_path / "wide.txt"
    line = b"word " + b"0.123456789 " * 100_000 + b"\n"
    path.write_bytes(line * 2)
    assert line in Source(path).head


def test_missing_file_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        Source("nowhere.txt")


def test_progress_goes_from_nothing_to_one(packed: Path) -> None:
    source = Source(packed)
    assert source.progress is None
    with source.open() as stream:
        stream.read(1)
        assert 0 < source.progress <= 1
    assert source.progress == 1
