"""HDF5 files: any dataset that is a matrix."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from vecstore.errors import IngestError
from vecstore.ingest import read

VECTORS = np.random.default_rng(0).standard_normal((1000, 8)).astype(np.float32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.h5"


@pytest.mark.parametrize(
    "storage",
    [
        {},
        {"chunks": (7, 3)},
        {"chunks": (300, 8), "compression": "gzip", "shuffle": True},
        {"maxshape": (None, 8)},
        {"dtype": ">f8"},
    ],
)
def test_datasets_stored_in_any_way(path: Path, storage: dict[str, object]) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("deep/down", data=VECTORS, **storage)
    with read(path) as reader:
        assert (reader.format, reader.dim, reader.count, reader.key_kind) == (
            "hdf5",
            8,
            1000,
            "int",
        )
        [(keys, vectors)] = reader
    assert keys.tolist() == list(range(1000))
    assert vectors.tobytes() == VECTORS.tobytes()


@pytest.mark.parametrize("kind", ["vlen", "fixed", "int"])
def test_keys_of_any_kind(path: Path, kind: str) -> None:
    words = [f"wörd{i}" for i in range(1000)]
    with h5py.File(path, "w") as file:
        file["embeddings"] = VECTORS
        if kind == "int":
            file["ids"] = np.arange(1000, dtype=np.uint16)[::-1]
        else:
            encoded = np.array([word.encode() for word in words])
            file["words"] = words if kind == "vlen" else encoded
    [(keys, _)] = read(path)
    assert keys.tolist() == (list(range(1000))[::-1] if kind == "int" else words)


def test_ann_benchmarks_files_have_their_vectors_in_train(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["distances"] = VECTORS[:100]
        file["test"] = VECTORS[:10]
        file["train"] = VECTORS
    assert read(path).count == 1000
    assert read(path, dataset="/test").count == 10


def test_which_dataset_must_be_clear(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["a"] = VECTORS
        file["b"] = VECTORS
    with pytest.raises(IngestError, match=r'"a" \(1000, 8\), "b" \(1000, 8\): it is not clear'):
        read(path)


def test_file_without_matrix(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["a"] = np.arange(3)
    with pytest.raises(IngestError, match="none of them holds the vectors"):
        read(path)
    with pytest.raises(IngestError, match=r'dataset "a" of .* must be a matrix of numbers'):
        read(path, dataset="a")


def test_keys_that_are_not_utf8(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["vectors"] = np.eye(2)
        file["keys"] = np.array([b"a", b"\xff"])
    with pytest.raises(IngestError, match=r'dataset "keys" .* cannot be read as keys: .*utf-8'):
        read(path)


def test_truncated_file(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["vectors"] = VECTORS
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(IngestError, match=r"a.h5 is HDF5 that cannot be read"):
        read(path)


def test_damaged_chunk(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("vectors", data=VECTORS, chunks=(100, 8), compression="gzip")
        offset = file["vectors"].id.get_chunk_info(5).byte_offset
    content = bytearray(path.read_bytes())
    content[offset : offset + 50] = bytes(50)
    path.write_bytes(content)
    with pytest.raises(IngestError, match=r'Dataset "vectors" .* is damaged after row 0'):
        list(read(path))
