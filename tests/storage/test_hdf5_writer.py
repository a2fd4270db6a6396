"""Arrays are written where the label says, and h5py alone reads them."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.storage.samples import ARRAYS
from vecstore.storage.hdf5_label import ALIGNMENT
from vecstore.storage.hdf5_reader import map_arrays
from vecstore.storage.hdf5_writer import Pieces, write_arrays


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.h5"
    write_arrays(path, {"format": "test", "rows": 10, "large": 2**40}, ARRAYS)
    return path


def test_h5py_alone_reads_the_file(path: Path) -> None:
    with h5py.File(path) as file:
        assert file.attrs["format"] == b"test"
        assert file.attrs["rows"] == 10
        for name, array in ARRAYS.items():
            np.testing.assert_array_equal(file[name][()], array, strict=True)


def test_every_array_is_contiguous_and_begins_at_a_page(path: Path) -> None:
    with h5py.File(path) as file:
        for name in ARRAYS:
            assert file[name].chunks is None
            assert file[name].id.get_offset() % ALIGNMENT == 0


def test_files_are_of_a_version_that_hdf5_1_8_reads(path: Path) -> None:
    """Superblock 2 and object headers 2, which came with HDF5 1.8 and carry checksums."""
    content = path.read_bytes()
    assert content[:9] == b"\x89HDF\r\n\x1a\n\x02"
    assert b"OHDR\x02" in content


def test_pieces_make_up_the_whole(tmp_path: Path) -> None:
    whole = np.random.default_rng(0).normal(size=(10, 3))
    pieces = (whole[start : start + 4] for start in range(0, 10, 4))
    reversed_columns = np.ascontiguousarray(whole[:, ::-1])[:, ::-1]  # not in C order
    write_arrays(
        tmp_path / "a.h5",
        {},
        {"p": Pieces((10, 3), np.dtype(np.float64), pieces), "q": reversed_columns},
    )
    for array in map_arrays(tmp_path / "a.h5").arrays.values():
        np.testing.assert_array_equal(array, whole)


@pytest.mark.parametrize(
    ("pieces", "sentence"),
    [
        ([np.zeros((2, 3))], r"`p` must have 3 rows; got 2\."),
        ([np.zeros((2, 3)), np.zeros((2, 3))], r"`p` must have 3 rows; got 4\."),
        ([np.zeros((3, 2))], r"`p` must come as float64 of shape \('m', 3\); got float64 of shape"),
        ([np.zeros((3, 3), np.float32)], r"`p` must come as float64 .* got float32 of shape"),
    ],
)
def test_pieces_that_do_not_fit_are_refused(
    tmp_path: Path, pieces: list[np.ndarray], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        write_arrays(tmp_path / "a.h5", {}, {"p": Pieces((3, 3), np.dtype(float), pieces)})


def test_an_empty_array_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"`e` must not be empty; got shape \(0, 3\)\."):
        write_arrays(tmp_path / "a.h5", {}, {"e": np.zeros((0, 3))})
