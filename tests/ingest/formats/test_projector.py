"""The projector's pairs of files."""

import gzip
from pathlib import Path

import pytest

from vecstore.errors import IngestError
from vecstore.ingest import read


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    path = tmp_path / "vectors.tsv"
    path.write_text("1\t2\n3\t4\n")
    return path


def test_labels_lie_beside(vectors: Path) -> None:
    vectors.with_name("metadata.tsv").write_text("New York\nété\n", encoding="utf-8")
    with read(vectors) as reader:
        assert (reader.format, reader.dim, reader.count) == ("projector", 2, 2)
        [(keys, rows)] = reader
    assert keys.tolist() == ["New York", "été"]
    assert rows.tolist() == [[1, 2], [3, 4]]


def test_either_may_be_compressed(vectors: Path) -> None:
    packed = vectors.with_name("vectors.tsv.gz")
    packed.write_bytes(gzip.compress(vectors.read_bytes()))
    vectors.with_name("metadata.tsv.gz").write_bytes(gzip.compress(b"a\r\nb\r\n"))
    [(keys, _)] = read(packed)
    assert keys.tolist() == ["a", "b"]


def test_several_columns_have_names(vectors: Path) -> None:
    vectors.with_name("metadata.tsv").write_text("word\tcount\na\t7\nb\t5\n")
    [(keys, _)] = read(vectors)
    assert keys.tolist() == ["a", "b"]
    [(keys, _)] = read(vectors, keys="count", key_kind="int")
    assert keys.tolist() == [7, 5]
    with pytest.raises(ValueError, match=r'`keys` must be one of word, count, .*; got "id"'):
        read(vectors, "projector", keys="id")


def test_labels_can_be_elsewhere(vectors: Path, tmp_path: Path) -> None:
    (tmp_path / "names.tsv").write_text("a\nb\n")
    [(keys, _)] = read(vectors, "projector", keys=tmp_path / "names.tsv")
    assert keys.tolist() == ["a", "b"]


def test_without_labels_the_first_number_is_a_key(vectors: Path) -> None:
    [(keys, rows)] = read(vectors)
    assert (keys.tolist(), rows.tolist()) == (["1", "3"], [[2], [4]])
    with pytest.raises(IngestError, match=r"has no metadata: .*metadata.tsv is missing"):
        read(vectors, "projector")


@pytest.mark.parametrize("labels", ["a\n", "a\nb\nc\n"])
def test_there_must_be_a_label_for_every_line(vectors: Path, labels: str) -> None:
    vectors.with_name("metadata.tsv").write_text(labels)
    with pytest.raises(IngestError, match=r"lines, but .*metadata.tsv names \d vectors"):
        list(read(vectors))


def test_a_ragged_line_takes_its_label_with_it(vectors: Path) -> None:
    vectors.write_text("1\t2\n3\n5\t6\n")
    vectors.with_name("metadata.tsv").write_text("a\nb\nc\n")
    with pytest.raises(IngestError, match=r"vectors.tsv, line 2: it has 1 field where 2"):
        list(read(vectors))
    [(keys, rows)] = read(vectors, errors="skip")
    assert (keys.tolist(), rows.tolist()) == (["a", "c"], [[1, 2], [5, 6]])


def test_labels_that_are_not_utf8(vectors: Path) -> None:
    vectors.with_name("metadata.tsv").write_bytes(b"a\n\xff\n")
    with pytest.raises(IngestError, match=r"metadata.tsv cannot be read as metadata"):
        read(vectors)


def test_format_can_be_insisted_on(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("the 1 2\n")
    with pytest.raises(IngestError, match="is not a projector's file of vectors"):
        read(tmp_path / "a.txt", "projector")
