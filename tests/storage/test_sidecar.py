"""A sidecar belongs to one state of one dataset, and is nothing to any other."""

import os
from pathlib import Path

import numpy as np
import pytest

from vecstore.kernels import reference
from vecstore.storage import Sidecar

VECTORS = np.random.default_rng(9).normal(size=(20, 5)).astype(np.float32)
CODES = reference.encode(VECTORS, "cosine", np.zeros(5, np.float32))
NORMS = reference.inverse_norms(VECTORS)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The foreign file; a sidecar looks at its size and its time only."""
    path = tmp_path / "data.hdf5"
    path.write_bytes(VECTORS.tobytes())
    return path


def sidecar(source: Path, dataset: str = "train", metric: str = "cosine") -> Sidecar:
    return Sidecar(source, dataset, metric, VECTORS.shape)


def test_what_was_kept_comes_back(source: Path) -> None:
    assert sidecar(source).read() is None
    sidecar(source).write(NORMS, CODES)
    found = sidecar(source).read()
    assert found is not None
    np.testing.assert_array_equal(found.inverse_norms, NORMS, strict=True)
    for array, expected in zip(found.codes, CODES, strict=True):
        np.testing.assert_array_equal(array, expected, strict=True)


def test_it_lies_beside_the_file_and_nothing_else_does(source: Path) -> None:
    sidecar(source, "group/train").write(NORMS, CODES)
    names = sorted(path.name for path in source.parent.iterdir())
    assert names == ["data.hdf5", "data.hdf5.group.train.cosine.codes.h5"]


def test_only_cosine_has_norms(source: Path) -> None:
    sidecar(source, metric="dot").write(None, CODES)
    found = sidecar(source, metric="dot").read()
    assert found is not None
    assert found.inverse_norms is None


def test_a_file_that_has_changed_has_no_sidecar(source: Path) -> None:
    sidecar(source).write(NORMS, CODES)
    status = source.stat()
    os.utime(source, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert sidecar(source).read() is None
    sidecar(source).write(NORMS, CODES)
    assert sidecar(source).read() is not None
    source.write_bytes(b"x")
    os.utime(source, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert sidecar(source).read() is None


def test_a_file_that_changes_while_it_is_read_has_no_sidecar(source: Path) -> None:
    begun = sidecar(source)
    os.utime(source, ns=(0, 0))
    begun.write(NORMS, CODES)
    assert sidecar(source).read() is None


def test_another_dataset_of_the_same_spelling_has_none(source: Path) -> None:
    sidecar(source, "a/b").write(NORMS, CODES)
    assert sidecar(source, "a.b").read() is None


@pytest.mark.parametrize("damage", ["cut", "emptied", "replaced"])
def test_a_damaged_sidecar_is_as_good_as_none(source: Path, damage: str) -> None:
    sidecar(source).write(NORMS, CODES)
    path = sidecar(source).path
    content = path.read_bytes()
    path.write_bytes(
        {"cut": content[: len(content) // 2], "emptied": b"", "replaced": b"text"}[damage]
    )
    assert sidecar(source).read() is None


def test_a_sidecar_of_rows_of_another_shape_is_none(source: Path) -> None:
    sidecar(source).write(NORMS, CODES)
    assert Sidecar(source, "train", "cosine", (20, 6)).read() is None
