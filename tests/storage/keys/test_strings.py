"""Strings survive packing, compare as Python compares them, and damage is noticed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecstore.errors import CorruptStoreError
from vecstore.storage.keys.strings import PADDING, PackedStrings

texts = st.lists(st.text(max_size=30), max_size=80)


@given(texts, st.randoms())
def test_strings_come_back_in_any_order(strings: list[str], random) -> None:
    packed = PackedStrings.pack(strings)
    rows = random.choices(range(len(strings)), k=50) if strings else []
    assert packed.take(np.array(rows, np.int64)).tolist() == [strings[row] for row in rows]
    assert [packed.encoded(row).decode() for row in rows] == [strings[row] for row in rows]


@given(texts, texts)
def test_comparing_is_comparing_every_byte(some: list[str], others: list[str]) -> None:
    # Long common beginnings, so that the difference lies in a late word.
    some = [f"{'x' * (i % 19)}{text}" for i, text in enumerate(some)]
    others = [f"{'x' * (i % 19)}{text}" for i, text in enumerate(others)] + some
    left, right = PackedStrings.pack(some), PackedStrings.pack(others)
    pairs = [(i, j) for i in range(len(some)) for j in range(len(others))]
    rows, other_rows = np.array(pairs, np.int64).reshape(-1, 2).T
    same = left.same(rows, right, other_rows)
    assert same.tolist() == [some[i] == others[j] for i, j in pairs]


@given(texts)
def test_strings_with_capitals_or_beyond_ascii_are_told_apart(strings: list[str]) -> None:
    rows = [row for row, one in enumerate(strings) if not one.isascii() or one != one.lower()]
    assert PackedStrings.pack(strings).cased().tolist() == rows


def test_the_arrays_are_those_of_the_format() -> None:
    packed = PackedStrings.pack(["a", "", "bc"])
    assert packed.utf8.tobytes() == b"abc" + bytes(PADDING)
    assert packed.offsets.tolist() == [0, 1, 1, 3]
    assert (packed.utf8.dtype, packed.offsets.dtype) == (np.uint8, np.uint64)


@pytest.mark.parametrize("offsets", [[0, 5], [0, 1 << 63], [2, 1], [(1 << 64) - 1, 1]])
def test_offsets_outside_the_bytes_are_damage(offsets: list[int]) -> None:
    packed = PackedStrings(
        np.frombuffer(b"abcd" + bytes(PADDING), np.uint8), np.array(offsets, np.uint64), "x.h5"
    )
    for look in (
        lambda: packed.encoded(0),
        lambda: packed.take(np.array([0])),
        packed.hashes,
        packed.cased,
        lambda: packed.same(np.array([0]), packed, np.array([0])),
    ):
        with pytest.raises(CorruptStoreError, match=r"x\.h5 is damaged: `offsets` point outside"):
            look()


def test_bytes_that_are_no_text_are_damage() -> None:
    packed = PackedStrings(
        np.frombuffer(b"\xff\xfe" + bytes(PADDING), np.uint8), np.array([0, 2], np.uint64)
    )
    with pytest.raises(CorruptStoreError, match="not valid UTF-8"):
        packed.take(np.array([0]))
