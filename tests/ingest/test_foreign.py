"""Files in formats that are not read are named, with the way to one that is."""

import io
import lzma
import pickle
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from vecstore.errors import IngestError
from vecstore.ingest import read


def tar(path: Path) -> None:
    with tarfile.open(path, "w") as archive:
        archive.addfile(tarfile.TarInfo("a.txt"), io.BytesIO())


def sqlite(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE words (key, vector)")
    connection.commit()
    connection.close()


def torch(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02.")
        archive.writestr("archive/data/0", bytes(100))


def gensim(path: Path) -> None:
    models = pytest.importorskip("gensim.models", reason="gensim is not there")
    made = models.KeyedVectors(3)
    made.add_vectors(["king"], np.ones((1, 3), "f4"))
    made.save(str(path))


WRITERS: list[tuple[Callable[[Path], object], str]] = [
    (tar, "is a tar archive"),
    (sqlite, "is a database of SQLite"),
    (torch, "is a file of PyTorch"),
    *((lambda p, v=v: p.write_bytes(pickle.dumps({"a": [1.0]}, v)), "pickle") for v in range(6)),
    (lambda p: p.write_bytes(pickle.dumps(np.eye(9))), "pickle, which is not read"),
    (lambda p: p.write_bytes(lzma.compress(b"a 1\n", lzma.FORMAT_ALONE)), "lzma"),
    (lambda p: p.write_bytes(b"\x28\xb5\x2f\xfd" + bytes(99)), r"zstd\. Unpack it with zstd -d"),
    (lambda p: p.write_bytes(b"%PDF-1.7\n..."), "PDF"),
    (lambda p: p.write_bytes(b"<!DOCTYPE html>\n<html><body>404 1 2</body>"), "a page of HTML"),
    (lambda p: p.write_bytes(b'<?xml version="1.0"?>\n<Error/>'), "an XML document"),
    (lambda p: p.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n"),
     "git lfs pull"),
    (lambda p: p.write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(30)), "7z archive"),
    (lambda p: p.write_bytes(b"Rar!\x1a\x07\0" + bytes(30)), "rar archive"),
    (lambda p: p.write_bytes(b"PK\x05\x06" + bytes(18)), "an empty zip archive"),
    (lambda p: p.write_bytes(b'["king", [1, 2, 3]'), "is JSON|no format"),
]  # fmt: skip


@pytest.mark.parametrize(("write", "message"), WRITERS)
def test_a_format_that_is_not_read_is_named(
    tmp_path: Path, write: Callable[[Path], object], message: str
) -> None:
    path = tmp_path / "words.model"
    write(path)
    with pytest.raises(IngestError, match=rf"(?s)words\.model .*({message}).*\.$"):
        read(path)
