"""NumPy's files."""

import bz2
import gzip
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from vecstore.errors import IngestError
from vecstore.ingest import read


def rows_of(path: Path, **options: object) -> tuple[list[object], np.ndarray]:
    with read(path, **options) as reader:
        batches = list(reader)
    keys = [key for batch, _ in batches for key in batch.tolist()]
    return keys, np.concatenate([vectors for _, vectors in batches])


numbers = st.sampled_from(["<f4", ">f4", "<f2", "<f8", "<i4", "u1", ">i2"])


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    arrays.arrays(
        numbers,
        st.tuples(st.integers(1, 9), st.integers(1, 9)),
        elements={"min_value": 0, "max_value": 99},
    ),
    st.booleans(),
)
def test_matrices_of_any_numbers_and_order(
    tmp_path: Path, matrix: np.ndarray, by_columns: bool
) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.asfortranarray(matrix) if by_columns else matrix)
    keys, vectors = rows_of(path)
    assert keys == list(range(len(matrix)))
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors, matrix.astype(np.float32))


def test_compressed_matrix(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.eye(3))
    packed = tmp_path / "a.npy.bz2"
    packed.write_bytes(bz2.compress((tmp_path / "a.npy").read_bytes()))
    _, vectors = rows_of(packed)
    np.testing.assert_array_equal(vectors, np.eye(3))


def test_keys_can_be_named(tmp_path: Path) -> None:
    np.save(tmp_path / "vectors.npy", np.eye(2))
    (tmp_path / "words.txt").write_bytes("the\r\nété".encode())
    keys, _ = rows_of(tmp_path / "vectors.npy", keys=tmp_path / "words.txt")
    assert keys == ["the", "été"]
    np.save(tmp_path / "words.npy", np.array(["a", "b"]))
    keys, _ = rows_of(tmp_path / "vectors.npy", keys=tmp_path / "words.npy")
    assert keys == ["a", "b"]


def test_as_many_keys_as_vectors_are_required(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.eye(2))
    (tmp_path / "a.npy.keys.txt").write_text("one\n")
    with pytest.raises(IngestError, match=r"a.npy holds 2 vectors, but there are 1 keys\."):
        read(tmp_path / "a.npy")


@pytest.mark.parametrize("content", [b"\xff\n", b"\x93NUMPY\x01\x00garbage"])
def test_keys_that_are_none(tmp_path: Path, content: bytes) -> None:
    np.save(tmp_path / "a.npy", np.eye(1))
    (tmp_path / "keys").write_bytes(content)
    with pytest.raises(IngestError, match="keys cannot be read as keys"):
        read(tmp_path / "a.npy", keys=tmp_path / "keys")


@pytest.mark.parametrize(
    "array",
    [np.ones(3), np.ones((2, 2, 2)), np.array([["a"]]), np.ones((2, 2), complex), np.ones((2, 0))],
)
def test_what_is_no_matrix_of_numbers_is_refused(tmp_path: Path, array: np.ndarray) -> None:
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(IngestError, match=r"a.npy cannot be read as vectors: it must be a matrix"):
        read(tmp_path / "a.npy")


def test_pickles_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([[object()]]), allow_pickle=True)
    with pytest.raises(IngestError, match="must be a matrix of numbers; got object"):
        read(tmp_path / "a.npy")
    np.savez(tmp_path / "a.npz", vectors=np.eye(1), keys=np.array([{}], dtype=object))
    with pytest.raises(
        IngestError, match=r'array "keys" .* cannot be read as keys: it holds Python objects'
    ):
        read(tmp_path / "a.npz")


def test_truncated_array(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.eye(4))
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(IngestError, match=r"a.npy is truncated: 3 bytes are missing\."):
        list(read(path))
    path.write_bytes(path.read_bytes()[:30])
    with pytest.raises(IngestError, match=r"a.npy is not a NumPy array that can be read"):
        read(path)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_archives(tmp_path: Path, save: object) -> None:
    save(tmp_path / "a.npz", keys=np.array(["x", "yy", "ü"]), vectors=np.eye(3), other=np.ones(2))
    keys, vectors = rows_of(tmp_path / "a.npz")
    assert keys == ["x", "yy", "ü"]
    np.testing.assert_array_equal(vectors, np.eye(3))


def test_archives_with_other_names(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, a=np.eye(2), b=2 * np.eye(2), label=np.array([7, 7]), code=np.array([3, 4]))
    with pytest.raises(IngestError, match=r'has "a" \(2, 2\).*not clear which.*Pass dataset='):
        read(path)
    with pytest.raises(ValueError, match=r'`dataset` must be in .*; got "c"'):
        read(path, dataset="c")
    keys, vectors = rows_of(path, dataset="b", keys="code")
    assert keys == [3, 4]
    np.testing.assert_array_equal(vectors, 2 * np.eye(2))


def test_damaged_archive(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, vectors=np.random.default_rng(0).random((100, 9)))
    content = bytearray(path.read_bytes())
    content[2000:2100] = bytes(100)
    path.write_bytes(content)
    with pytest.raises(IngestError, match=r"a.npz"):
        list(read(path))


def test_an_archive_of_something_else_is_unpacked(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.eye(2))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(tmp_path / "a.npy", "a.npy")
        archive.writestr("README", "hello")
    _, vectors = rows_of(tmp_path / "a.zip", member="a.npy")
    np.testing.assert_array_equal(vectors, np.eye(2))


@pytest.mark.parametrize(
    ("name", "keys", "expected"),
    [
        ("words", np.array([["a"], ["b"], ["c"]]), ["a", "b", "c"]),
        ("title", np.array(["x", "y", "z"]), ["x", "y", "z"]),
        ("Words", np.array([b"x", "é".encode(), b"z"]), ["x", "é", "z"]),
        ("ids", np.array([3.0, -1.0, 2.0]), [3, -1, 2]),
        ("ids", np.array([[3], [1], [2]], ">u2"), [3, 1, 2]),
        ("key", np.array([3, 1, 2**63 - 1], np.uint64), [3, 1, 2**63 - 1]),
    ],
)
def test_keys_in_an_archive(
    tmp_path: Path, name: str, keys: np.ndarray, expected: list[object]
) -> None:
    np.savez(tmp_path / "a.npz", vectors=np.eye(3), labels=np.arange(3), **{name: keys})
    with read(tmp_path / "a.npz") as reader:
        [(found, _)] = reader
    assert found.tolist() == expected
    assert reader.report.keys == f'array "{name}"'
    assert reader.report.notes == ['not read: "labels"']


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"words": np.array(list("abcd"))}, r'holds 3 vectors, but "words" has 4 values'),
        ({"title": np.array(list("abcd"))}, r'holds 3 vectors, but "title" has 4 values'),
        ({"ids": np.arange(4)}, r'holds 3 vectors, but "ids" has 4 values'),
        (
            {"title": np.array(list("abc")), "text": np.array(list("xyz"))},
            r'"title", "text": it is not clear',
        ),
        ({"ids": np.arange(3), "words": np.array(list("abc"))}, r"not clear which of them holds"),
        ({"ids": np.array([1.5, 2, 3])}, r"value 0 is 1.5, which is not an integer"),
        ({"ids": np.array([1, np.nan, 3])}, r"value 1 is nan, which is not an integer"),
        ({"keys": np.array(["2020", "2021", "2022"], "M8[D]")}, r"got datetime64\[D\]"),
        ({"keys": np.array([True, False, True])}, r"got bool"),
        ({"keys": np.array([1, 2, 2**63], np.uint64)}, r"9223372036854775808 exceeds 64 bits"),
        ({"keys": np.array([b"\xff", b"b", b"c"])}, r"cannot be read as keys: .*utf-8"),
    ],
)
def test_keys_are_never_dropped_without_a_word(
    tmp_path: Path, arrays: dict[str, np.ndarray], message: str
) -> None:
    np.savez(tmp_path / "a.npz", vectors=np.eye(3), **arrays)
    with pytest.raises(IngestError, match=message):
        read(tmp_path / "a.npz")
    with read(tmp_path / "a.npz", keys="row numbers") as reader:
        assert [key for keys, _ in reader for key in keys.tolist()] == [0, 1, 2]
    assert reader.report.keys == "row numbers"


def test_named_fields(tmp_path: Path) -> None:
    rows = np.zeros(3, [("word", "U5"), ("vector", ">f4", (2,)), ("year", "i4")])
    rows["word"], rows["vector"] = ["a", "b", "ü"], [[1, 2], [3, 4], [5, 6]]
    np.save(tmp_path / "a.npy", rows)
    assert rows_of(tmp_path / "a.npy")[0] == ["a", "b", "ü"]
    np.testing.assert_array_equal(rows_of(tmp_path / "a.npy")[1], rows["vector"])
    np.save(tmp_path / "a.npy", np.zeros((3, 1), rows.dtype))
    with pytest.raises(IngestError, match="with named fields it must have one axis"):
        read(tmp_path / "a.npy")


def header(shape: tuple[int, ...], *, by_columns: bool) -> bytes:
    written = io.BytesIO()
    what = {"descr": "<f4", "fortran_order": by_columns, "shape": shape}
    np.lib.format.write_array_header_1_0(written, what)
    return written.getvalue()


@pytest.mark.parametrize("by_columns", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_a_header_that_promises_a_trillion_rows(
    tmp_path: Path, by_columns: bool, packed: bool
) -> None:
    content = header((10**12, 300), by_columns=by_columns)
    path = tmp_path / "a"
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(IngestError, match=r"a is truncated"):
        list(read(path))
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("vectors.npy", content)
    with pytest.raises(IngestError, match=r"a\.npz is truncated"):
        read(tmp_path / "a.npz")


def test_one_key_of_many_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    keys = np.zeros(1, f"U{(1 << 22) + 1}")
    np.savez_compressed(path, vectors=np.eye(1), words=keys)
    with pytest.raises(IngestError, match=r"words.* one may have 16777220 bytes"):
        read(path)


@pytest.mark.parametrize(
    ("array", "way_out"),
    [
        (np.ones(3), "Save one vector with .reshape"),
        (np.ones((2, 2, 2)), "Save it with .reshape"),
        (np.eye(2) * 1j, "real and imaginary"),
        (np.eye(2) > 0, "astype"),
    ],
)
def test_what_is_no_matrix_has_a_way_out(tmp_path: Path, array: np.ndarray, way_out: str) -> None:
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(IngestError, match=way_out):
        read(tmp_path / "a.npy")


def test_an_archive_of_nothing_but_zeros_is_not_read_into_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, vectors=np.zeros((1 << 14, 64), np.float32))
    monkeypatch.setattr("vecstore.ingest.formats.numpy_files._LARGE", 1 << 20)
    with pytest.raises(IngestError, match=r"is 4,194,304 bytes out of .* no vectors are so much"):
        read(path)


def test_packed_keys_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / "a.npy", np.eye(2))
    monkeypatch.setattr("vecstore.ingest.text.label_lines._FREE_BYTES", 1 << 10)
    keys = tmp_path / "keys.gz"
    keys.write_bytes(gzip.compress(b"\n" * (1 << 20)))
    with pytest.raises(IngestError, match=r"keys.gz cannot be read as keys: it unpacks to more"):
        read(tmp_path / "a.npy", keys=keys)
    np.save(tmp_path / "k.npy", np.zeros(1 << 18, np.int64))
    keys.write_bytes(gzip.compress((tmp_path / "k.npy").read_bytes()))
    with pytest.raises(IngestError, match=r"keys.gz cannot be read as keys: it unpacks to more"):
        read(tmp_path / "a.npy", keys=keys)
