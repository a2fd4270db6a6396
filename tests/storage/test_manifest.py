"""A manifest holds only what a store can be."""

import json
from dataclasses import replace

import pytest

from tests.storage.samples import new_manifest
from vecstore.storage import FileEntry, Manifest

SEGMENT = FileEntry("segment-00000003.h5", "segment", 10, 4096, 0x0000ABCD, "0" * 32)
SUBWORDS = FileEntry("subwords-00000004.h5", "subwords", 99, 8192, 0xFFFFFFFF, "1" * 32)


def test_a_manifest_survives_json() -> None:
    manifest = replace(
        new_manifest().adding(SEGMENT, SUBWORDS),
        generation=7,
        schema={"year": "int64"},
        provenance=({"source": "a.txt", "lines": 3},),
        created="2026-01-01T00:00:00+00:00",
    )
    assert Manifest.from_json(json.loads(json.dumps(manifest.to_json()))) == manifest


def test_checksums_are_eight_hexadecimal_digits_in_json() -> None:
    files = new_manifest().adding(SEGMENT, SUBWORDS).to_json()["files"]
    assert [file["checksum"] for file in files] == ["0000abcd", "ffffffff"]


def test_adding_keeps_the_order_and_counts_the_numbers_on() -> None:
    manifest = new_manifest().adding(SEGMENT).adding(SUBWORDS)
    assert manifest.files == (SEGMENT, SUBWORDS)
    assert manifest.next_number == 5
    assert manifest.segments == (SEGMENT,)
    assert manifest.subwords == SUBWORDS
    assert manifest.rows == 10


def test_a_number_is_not_used_again_when_its_file_has_gone() -> None:
    manifest = replace(new_manifest().adding(SEGMENT), files=())
    assert manifest.adding().next_number == 4


def test_the_newest_subwords_count() -> None:
    newer = replace(SUBWORDS, name="subwords-00000009.h5")
    assert new_manifest().adding(SUBWORDS, newer).subwords == newer
    assert new_manifest().subwords is None


@pytest.mark.parametrize(
    "change",
    [
        {"dim": 0},
        {"dim": True},
        {"dim": 1.0},
        {"metric": "manhattan"},
        {"dtype": "float64"},
        {"key_kind": "bytes"},
        {"generation": "7"},
        {"files": [SEGMENT]},
        {"files": (SEGMENT, SEGMENT)},
        {"schema": []},
        {"schema": {"year": "int32"}},
        {"schema": {"year": []}},
        {"schema": {"a/b": "int64"}},
        {"next_number": None},
    ],
    ids=str,
)
def test_a_manifest_that_no_store_has_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"`\w+` must"):
        replace(new_manifest(), **change)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "../../etc/passwd"},
        {"name": "segment-00000003.h5/../x"},
        {"name": "subwords-00000003.h5"},
        {"name": "manifest-00000003.json", "kind": "manifest"},
        {"rows": 0},
        {"size": 0},
        {"size": "4096"},
        {"id": None},
    ],
    ids=str,
)
def test_a_file_that_no_store_has_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"must be|is not the name|cannot have"):
        replace(SEGMENT, **change)


@pytest.mark.parametrize(
    "change",
    [
        {"unknown": 1},
        {"files": None},
        {"files": [{}]},
        {"files": [{"name": "segment-00000003.h5"}]},
        {"files": "segment"},
        {"provenance": None},
        {"provenance": 3},
    ],
    ids=str,
)
def test_json_that_is_no_manifest_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="do not make a manifest"):
        Manifest.from_json({**new_manifest().to_json(), **change})


def test_a_missing_field_is_refused() -> None:
    fields = new_manifest().to_json()
    for name in fields:
        with pytest.raises(ValueError, match=f"do not make a manifest .{name} is missing"):
            Manifest.from_json({key: value for key, value in fields.items() if key != name})
