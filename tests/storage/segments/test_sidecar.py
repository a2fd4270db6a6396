"""A sidecar belongs to one state of one dataset, and is nothing to any other."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

from vecstore.kernels import reference
from vecstore.storage import Sidecar
from vecstore.storage.disk.mapped import MappedFile, open_regular

VECTORS = np.random.default_rng(9).normal(size=(20, 5)).astype(np.float32)
CODES = reference.encode(VECTORS, "cosine", np.zeros(5, np.float32))
NORMS = reference.inverse_norms(VECTORS)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The foreign file: nothing but the rows."""
    path = tmp_path / "data.hdf5"
    path.write_bytes(VECTORS.tobytes())
    return path


def sidecar(source: Path, dataset: str = "train", metric: str = "cosine") -> Sidecar:
    with open_regular(source) as file:
        mapped = MappedFile(source, file)
    rows = np.frombuffer(mapped.mapping, np.float32).reshape(-1, 5)
    return Sidecar(mapped, dataset, metric, rows)


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
    source.write_bytes(VECTORS[:9].tobytes())
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


def test_other_rows_with_the_old_size_and_time_have_no_sidecar(source: Path) -> None:
    sidecar(source).write(NORMS, CODES)
    status = source.stat()
    changed = VECTORS.copy()
    changed[7] *= 2
    source.write_bytes(changed.tobytes())
    os.utime(source, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert sidecar(source).read() is None


def test_a_damaged_sidecar_is_written_anew(source: Path) -> None:
    sidecar(source).write(NORMS, CODES)
    path = sidecar(source).path
    content = bytearray(path.read_bytes())
    content[:100] = bytes(100)
    path.write_bytes(content)
    assert sidecar(source).read() is None
    sidecar(source).write(NORMS, CODES)
    assert sidecar(source).read() is not None


@pytest.mark.parametrize("theirs", [b"my own notes", b"\x89HDF\r\n\x1a\n" + bytes(900)])
def test_somebody_elses_file_of_that_name_stays(source: Path, theirs: bytes) -> None:
    path = sidecar(source).path
    path.write_bytes(theirs)
    assert sidecar(source).read() is None
    with pytest.warns(UserWarning, match="is there and is no sidecar; move it away"):
        sidecar(source).write(NORMS, CODES)
    assert path.read_bytes() == theirs
    assert sorted(one.name for one in source.parent.iterdir()) == [source.name, path.name]


def test_a_folder_that_cannot_be_written_to_is_a_warning(source: Path) -> None:
    one = sidecar(source)
    source.unlink()
    source.parent.rmdir()
    with pytest.warns(UserWarning, match="cannot be written .*: the next process computes again"):
        one.write(NORMS, CODES)


def test_what_died_while_it_wrote_is_cleared_away_later(source: Path) -> None:
    path = sidecar(source).path
    old, young = (path.with_name(f"{path.name}.{digit * 32}.tmp") for digit in "01")
    own = path.with_name(f"{path.name}.tmp")
    for one in (old, young, own):
        one.write_bytes(b"half")
    os.utime(old, (1, time.time() - 7200))
    os.utime(own, (1, 1))
    sidecar(source).write(NORMS, CODES)
    assert not old.exists()
    assert young.exists()
    assert own.read_bytes() == b"half"


def test_a_sidecar_of_rows_of_another_shape_is_none(source: Path) -> None:
    sidecar(source).write(NORMS, CODES)
    with open_regular(source) as file:
        mapped = MappedFile(source, file)
    assert Sidecar(mapped, "train", "cosine", VECTORS.reshape(10, 10)).read() is None
