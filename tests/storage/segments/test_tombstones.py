"""Tombstones say which rows are deleted, and are believed only if they are what was written."""

import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.storage.samples import add_segment, new_manifest
from vecstore.errors import CorruptStoreError
from vecstore.storage.segments.tombstones import (
    all_rows,
    clear_rows,
    count_rows,
    has_row,
    have_rows,
    read_tombstones,
    rows_of,
    write_tombstones,
)


@given(st.integers(0, 300), st.data())
def test_masks_are_sets_of_rows(n: int, data: st.DataObject) -> None:
    dead = data.draw(st.sets(st.integers(0, n - 1))) if n else set()
    words = all_rows(n)
    clear_rows(words, np.array(sorted(dead), np.int64))
    live = [row for row in range(n) if row not in dead]
    assert rows_of(words).tolist() == live
    assert count_rows(words) == len(live)
    assert [row for row in range(n) if has_row(words, row)] == live
    assert np.flatnonzero(have_rows(words, np.arange(n))).tolist() == live


def test_clearing_a_row_twice_clears_it_once() -> None:
    words = all_rows(3)
    clear_rows(words, np.array([1, 1]))
    assert rows_of(words).tolist() == [0, 2]


KEYS = [f"key {number}" for number in range(70)]
DELETED = np.array([1, 1 << 5], np.uint64)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    segment = add_segment(tmp_path, new_manifest(), KEYS)
    entry = write_tombstones(tmp_path, segment, 7, DELETED)
    assert (entry.name, entry.rows) == ("tombstones-00000001-00000007.npy", 2)
    assert read_tombstones(tmp_path, entry, segment).tolist() == DELETED.tolist()


@pytest.mark.parametrize("change", ["flip", "cut", "gone", "swapped"])
def test_damaged_tombstones_are_refused(tmp_path: Path, change: str) -> None:
    segment = add_segment(tmp_path, new_manifest(), KEYS)
    entry = write_tombstones(tmp_path, segment, 7, DELETED)
    path = tmp_path / entry.name
    content = path.read_bytes()
    if change == "flip":
        path.write_bytes(content[:-1] + b"\1")
    elif change == "cut":
        path.write_bytes(content[:-1])
    elif change == "gone":
        path.unlink()
    else:
        segment = replace(segment, id="0" * 32)
    with pytest.raises(CorruptStoreError, match=r"tombstones-00000001-00000007\.npy is damaged"):
        read_tombstones(tmp_path, entry, segment)


@pytest.mark.parametrize(
    "words",
    [np.array([1], np.uint64), np.array([1, 1 << 6], np.uint64), np.array([1, 2], np.int64)],
    ids=["too short", "rows past the end", "signed"],
)
def test_tombstones_of_other_rows_are_refused(tmp_path: Path, words: np.ndarray) -> None:
    """A right checksum is not enough: engines trust masks."""
    segment = add_segment(tmp_path, new_manifest(), KEYS)
    entry = write_tombstones(tmp_path, segment, 7, DELETED)
    np.save(tmp_path / entry.name, words)
    content = (tmp_path / entry.name).read_bytes()
    forged = replace(entry, size=len(content), checksum=zlib.crc32(content))
    with pytest.raises(CorruptStoreError, match="is damaged"):
        read_tombstones(tmp_path, forged, segment)


@pytest.mark.parametrize("first", [0x0A, 0x0A20200A, 0x20])
def test_rows_that_look_like_the_end_of_the_description_are_rows(
    tmp_path: Path, first: int
) -> None:
    segment = add_segment(tmp_path, new_manifest(), KEYS)
    words = np.array([first, 0], np.uint64)
    entry = write_tombstones(tmp_path, segment, 7, words)
    assert read_tombstones(tmp_path, entry, segment).tolist() == words.tolist()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"'shape': (2,)", b"'shape': (9,)"),
        (b"'shape': (2,)", b"'shape': ((("),
        (b"'descr': '<u8'", b"'descr': '|O8'"),
        (b"'shape': (2,)", b"'shape': 2L,)"),
        (b"\x93NUMPY\x01", b"\x93NUMPY\x02"),
        (b"NUMPY\x01\x00v", b"NUMPY\x01\x00\xff"),
    ],
)
def test_a_forged_description_is_refused(tmp_path: Path, old: bytes, new: bytes) -> None:
    segment = add_segment(tmp_path, new_manifest(), KEYS)
    entry = write_tombstones(tmp_path, segment, 7, DELETED)
    content = (tmp_path / entry.name).read_bytes()
    assert content.count(old) == 1
    forged = content.replace(old, new)
    (tmp_path / entry.name).write_bytes(forged)
    entry = replace(entry, size=len(forged), checksum=zlib.crc32(forged))
    with pytest.raises(CorruptStoreError, match="it is not an array of uint64"):
        read_tombstones(tmp_path, entry, segment)
