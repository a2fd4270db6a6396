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
    "content", [b"Hundreds of people have been\nforced to vacate\n", bytes(1000), b"\x7fELF" * 50]
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
    with pytest.raises(IsADirectoryError):
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
