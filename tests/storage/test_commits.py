"""The newest manifest is the store, and nothing else is."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.storage.samples import names_in, new_manifest
from vecstore.errors import (
    CorruptStoreError,
    FormatVersionError,
    StoreLockedError,
    StoreNotFoundError,
)
from vecstore.storage import commit, read_latest
from vecstore.storage.disk.names import journal_name, manifest_name
from vecstore.storage.journal import read_journal
from vecstore.storage.manifest import Manifest


def test_what_was_committed_is_read(tmp_path: Path) -> None:
    first = commit(tmp_path, new_manifest())
    assert first.generation == 1
    assert read_latest(tmp_path) == first
    second = commit(tmp_path, replace(first, provenance=({"source": "a.txt"},)))
    assert second.generation == 2
    assert read_latest(tmp_path) == second
    assert names_in(tmp_path) == [
        journal_name(1),
        journal_name(2),
        manifest_name(1),
        manifest_name(2),
    ]
    assert read_journal(tmp_path, second).records == []


def test_a_commit_says_when_and_by_what(tmp_path: Path) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    first = commit(tmp_path, new_manifest())
    assert before <= datetime.fromisoformat(first.committed) <= datetime.now(UTC)
    assert first.created == first.committed
    assert first.library
    old = replace(first, created="2020-01-01T00:00:00+00:00", committed="", library="")
    second = commit(tmp_path, old)
    assert second.created == "2020-01-01T00:00:00+00:00"
    assert (second.committed, second.library) >= (first.committed, first.library)


def test_the_tenth_generation_is_newer_than_the_ninth(tmp_path: Path) -> None:
    manifest = new_manifest()
    for _ in range(11):
        manifest = commit(tmp_path, manifest)
    assert read_latest(tmp_path).generation == 11
    # Beyond eight digits a listing sorted by name is out of order.
    commit(tmp_path, replace(manifest, generation=99_999_999))
    assert read_latest(tmp_path).generation == 100_000_000


def test_a_generation_that_exists_is_never_written_again(tmp_path: Path) -> None:
    stale = new_manifest()
    first = commit(tmp_path, stale)
    with pytest.raises(StoreLockedError, match=r"generation 1 is there already\. Open it again"):
        commit(tmp_path, replace(stale, dim=99))
    assert read_latest(tmp_path) == first


def test_an_unfinished_manifest_is_not_there(tmp_path: Path) -> None:
    first = commit(tmp_path, new_manifest())
    (tmp_path / f"{manifest_name(2)}.tmp").write_bytes(b'{"magic": "vecstore')
    assert read_latest(tmp_path) == first


def test_a_damaged_newest_manifest_is_an_error_although_an_older_one_is_whole(
    tmp_path: Path,
) -> None:
    """Its writes were acknowledged: going back would lose them without a word."""
    commit(tmp_path, commit(tmp_path, new_manifest()))
    newest = tmp_path / manifest_name(2)
    document = newest.read_bytes()
    newest.write_bytes(document.replace(b'"dim": 4', b'"dim": 5'))
    with pytest.raises(CorruptStoreError, match=r"manifest-00000002\.json is damaged: its check"):
        read_latest(tmp_path)
    newest.write_bytes(document[:100])
    with pytest.raises(CorruptStoreError, match=r"manifest-00000002\.json is damaged"):
        read_latest(tmp_path)


def test_a_manifest_under_another_name_is_refused(tmp_path: Path) -> None:
    commit(tmp_path, new_manifest())
    (tmp_path / manifest_name(1)).rename(tmp_path / manifest_name(5))
    with pytest.raises(CorruptStoreError, match="it holds generation 1"):
        read_latest(tmp_path)


def test_a_manifest_of_a_newer_format_names_the_store(tmp_path: Path) -> None:
    (tmp_path / manifest_name(1)).write_bytes(b'{"magic": "vecstore manifest", "format": 2, ')
    with pytest.raises(FormatVersionError, match=f"^{tmp_path} uses format 2; "):
        read_latest(tmp_path)


def test_where_there_is_no_store_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreNotFoundError, match=r"There is no store at .*missing\."):
        read_latest(tmp_path / "missing")
    with pytest.raises(StoreNotFoundError, match="no manifest found"):
        read_latest(tmp_path)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreNotFoundError, match="not a vecstore directory but a file"):
        read_latest(tmp_path / "file")


def test_a_manifest_that_is_listed_but_never_there_is_damage(tmp_path: Path) -> None:
    (tmp_path / manifest_name(3)).symlink_to(tmp_path / "nowhere")
    with pytest.raises(CorruptStoreError, match="the file is missing"):
        read_latest(tmp_path)


def test_a_manifest_with_a_right_checksum_and_wrong_fields_is_damage(tmp_path: Path) -> None:
    from vecstore.storage.disk.sealed import seal

    fields = Manifest.to_json(replace(new_manifest(), generation=1))
    (tmp_path / manifest_name(1)).write_bytes(seal({**fields, "dim": "four"}))
    with pytest.raises(CorruptStoreError, match=r"`dim` must be int; got str 'four'\. Restore"):
        read_latest(tmp_path)
