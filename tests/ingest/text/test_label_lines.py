"""Files of labels: one a line, of any system and encoding."""

from pathlib import Path

import numpy as np
import pytest

from vecstore.errors import IngestError
from vecstore.ingest import read
from vecstore.ingest.text.label_lines import label_lines


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n", "\n\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_labels_come_back(tmp_path: Path, end: str, encoding: str) -> None:
    path = tmp_path / "keys.txt"
    path.write_bytes(end.join(["king", "été", " a b ", ""]).encode(encoding))
    assert label_lines(path, "keys") == ["king", "été", " a b "]


def test_a_blank_line_is_an_empty_label(tmp_path: Path) -> None:
    path = tmp_path / "keys.txt"
    path.write_bytes(b"\na\r\n\r\nb\n")
    assert label_lines(path, "keys") == ["", "a", "", "b"]


def test_another_encoding_must_be_told(tmp_path: Path) -> None:
    path, vectors = tmp_path / "keys.txt", tmp_path / "a.npy"
    path.write_bytes("a\nkäsi\n".encode("latin-1"))
    np.save(vectors, np.eye(2))
    with pytest.raises(IngestError, match=r"read as keys: line 2 is not valid UTF-8.*encoding="):
        read(vectors, keys=path)
    [(keys, _)] = read(vectors, keys=path, encoding="latin-1")
    assert keys.tolist() == ["a", "käsi"]


def test_the_projector_reads_marks_too(tmp_path: Path) -> None:
    (tmp_path / "vectors.tsv").write_bytes(b"\xef\xbb\xbf1\t2\r3\t4\r")
    (tmp_path / "metadata.tsv").write_bytes("king\nqueen\n".encode("utf-16"))
    with read(tmp_path / "vectors.tsv") as reader:
        assert reader.format == "projector"
        [(keys, vectors)] = reader
    assert keys.tolist() == ["king", "queen"]
    assert vectors.tolist() == [[1, 2], [3, 4]]
