import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from vecstore.errors import CorruptStoreError, StoreNotFoundError
from vecstore.storage.hdf5.foreign import open_dataset

VECTORS = np.arange(24, dtype=np.float32).reshape(6, 4)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes one dataset called "train" as the arguments say and returns the path of the file."""

    def written(data: Any = VECTORS, **options: Any) -> Path:
        path = tmp_path / "foreign.hdf5"
        with h5py.File(path, "w") as file:
            file.create_dataset("train", data=data, **options)
        return path

    return written


def raises(error: type[Exception], message: str) -> Any:
    return pytest.raises(error, match=re.escape(message))


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_contiguous_vectors_are_mapped_read_only(write: Callable[..., Path], dtype: str) -> None:
    vectors = open_dataset(write(VECTORS.astype(dtype))).vectors
    np.testing.assert_array_equal(vectors, VECTORS.astype(dtype))
    assert vectors.dtype == dtype
    assert not vectors.flags.writeable


def test_the_file_is_closed_again(write: Callable[..., Path]) -> None:
    path = write()
    vectors = open_dataset(path).vectors
    with h5py.File(path, "r+") as file:
        file["train"][0, 0] = 99
    assert vectors[0, 0] == 99


def test_vectors_behind_a_user_block_are_found(tmp_path: Path) -> None:
    path = tmp_path / "foreign.hdf5"
    with h5py.File(path, "w", userblock_size=512) as file:
        file["train"] = VECTORS
    np.testing.assert_array_equal(open_dataset(path).vectors, VECTORS)


def test_vectors_deep_in_groups_are_opened_by_path(tmp_path: Path) -> None:
    path = tmp_path / "weights.h5"
    with h5py.File(path, "w") as file:
        file["layers/embedding/vars/0"] = VECTORS
    found = open_dataset(path, "layers/embedding/vars/0")
    assert found.dataset == "layers/embedding/vars/0"
    np.testing.assert_array_equal(found.vectors, VECTORS)


def test_the_only_matrix_of_floats_need_not_be_named(tmp_path: Path) -> None:
    path = tmp_path / "foreign.hdf5"
    with h5py.File(path, "w") as file:
        file["labels"] = np.arange(6)
        file["neighbors"] = np.ones((6, 2), np.int32)
        file["vectors"] = VECTORS
    assert open_dataset(path).dataset == "vectors"


def test_several_matrices_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "foreign.hdf5"
    with h5py.File(path, "w") as file:
        file["train"], file["test"] = VECTORS, VECTORS[:2]
    message = f'`dataset` is required to open {path}: it holds "test" (2, 4), "train" (6, 4).'
    with raises(ValueError, message):
        open_dataset(path)


def test_a_file_without_matrices_says_so(write: Callable[..., Path]) -> None:
    with raises(ValueError, "holds no matrix of floats that could be opened as vectors."):
        open_dataset(write(np.arange(3)))


def test_an_unknown_dataset_is_answered_with_those_there_are(write: Callable[..., Path]) -> None:
    path = write()
    with raises(ValueError, f'`dataset` must be one of "train" (6, 4) in {path}; got "test".'):
        open_dataset(path, "test")


@pytest.mark.parametrize(
    ("attribute", "metric"),
    [("angular", "cosine"), (b"euclidean", "euclidean"), ("IP", "dot"), ("", None), (None, None)],
)
def test_the_metric_is_what_ann_benchmarks_calls_distance(
    write: Callable[..., Path], attribute: Any, metric: str | None
) -> None:
    path = write()
    with h5py.File(path, "r+") as file:
        if attribute is not None:
            file.attrs["distance"] = (
                np.bytes_(attribute) if isinstance(attribute, bytes) else attribute
            )
    assert open_dataset(path).metric == metric


@pytest.mark.parametrize(
    ("data", "options", "reason"),
    [
        (VECTORS, {"chunks": (2, 4)}, "is chunked"),
        (VECTORS, {"compression": "gzip"}, "is compressed (gzip)"),
        (VECTORS.astype(">f4"), {}, "is kept in the other byte order"),
        (VECTORS.astype(np.float64), {}, "is kept as float64, not float32 or float16"),
        (VECTORS.astype(np.int8), {}, "is kept as int8, not float32 or float16"),
    ],
)
def test_what_cannot_be_mapped_is_sent_to_import(
    write: Callable[..., Path], data: np.ndarray, options: dict[str, Any], reason: str
) -> None:
    path = write(data, **options)
    sentence = f'`dataset` "train" of {path} {reason} and cannot be searched in place; '
    with raises(ValueError, sentence + '"vecstore import" makes a store of it.'):
        open_dataset(path, "train")


def test_a_dataset_in_the_header_is_not_contiguous(tmp_path: Path) -> None:
    path = tmp_path / "compact.h5"
    creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    creation.set_layout(h5py.h5d.COMPACT)
    with h5py.File(path, "w") as file:
        space = h5py.h5s.create_simple(VECTORS.shape)
        made = h5py.h5d.create(file.id, b"train", h5py.h5t.NATIVE_FLOAT, space, creation)
        made.write(h5py.h5s.ALL, h5py.h5s.ALL, VECTORS)
    with raises(ValueError, "is not contiguous and cannot be searched in place"):
        open_dataset(path)


@pytest.mark.parametrize("data", [np.ones(4, np.float32), np.ones((2, 2, 2), np.float32)])
def test_vectors_have_two_axes(write: Callable[..., Path], data: np.ndarray) -> None:
    path = write(data)
    with raises(ValueError, f"of {path} must have two axes; got {data.ndim}."):
        open_dataset(path, "train")


def test_no_rows_is_an_empty_matrix(write: Callable[..., Path]) -> None:
    assert open_dataset(write(np.empty((0, 4), np.float32))).vectors.shape == (0, 4)


def test_a_group_is_not_a_dataset(tmp_path: Path) -> None:
    path = tmp_path / "foreign.hdf5"
    with h5py.File(path, "w") as file:
        file["deep/train"] = VECTORS
    with raises(ValueError, f'must be one of "deep/train" (6, 4) in {path}; got "deep".'):
        open_dataset(path, "deep")


def test_another_kind_of_file_is_not_a_store(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("king 1 2 3")
    with raises(StoreNotFoundError, f"{path} is neither a store nor an HDF5 file."):
        open_dataset(path)


def test_a_truncated_file_is_an_error_and_not_a_crash(write: Callable[..., Path]) -> None:
    path = write(np.ones((4000, 4), np.float32))
    path.write_bytes(path.read_bytes()[:-10_000])
    with raises(CorruptStoreError, f"{path} is damaged: "):
        open_dataset(path)


def test_a_truncated_file_that_hides_it_is_an_error_and_not_a_crash(
    write: Callable[..., Path],
) -> None:
    path = write(np.ones((4000, 4), np.float32))
    data = bytearray(path.read_bytes()[:-10_000])
    data[40:48] = len(data).to_bytes(8, "little")  # the superblock's idea of the end of the file
    path.write_bytes(data)
    with pytest.raises(CorruptStoreError, match=r"damaged|truncated"):  # newer HDF5 sees it itself
        open_dataset(path)
