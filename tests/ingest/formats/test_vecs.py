"""Matrices as bare bytes: the fvecs and the fbin family."""

from pathlib import Path

import numpy as np
import pytest

from vecstore.errors import IngestError
from vecstore.ingest import read
from vecstore.ingest.formats.vecs import BIN_TYPES, VECS_TYPES


def vecs(values: np.ndarray) -> bytes:
    dim = np.uint32(values.shape[1]).tobytes()
    return b"".join(dim + row.tobytes() for row in values)


def bins(values: np.ndarray) -> bytes:
    return np.array(values.shape, "<u4").tobytes() + values.tobytes()


def values_of(dtype: str, rng: np.random.Generator) -> np.ndarray:
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return rng.standard_normal((50, 12)).astype(kind)
    return rng.integers(np.iinfo(kind).min, np.iinfo(kind).max, (50, 12), endpoint=True, dtype=kind)


FILES = {name: (vecs, dtype) for name, dtype in VECS_TYPES.items()}
FILES |= {name: (bins, dtype) for name, dtype in BIN_TYPES.items()}


@pytest.mark.parametrize("name", FILES)
def test_values_are_read(tmp_path: Path, rng: np.random.Generator, name: str) -> None:
    write, dtype = FILES[name]
    values = values_of(dtype, rng)
    path = tmp_path / f"a.{name}"
    path.write_bytes(write(values))
    with read(path) as reader:
        assert (reader.format, reader.dim, reader.count, reader.key_kind) == (name, 12, 50, "int")
        [(keys, vectors)] = reader
    assert keys.tolist() == list(range(50))
    np.testing.assert_array_equal(vectors, values.astype(np.float32))


@pytest.mark.parametrize("name", ["fvecs", "ivecs", "bvecs", "fbin"])
def test_formats_are_told_by_their_content(
    tmp_path: Path, rng: np.random.Generator, name: str
) -> None:
    write, dtype = FILES[name]
    values = values_of(dtype, rng)
    if name == "ivecs":
        values = rng.integers(0, 10**6, (50, 12), dtype=np.int32)  # as neighbours are
    path = tmp_path / "data"
    path.write_bytes(write(values))
    assert read(path).format == name


def test_signs_of_bytes_are_told_by_the_name_only(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_bytes(bins(np.ones((5, 3), np.uint8)))
    with pytest.raises(IngestError, match="may be u8bin or i8bin: its content does not tell"):
        read(path)
    assert read(path, "i8bin").format == "i8bin"


def test_many_rows_come_in_several_batches(tmp_path: Path) -> None:
    values = np.arange(3 * 2**19, dtype=np.float32).reshape(-1, 2)
    path = tmp_path / "a.fbin"
    path.write_bytes(bins(values))
    batches = list(read(path))
    assert len(batches) > 1
    np.testing.assert_array_equal(np.concatenate([rows for _, rows in batches]), values)
    np.testing.assert_array_equal(
        np.concatenate([keys for keys, _ in batches]), np.arange(len(values))
    )


def test_empty_matrix(tmp_path: Path) -> None:
    path = tmp_path / "a.fbin"
    path.write_bytes(bins(np.empty((0, 4), np.float32)))
    reader = read(path)
    assert (reader.dim, reader.count, list(reader)) == (4, 0, [])


@pytest.mark.parametrize("name", ["fvecs", "fbin"])
def test_wrong_size_is_an_error(tmp_path: Path, name: str) -> None:
    write, dtype = FILES[name]
    path = tmp_path / f"a.{name}"
    path.write_bytes(write(np.ones((5, 3), dtype))[:-1])
    with pytest.raises(IngestError, match=f"is not a whole {name} file: its size of"):
        read(path, name)


def test_rows_of_another_length_are_an_error(tmp_path: Path) -> None:
    # Past what recognising looks at, so that only reading finds it.
    content = bytearray(vecs(np.ones((100_000, 3), np.float32)))
    content[16 * 99_000 : 16 * 99_000 + 4] = np.uint32(7).tobytes()
    path = tmp_path / "a.fvecs"
    path.write_bytes(content)
    with pytest.raises(IngestError, match="row 99000: its length is not 3"):
        list(read(path))


@pytest.mark.parametrize("keys", [["a", "b", "c"], [7, -1, 5]])
def test_keys_lie_in_a_file_beside(tmp_path: Path, keys: list[object]) -> None:
    path = tmp_path / "a.fbin"
    path.write_bytes(bins(np.eye(3, dtype=np.float32)))
    if isinstance(keys[0], str):
        (tmp_path / "a.fbin.keys.txt").write_text("\n".join(keys))
    else:
        np.save(tmp_path / "a.fbin.keys.npy", np.array(keys))
    [(found, _)] = read(path)
    assert found.tolist() == keys
