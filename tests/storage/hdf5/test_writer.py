"""Arrays are written where the label says, and h5py alone reads them."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.storage.samples import ARRAYS
from vecstore.storage.hdf5.label import ALIGNMENT
from vecstore.storage.hdf5.reader import map_arrays
from vecstore.storage.hdf5.writer import Pieces, write_arrays, write_side_by_side


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


# Arrays that grow together.


def steps(*sizes: int) -> list[dict[str, np.ndarray]]:
    """Rows of two arrays: numbers from 0 on, and their halves in pairs."""
    numbers = np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1])
    return [{"a": some, "b": np.stack([some / 2] * 2, axis=1)} for some in numbers]


GROWING = {
    "a": Pieces((7,), np.dtype(np.int64), ()),
    "b": Pieces((7, 2), np.dtype(np.float64), ()),
}


@pytest.mark.parametrize("sizes", [(7,), (1, 0, 4, 2)])
def test_arrays_may_grow_side_by_side(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    write_side_by_side(tmp_path / "a.h5", {"format": "test"}, GROWING, iter(steps(*sizes)))
    with h5py.File(tmp_path / "a.h5") as file:
        np.testing.assert_array_equal(file["a"][()], np.arange(7), strict=True)
        np.testing.assert_array_equal(file["b"][:, 1], np.arange(7) / 2, strict=True)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (steps(3, 3), "`a` must have 7 rows; got 6."),
        (steps(3, 5), "`a` must have 7 rows; got 8."),
        ([{"a": np.arange(7.0)}], "`a` must come as int64 of shape"),
    ],
)
def test_arrays_that_do_not_grow_as_promised(
    tmp_path: Path, given: list[dict[str, np.ndarray]], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        write_side_by_side(tmp_path / "a.h5", {}, GROWING, given)
