"""Mapped arrays are what was written; what a file claims beyond its end is never read."""

import mmap
from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.storage.samples import ARRAYS
from vecstore.errors import CorruptStoreError
from vecstore.storage.hdf5.reader import Extent, map_arrays, view
from vecstore.storage.hdf5.writer import write_arrays


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.h5"
    write_arrays(path, {"format": "test", "rows": 10, "large": 2**40}, ARRAYS)
    return path


def test_arrays_and_attributes_come_back(path: Path) -> None:
    file = map_arrays(path)
    assert file.attributes == {"format": "test", "rows": 10, "large": 2**40}
    assert file.arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(file.arrays[name], array, strict=True)


def test_mapped_arrays_are_read_only(path: Path) -> None:
    with pytest.raises(ValueError, match="read-only"):
        map_arrays(path).arrays["vectors"][0] = 1


def test_a_missing_file_is_an_error_of_the_store(tmp_path: Path) -> None:
    with pytest.raises(CorruptStoreError, match=r"a\.h5 is damaged: the file is missing"):
        map_arrays(tmp_path / "a.h5")


def test_another_size_than_expected_is_refused_with_both(path: Path) -> None:
    size = path.stat().st_size
    with pytest.raises(CorruptStoreError, match=f"{size + 1} bytes expected, {size} found"):
        map_arrays(path, size + 1)


def test_a_truncated_file_is_refused_wherever_it_ends(path: Path) -> None:
    content = path.read_bytes()
    for size in [*range(0, len(content), 997), len(content) - 1]:
        path.write_bytes(content[:size])
        with pytest.raises(CorruptStoreError, match="is damaged"):
            map_arrays(path)


def test_changed_labels_are_refused(path: Path) -> None:
    """HDF5 keeps a checksum of everything that we let it read."""
    content = path.read_bytes()
    with h5py.File(path) as file:
        data = np.zeros(len(content), bool)
        for name in ARRAYS:
            start = file[name].id.get_offset()
            data[start : start + file[name].nbytes] = True
    label = np.flatnonzero(~data & (np.frombuffer(content, np.uint8) != 0))
    refused = 0
    for place in label:
        changed = bytearray(content)
        changed[place] ^= 0x10
        path.write_bytes(changed)
        try:
            file = map_arrays(path)
        except CorruptStoreError:
            refused += 1
        else:  # bytes that nothing reads, such as the flags of the superblock
            np.testing.assert_array_equal(file.arrays["vectors"], ARRAYS["vectors"])
    assert refused > 0.95 * len(label)


def chunked(file: h5py.File) -> None:
    file.create_dataset("a", data=np.zeros((4, 4)), chunks=(2, 2))


def compressed(file: h5py.File) -> None:
    file.create_dataset("a", data=np.zeros(9), compression="gzip")


def compact(file: h5py.File) -> None:
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple((4,))
    h5py.h5d.create(file.id, b"a", h5py.h5t.NATIVE_INT32, space, plist)


def external(file: h5py.File) -> None:
    file.create_dataset("a", (4,), "f4", external=[("/etc/hostname", 0, 16)])


def never_written(file: h5py.File) -> None:
    file.create_dataset("a", (4,), "f4")


def strings(file: h5py.File) -> None:
    file.create_dataset("a", data=["one", "two"])


def compound(file: h5py.File) -> None:
    file.create_dataset("a", data=np.zeros(3, [("x", "f4"), ("y", "i4")]))


def nothing(file: h5py.File) -> None:
    file["a"] = h5py.Empty("f4")


def big_endian(file: h5py.File) -> None:
    file.create_dataset("a", data=np.zeros(3, ">f4"))


@pytest.mark.parametrize(
    "make",
    [chunked, compressed, compact, external, never_written, strings, compound, nothing, big_endian],
    ids=lambda make: make.__name__,
)
def test_what_cannot_be_mapped_is_refused(tmp_path: Path, make) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        make(file)
    with pytest.raises(CorruptStoreError, match='"a" is not a contiguous array of native numbers'):
        map_arrays(tmp_path / "a.h5")


def test_an_array_said_to_be_longer_than_the_file_is_refused(tmp_path: Path) -> None:
    """A correct HDF5 file that lies: the space was reserved, the end of the file moved."""
    path = tmp_path / "a.h5"
    with h5py.File(path, "w", libver=("v108", "v110")) as file:
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        space = h5py.h5s.create_simple((1 << 20,))
        offset = h5py.h5d.create(file.id, b"a", h5py.h5t.NATIVE_FLOAT, space, plist).get_offset()
    content = bytearray(path.read_bytes()[: offset + 100])
    content[28:36] = len(content).to_bytes(8, "little")  # the end as the superblock has it
    content[44:48] = lookup3(bytes(content[:44])).to_bytes(4, "little")
    path.write_bytes(content)
    # Newer HDF5 libraries notice it themselves.
    with pytest.raises(CorruptStoreError, match=r"invalid dataset size|ends at byte"):
        map_arrays(path)


@pytest.mark.parametrize(
    ("offset", "sentence"), [(8192, '"a" ends at byte 8200, the file'), (4094, "between two")]
)
def test_an_extent_is_believed_only_inside_the_file(
    tmp_path: Path, offset: int, sentence: str
) -> None:
    """What HDF5 says is checked here too, whatever the library lets through."""
    path = tmp_path / "a.h5"
    path.write_bytes(bytes(8192))
    extent = Extent(np.dtype(np.float32), (2,), offset)
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapping,
        pytest.raises(CorruptStoreError, match=sentence),
    ):
        view(path, "a", extent, mapping)


def lookup3(data: bytes) -> int:
    """HDF5's checksum of its metadata, Jenkins' lookup3 with initial value 0, for 44 bytes."""
    mask = 0xFFFFFFFF

    def rotate(value: int, bits: int) -> int:
        return (value << bits | value >> 32 - bits) & mask

    a = b = c = 0xDEADBEEF + len(data) & mask
    words = [int.from_bytes(data[i : i + 4], "little") for i in range(0, len(data), 4)]
    while len(words) > 3:
        a, b, c = (a + words[0]) & mask, (b + words[1]) & mask, (c + words[2]) & mask
        words = words[3:]
        for bits in (4, 6, 8, 16, 19, 4):
            a = (a - c) & mask ^ rotate(c, bits)
            c = (c + b) & mask
            a, b, c = b, c, a
    a, b, c = (x + w & mask for x, w in zip((a, b, c), [*words, 0, 0], strict=False))
    for bits in (14, 11, 25, 16, 4, 14, 24):
        c = (c ^ b) - rotate(b, bits) & mask
        a, b, c = b, c, a
    return b  # the last step rotated the names once more


def test_attributes_that_are_no_text_or_integer_are_passed_over(path: Path) -> None:
    with h5py.File(path, "a") as file:
        file.attrs["float"] = 1.5
        file.attrs["array"] = [1, 2]
        file.attrs["variable"] = "text of any length"
        file.attrs["long"] = np.bytes_(b"x" * 5000)
    assert map_arrays(path).attributes == {"format": "test", "rows": 10, "large": 2**40}
