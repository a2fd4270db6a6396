"""Formats are told by content; what is none of them is said so."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import vecstore
from vecstore.errors import IngestError
from vecstore.ingest import FORMATS, WRITABLE, export, read


@pytest.mark.parametrize("name", WRITABLE)
def test_what_we_write_is_recognised_whatever_it_is_called(
    tmp_path: Path, rng: np.random.Generator, name: str
) -> None:
    store = vecstore.from_arrays(rng.standard_normal((5, 4)), keys=["a", "b", "c", "d", "e"])
    made = export(store, tmp_path / "vectors.tsv", name)
    if name == "projector":
        assert read(made[0]).format == name  # a pair is one by its names
    else:
        nameless = tmp_path / "nameless"
        shutil.move(made[0], nameless)
        assert read(nameless).format == name


@pytest.mark.parametrize(
    "content",
    [b"Hundreds of people have been\nforced to vacate\n", bytes(1000), b"\x7f\x01\xee" * 50],
)
def test_unknown_content_is_quoted(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    with pytest.raises(IngestError, match=r"a is in no format that vecstore knows; it begins") as e:
        read(path)
    assert repr(content[:20]) in str(e.value)
    assert all(name in str(e.value) for name in FORMATS)


def test_empty_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(IngestError, match=r"a is empty\."):
        read(tmp_path / "a")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="is a folder, and vectors are read from a file"):
        read(tmp_path)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("content", [b"", b"a", b"word\n", bytes(50), b"\0PK\x03\x04"])
def test_insisting_on_a_format_fails_with_a_sentence(
    tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    with pytest.raises(IngestError, match=rf"(?s)^.*{path}.*\.$"):
        list(read(path, name))


@pytest.mark.parametrize(
    ("numbers", "reason"),
    [
        ("king 0.5,0.25,0.125", "are separated by commas"),
        ("king,0.5,0.25,0.125", "are separated by commas"),
        ("king 0.5, 0.25, 0.125", "are separated by commas"),
        ("king 0,5 0,25 0,125", "have decimal commas"),
        ("king\t0,5\t0,25\t0,125", "have decimal commas"),
        ("king 0:0.5 1:0.25 2:0.125", "a sparse format"),
        ("king [0.5, 0.25, 0.125]", "stand in brackets"),
        ("king [0.5 0.25 0.125]", "stand in brackets"),
        ("king 0.5;0.25;0.125", "are separated by semicolons"),
        ("king|0.5|0.25|0.125", "are separated by bars"),
        ("king 0x1p-1 0x1p-2 0x1p-3", "are hexadecimal"),
        ('king "0.5" "0.25" "0.125"', "stand in quotes"),
        ("king 0.5D0 0.25D0 0.125D-1", "exponents with D"),
    ],
)
@pytest.mark.parametrize("header", ["", "2 3\n"])
def test_text_of_numbers_that_cannot_be_parsed_is_never_binary(
    tmp_path: Path, header: str, numbers: str, reason: str
) -> None:
    path = tmp_path / "words.vec"
    path.write_text(f"{header}{numbers}\n{numbers.replace('king', 'queen')}\n")
    if not header and numbers in ("king,0.5,0.25,0.125", "king|0.5|0.25|0.125"):
        [(keys, vectors)] = read(path)  # a table
        assert keys.tolist() == ["king", "queen"]
        assert vectors.tolist() == [[0.5, 0.25, 0.125]] * 2
        return
    with pytest.raises(IngestError, match=r"words\.vec (begins with|is )") as error:
        read(path)
    if header:
        assert reason in str(error.value)
        assert f"line {2}" in str(error.value)
    else:
        assert reason in str(error.value)


def test_numbers_between_tabs_are_read(tmp_path: Path) -> None:
    path = tmp_path / "words.vec"
    path.write_text("2\t3\nking\t1\t2\t3\nqueen\t4\t5\t6\n")
    [(keys, vectors)] = read(path)
    assert keys.tolist() == ["king", "queen"]
    assert vectors.tolist() == [[1, 2, 3], [4, 5, 6]]


def test_a_header_of_another_dimension_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "words.vec"
    path.write_text("2 2\nking 4 5 6\nqueen 7 8 9\n")
    with pytest.raises(IngestError, match=r"says 2 numbers a row, but its first lines end in 3"):
        read(path, errors="skip")


def test_phrases_that_end_in_digits_need_a_header(tmp_path: Path) -> None:
    path = tmp_path / "words.vec"
    path.write_text("2 3\nboeing 747 1 2 3\nking 4 5 6\n")
    [(keys, _)] = read(path)
    assert keys.tolist() == ["boeing 747", "king"]
