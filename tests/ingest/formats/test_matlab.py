"""MATLAB's files."""

from pathlib import Path

import numpy as np
import pytest

from vecstore.errors import IngestError
from vecstore.ingest import read

scipy_io = pytest.importorskip("scipy.io")

MATRIX = np.arange(6.0).reshape(3, 2)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.mat"


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (np.array(["a", "bb", "ü"], dtype=object), ["a", "bb", "ü"]),
        (np.array(["a", "bb", "ccc"]), ["a", "bb", "ccc"]),
        (np.array([7, 8, 9]), [7, 8, 9]),
        (np.array([7.0, 8.0, 9.0]), [7, 8, 9]),
    ],
)
def test_keys(path: Path, keys: np.ndarray, expected: list[object], packed: bool) -> None:
    scipy_io.savemat(path, {"emb": MATRIX, "words": keys}, do_compression=packed)
    reader = read(path)
    [(found, vectors)] = reader
    assert (reader.format, reader.report.keys) == ("matlab", 'matrix "words"')
    assert found.tolist() == expected
    assert vectors.tolist() == MATRIX.tolist()


def test_what_is_not_clear(path: Path) -> None:
    scipy_io.savemat(path, {"a": MATRIX, "b": MATRIX})
    with pytest.raises(IngestError, match="not clear which of them holds the vectors"):
        read(path)
    [(keys, _)] = read(path, dataset="b")
    assert keys.tolist() == [0, 1, 2]
    scipy_io.savemat(path, {"a": MATRIX, "words": np.array(["x", "y"], dtype=object)})
    with pytest.raises(IngestError, match=r'holds 3 vectors, but "words" has 2 values'):
        read(path)
    scipy_io.savemat(path, {"a": MATRIX, "words": np.array(["x", 1.5, "y"], dtype=object)})
    with pytest.raises(IngestError, match=r'matrix "words" .* cannot be read as keys'):
        read(path)


def test_version_7_3_is_named(path: Path) -> None:
    path.write_bytes(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512) + b"\x89HDF\r\n\x1a\n")
    with pytest.raises(IngestError, match=r"version 7\.3.*'-v7'"):
        read(path)


def test_damage(path: Path) -> None:
    scipy_io.savemat(path, {"emb": MATRIX}, do_compression=True)
    content = path.read_bytes()
    for at in range(128, len(content)):
        path.write_bytes(content[:at])
        with pytest.raises(IngestError, match=r"a\.mat"):
            read(path)
