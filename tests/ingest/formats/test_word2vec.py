"""word2vec's binary files."""

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vecstore.errors import IngestError
from vecstore.ingest import read
from vecstore.ingest.formats import word2vec
from vecstore.ingest.formats.word2vec import read_header


def content(keys: list[bytes], vectors: np.ndarray, end: bytes = b"") -> bytes:
    header = b"%d %d\n" % vectors.shape
    rows = (key + b" " + row.tobytes() + end for key, row in zip(keys, vectors, strict=True))
    return header + b"".join(rows)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "words.bin"


VECTORS = np.float32([[1, 2, 3], [0.5, -0.0, 1e-40]])


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_rows_are_read_bit_for_bit(path: Path, end: bytes) -> None:
    path.write_bytes(content([b"</s>", "été".encode()], VECTORS, end))
    with read(path) as reader:
        assert (reader.format, reader.dim, reader.count) == ("word2vec-binary", 3, 2)
        [(keys, vectors)] = reader
    assert keys.tolist() == ["</s>", "été"]
    assert vectors.tobytes() == VECTORS.tobytes()


# Control characters in a key tell that it is none.
keys = st.text(st.characters(codec="utf-8", min_codepoint=0x21), min_size=1, max_size=9)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(keys, max_size=30, unique=True), st.integers(1, 9), st.integers(64, 200))
def test_rows_do_not_depend_on_blocks(
    path: Path, monkeypatch: pytest.MonkeyPatch, keys: list[str], dim: int, block_bytes: int
) -> None:
    monkeypatch.setattr(word2vec, "_BLOCK_BYTES", block_bytes)
    vectors = np.arange(len(keys) * dim, dtype=np.float32).reshape(-1, dim)
    path.write_bytes(content([key.encode() for key in keys], vectors))
    with read(path, "word2vec-binary") as reader:
        batches = list(reader)
    assert [key for batch, _ in batches for key in batch] == keys
    assert b"".join(rows.tobytes() for _, rows in batches) == vectors.tobytes()


def test_bad_keys_are_faults_of_their_rows(path: Path) -> None:
    path.write_bytes(content([b"a", b"\xff", b"", b"a"], np.eye(4, dtype=np.float32)))
    with pytest.raises(IngestError, match=r"words.bin, row 1: its key is not valid UTF-8"):
        list(read(path))
    reader = read(path, errors="skip")
    [(keys, _)] = reader
    assert keys.tolist() == ["a"]
    assert [fault.reason for fault in reader.report.examples] == [
        "its key is not valid UTF-8",
        "it has no key",
        "the key came before",
    ]


@pytest.mark.parametrize(("missing", "row"), [(1, 1), (13, 1), (14, 1), (15, 0), (28, 0)])
def test_truncated_file_names_the_row_it_ends_in(path: Path, missing: int, row: int) -> None:
    path.write_bytes(content([b"a", b"b"], VECTORS)[:-missing])
    with pytest.raises(IngestError, match=rf"row {row}: no whole row is here.*promises 2"):
        list(read(path, "word2vec-binary"))
    reader = read(path, "word2vec-binary", errors="skip")
    assert sum(len(keys) for keys, _ in reader) == row


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"3 2\nabc", (3, 2, 4)),
        (b" 3\t2 \r\nabc", (3, 2, 7)),
        (b"3 0\nabc", None),
        (b"3 99999999999\nabc", None),
        (b"a b\n", None),
        (b"3 2", None),
        (b"", None),
    ],
)
def test_header(head: bytes, expected: tuple[int, int, int] | None) -> None:
    assert read_header(head) == expected


def test_format_can_be_insisted_on(path: Path) -> None:
    path.write_bytes(b"hello\n")
    with pytest.raises(IngestError, match="does not begin with a line of two numbers"):
        read(path, "word2vec-binary")


def test_rows_behind_the_last_one_promised_are_reported(path: Path) -> None:
    path.write_bytes(content([b"a", b"b"], VECTORS, b"\n").replace(b"2 3", b"1 3", 1))
    with pytest.raises(IngestError, match=r"words.bin, row 1: more rows follow, .* promises 1"):
        list(read(path))
    reader = read(path, errors="skip")
    assert [key for keys, _ in reader for key in keys] == ["a"]
    assert reader.report.skipped == 1


@pytest.mark.parametrize("dtype", ["float64", "float16"])
@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_floats_of_another_size_are_named(path: Path, dtype: str, n: int, end: bytes) -> None:
    vectors = np.random.default_rng(n).standard_normal((n, 6)).astype(dtype)
    path.write_bytes(content([b"word%d" % i for i in range(n)], vectors, end))
    with pytest.raises(IngestError, match=rf"Its numbers seem to be {dtype}|no whole row"):
        list(read(path, errors="raise"))
    with suppress(IngestError):  # what is too short by a row may be skipped
        assert sum(len(keys) for keys, _ in read(path, errors="skip")) == 0


def test_big_endian_floats_are_named_unless_insisted_on(path: Path) -> None:
    vectors = np.random.default_rng(0).standard_normal((5, 6)).astype(">f4")
    path.write_bytes(content([b"word%d" % i for i in range(5)], vectors))
    with pytest.raises(IngestError, match="big-endian"):
        read(path)
    with read(path, "word2vec-binary", errors="skip") as reader:
        assert reader.dim == 6


@pytest.mark.parametrize("errors", ["raise", "skip"])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_blank_in_a_key_is_an_error_not_a_wrong_vector(
    path: Path, errors: str, end: bytes
) -> None:
    path.write_bytes(
        content([b"new york", b"queen", b"man"], np.float32(np.arange(9)).reshape(3, 3), end)
    )
    with pytest.raises(IngestError, match="A key holds a blank"):
        list(read(path, errors=errors))


def test_keys_of_another_encoding(path: Path) -> None:
    path.write_bytes(content(["käsi".encode("latin-1"), b"b"], VECTORS))
    with pytest.raises(IngestError, match=r"not valid UTF-8 .*pass encoding= with what it is in"):
        list(read(path))
    [(keys, vectors)] = read(path, encoding="latin-1")
    assert keys.tolist() == ["käsi", "b"]
    assert vectors.tobytes() == VECTORS.tobytes()


def test_what_gensim_writes_is_read(path: Path) -> None:
    models = pytest.importorskip("gensim.models", reason="gensim is not there")
    made = models.KeyedVectors(3)
    made.add_vectors(["king", "été"], VECTORS)
    made.save_word2vec_format(str(path), binary=True)
    [(keys, vectors)] = read(path)
    assert keys.tolist() == ["king", "été"]
    assert vectors.tobytes() == VECTORS.tobytes()
    made.add_vectors(["new york"], np.float32([[0.1, 0.2, 0.3]]))
    made.add_vectors(["queen"], np.float32([[0.3, 0.2, 0.1]]))
    made.save_word2vec_format(str(path), binary=True)
    with pytest.raises(IngestError, match="A key holds a blank"):
        list(read(path, errors="skip"))
