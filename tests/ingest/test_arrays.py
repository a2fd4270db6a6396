"""NumPy's files."""

import bz2
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
    with pytest.raises(IngestError, match=r'array "keys" .* cannot be read as keys: it holds Python objects'):
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
