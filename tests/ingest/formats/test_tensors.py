"""Safetensors, as their own package writes them."""

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from vecstore.errors import IngestError
from vecstore.ingest import read

MATRIX = np.random.default_rng(0).standard_normal((5, 3))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.safetensors"


def save(path: Path, **tensors: np.ndarray) -> None:
    safetensors = pytest.importorskip("safetensors.numpy")
    safetensors.save_file(tensors, path)


@pytest.mark.parametrize("dtype", ["f8", "f4", "f2", "i8", "i1", "u1"])
def test_types(path: Path, dtype: str) -> None:
    matrix = (MATRIX * 9).astype(dtype)
    save(path, weight=matrix)
    reader = read(path)
    [(keys, vectors)] = reader
    assert (reader.format, reader.report.keys) == ("safetensors", "row numbers")
    assert keys.tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_array_equal(vectors, matrix.astype("f4"))


def test_bfloat16(path: Path) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    matrix = MATRIX.astype(ml_dtypes.bfloat16)
    save(path, weight=matrix)
    [(_, vectors)] = read(path)
    np.testing.assert_array_equal(vectors, matrix.astype("f4"))


def test_tensors_can_be_named(path: Path) -> None:
    save(path, a=MATRIX, b=2 * MATRIX, ids=np.arange(5, 10))
    with pytest.raises(IngestError, match="not clear which of them holds the vectors"):
        read(path)
    reader = read(path, dataset="b")
    [(keys, vectors)] = reader
    assert keys.tolist() == [5, 6, 7, 8, 9]
    assert reader.report.notes == ['not read: "a"']
    np.testing.assert_array_equal(vectors, (2 * MATRIX).astype("f4"))


def test_keys_in_a_file(path: Path, tmp_path: Path) -> None:
    save(path, a=MATRIX)
    (tmp_path / "words").write_text("a\nb\nc\nd\ne\n")
    [(keys, _)] = read(path, keys=tmp_path / "words")
    assert keys.tolist() == list("abcde")
    (tmp_path / "words").write_text("a\nb\n")
    with pytest.raises(IngestError, match="holds 5 vectors, but there are 2 keys"):
        read(path, keys=tmp_path / "words")


def damaged(entry: object, data: int = 24) -> bytes:
    header = json.dumps({"a": entry}).encode()
    return len(header).to_bytes(8, "little") + header + bytes(data)


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F32", "shape": [10**12, 300], "data_offsets": [0, 12 * 10**14]},
        {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 20]},
        {"dtype": "F32", "shape": [-2, -3], "data_offsets": [0, 24]},
        {"dtype": "F32", "shape": [2, 3], "data_offsets": [24, 0]},
        {"dtype": "F32", "shape": [2, 3]},
        {"dtype": "F8_E4M3", "shape": [6, 4], "data_offsets": [0, 24]},
        [],
        None,
    ],
)
def test_damaged_headers(path: Path, entry: object) -> None:
    path.write_bytes(damaged(entry))
    with pytest.raises(IngestError, match=r"a\.safetensors"):
        read(path)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 130), st.binary(min_size=1, max_size=4))
@example(0, b"\xff\xff\xff\xff")
def test_any_damage_is_an_error_or_vectors(path: Path, at: int, garbage: bytes) -> None:
    content = damaged({"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]})
    path.write_bytes(content[:at] + garbage + content[at + len(garbage) :])
    with contextlib.suppress(IngestError), read(path, "safetensors", errors="skip") as reader:
        assert sum(len(keys) for keys, _ in reader) <= 2
