"""Only what nothing names goes, and never a stranger's file."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.storage.samples import add_segment, contents, expected, names_in, new_manifest
from vecstore.storage import WriterLock, commit, read_generation, reclaim


def test_everything_the_newest_generation_does_not_name_goes(tmp_path: Path) -> None:
    with WriterLock(tmp_path):
        manifest = new_manifest()
        old = add_segment(tmp_path, manifest, ["old"])
        manifest = commit(tmp_path, manifest.adding(old))
        new = add_segment(tmp_path, manifest, ["new"])
        manifest = commit(tmp_path, replace(manifest.adding(new), files=(new,)))
        (tmp_path / "segment-00000009.h5").write_bytes(b"committed by nobody")
        (tmp_path / "segment-00000010.h5.tmp").write_bytes(b"half")
        (tmp_path / "notes.txt").write_bytes(b"a stranger's")
        (tmp_path / "segment-old.h5").write_bytes(b"a stranger's")
        removed = reclaim(tmp_path, manifest)
    assert removed == [
        "manifest-00000001.json",
        "journal-00000001.log",
        "segment-00000001.h5",
        "segment-00000009.h5",
        "segment-00000010.h5.tmp",
    ]
    assert names_in(tmp_path) == [
        "journal-00000002.log",
        "manifest-00000002.json",
        "notes.txt",
        "segment-00000002.h5",
        "segment-old.h5",
        "writer.lock",
    ]
    assert contents(read_generation(tmp_path)) == expected(["new"])


def test_nothing_goes_when_everything_is_named(tmp_path: Path) -> None:
    manifest = new_manifest()
    manifest = commit(tmp_path, manifest.adding(add_segment(tmp_path, manifest, ["a"])))
    assert reclaim(tmp_path, manifest) == []


def test_a_reader_keeps_what_it_has_mapped(tmp_path: Path) -> None:
    manifest = new_manifest()
    manifest = commit(tmp_path, manifest.adding(add_segment(tmp_path, manifest, ["a", "b"])))
    reader = read_generation(tmp_path)
    manifest = commit(tmp_path, replace(manifest, files=()))
    reclaim(tmp_path, manifest)
    assert contents(reader) == expected(["a", "b"])
    assert contents(read_generation(tmp_path)) == {}


def test_an_old_manifest_is_no_reason_to_remove_the_files_of_a_newer(tmp_path: Path) -> None:
    first = commit(tmp_path, new_manifest())
    entry = add_segment(tmp_path, first, ["a"])
    commit(tmp_path, first.adding(entry))
    with pytest.raises(ValueError, match=r"must be the newest of .*, which has manifest-00000002"):
        reclaim(tmp_path, first)
    assert (tmp_path / entry.name).exists()
