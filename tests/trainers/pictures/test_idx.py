"""IDX files: every type of number, and files that are damaged or something else."""

import gzip
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras")

from tests.real_data import real
from vecstore.trainers.pictures.idx import TYPES, read_idx

pytestmark = pytest.mark.keras


def idx(values: np.ndarray, code: int) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in values.shape)
    return bytes([0, 0, code, values.ndim]) + sizes + values.astype(TYPES[code]).tobytes()


@pytest.mark.parametrize("code", TYPES)
def test_numbers_of_every_type_are_read(tmp_path: Path, code: int) -> None:
    values = np.arange(24).reshape(2, 3, 4)
    (tmp_path / "a.idx").write_bytes(idx(values, code))
    found = read_idx(tmp_path / "a.idx")
    np.testing.assert_array_equal(found, values)
    assert found.dtype == np.dtype(TYPES[code]).newbyteorder("=")
    assert found.flags.writeable


def test_gzip_is_told_by_the_content(tmp_path: Path) -> None:
    (tmp_path / "labels").write_bytes(gzip.compress(idx(np.array([7, 2, 1]), 0x08)))
    assert read_idx(tmp_path / "labels").tolist() == [7, 2, 1]


WHOLE = idx(np.arange(6).reshape(2, 3), 0x08)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no IDX file: it begins with nothing"),
        (b"\x89PNG....", "is no IDX file: it begins with 89 50 4e 47"),
        (b"\0\0\x07\x01\0\0\0\x01\x01", "is no IDX file"),
        (b"\0\0\x08\0", "is no IDX file"),
        (WHOLE[:7], "is damaged: 12 bytes are needed, 7 are there."),
        (WHOLE[:-1], "is damaged: 18 bytes are needed, 17 are there."),
        (WHOLE + b"\0", "is damaged: 18 bytes are needed, 19 are there."),
        (gzip.compress(WHOLE, mtime=0)[:-9], "cannot be decompressed"),
    ],
)
def test_what_is_no_whole_idx_file_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.idx").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_idx(tmp_path / "a.idx")


def test_mnist_is_read() -> None:
    images = read_idx(real("mnist-idx/t10k-images-idx3-ubyte.gz"))
    labels = read_idx(real("mnist-idx/t10k-labels-idx1-ubyte.gz"))
    assert images.shape == (10_000, 28, 28)
    assert labels[:5].tolist() == [7, 2, 1, 0, 4]
