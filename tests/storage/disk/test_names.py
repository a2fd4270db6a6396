"""Every name that is written is read back, and no other name is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecstore.storage.disk import names
from vecstore.storage.disk.names import FileName, parse_name

numbers = st.integers(0, 10**12)


@given(numbers)
def test_names_with_one_number_come_back(number: int) -> None:
    assert parse_name(names.manifest_name(number)) == FileName("manifest", None, number)
    assert parse_name(names.journal_name(number)) == FileName("journal", None, number)
    assert parse_name(names.segment_name(number)) == FileName("segment", number, None)
    assert parse_name(names.subwords_name(number)) == FileName("subwords", number, None)


@given(numbers, numbers)
def test_tombstones_come_back(segment: int, generation: int) -> None:
    name = names.tombstones_name(segment, generation)
    assert parse_name(name) == FileName("tombstones", segment, generation)


def test_the_lock_comes_back() -> None:
    assert parse_name(names.LOCK) == FileName("lock")


@given(numbers)
def test_an_unfinished_file_is_temporary_whatever_it_was_to_be(number: int) -> None:
    name = names.temporary_name(names.segment_name(number))
    assert parse_name(name) == FileName("temporary")


def test_names_are_those_of_the_design() -> None:
    assert names.manifest_name(7) == "manifest-00000007.json"
    assert names.segment_name(3) == "segment-00000003.h5"
    assert names.subwords_name(4) == "subwords-00000004.h5"
    assert names.tombstones_name(3, 7) == "tombstones-00000003-00000007.npy"
    assert names.journal_name(7) == "journal-00000007.log"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "notes.txt",
        "segment-3.h5",
        "segment-000000003.h5",
        "segment-00000003.H5",
        "segment-00000003.h5 ",
        "segment-00000003.h5\n",
        "segment--0000003.h5",
        "segment-٠٠٠٠٠٠٠٣.h5",
        "../segment-00000003.h5",
        "manifest-00000007.json.bak",
        "segment-00000003.h5.tmp.tmp",
        ".tmp",
        "writer.lock.old",
    ],
)
def test_other_names_are_nobodys(name: str) -> None:
    assert parse_name(name) is None
