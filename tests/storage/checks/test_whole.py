"""Everything that can be wrong with a store is found, by its file, and nothing else is."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.storage.stores import DIM, keys_of, make_store, patch, reseal
from vecstore.errors import StoreNotFoundError
from vecstore.kernels import native, reference
from vecstore.storage import (
    Journal,
    Problem,
    Record,
    Segment,
    WriterLock,
    build_keys,
    commit,
    read_journal,
    read_latest,
    reclaim,
    write_segment,
)
from vecstore.storage.checks.whole import check

SEGMENT = "segment-00000001.h5"
KINDS = [("cosine", "str", "float32"), ("euclidean", "int", "float16"), ("dot", "str", "float16")]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    make_store(tmp_path / "words.vecs")
    return tmp_path / "words.vecs"


def found(folder: Path, *, full: bool = True) -> list[str]:
    """Return the problems as sentences that begin with the name of the file."""
    problems = list(check(folder, full=full))
    return [str(problem).removeprefix(f"{folder}/") for problem in problems]


# A whole store.


@pytest.mark.parametrize(("metric", "key_kind", "dtype"), KINDS)
@pytest.mark.parametrize("full", [False, True])
def test_a_whole_store_has_no_problems(
    tmp_path: Path, metric: str, key_kind: str, dtype: str, full: bool
) -> None:
    make_store(tmp_path / "new.vecs", metric, key_kind, dtype)
    assert found(tmp_path / "new.vecs", full=full) == []


def test_a_writer_that_died_in_the_middle_of_a_record_is_no_problem(store: Path) -> None:
    journal = next(store.glob("journal-*"))
    content = journal.read_bytes()
    journal.write_bytes(content[:-9])
    assert found(store) == []
    journal.write_bytes(content + b"vrec and the rest is not there")
    assert found(store) == []


def test_a_writer_who_commits_meanwhile_is_no_problem(store: Path) -> None:
    # One problem, so that the search is under way when the files go.
    patch(store / SEGMENT, "inverse_norms", 0, 1)
    problems = check(store, full=True)
    assert isinstance(next(problems), Problem)
    manifest = commit(store, replace(read_latest(store), files=()))
    reclaim(store, manifest)
    assert [problem.path.name for problem in problems] == [SEGMENT]


@pytest.mark.parametrize("engine", ["native", "reference"])
@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot"])
@pytest.mark.parametrize("scale", [1e-38, 1e-12, 1.0, 1e30, 3e38])
def test_norms_and_codes_of_any_engine_are_believed(
    tmp_path: Path, engine: str, metric: str, scale: float, rng: np.random.Generator
) -> None:
    kernels = {"native": native, "reference": reference}[engine]
    vectors = (rng.uniform(-1, 1, size=(100, 37)) * scale).astype(np.float32)
    vectors[7] = np.rint(vectors[7])
    vectors[7, 0] = 1
    center = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    path = (
        tmp_path
        / write_segment(
            tmp_path,
            1,
            build_keys(np.arange(100), "int"),
            vectors,
            dim=37,
            metric=metric,
            inverse_norms=kernels.inverse_norms(vectors) if metric == "cosine" else None,
            codes=kernels.encode(vectors, metric, center),
        ).name
    )
    assert found(path) == []


# Damage that checksums tell.


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 100)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-50] ^= 1
    path.write_bytes(content)


def replace_by_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("kind", ["segment", "subwords", "tombstones", "journal"])
@pytest.mark.parametrize("damage", [truncate, empty, Path.unlink, replace_by_a_folder])
def test_a_damaged_file_is_named(store: Path, kind: str, damage: Callable[[Path], None]) -> None:
    path = next(store.glob(f"{kind}-*"))
    damage(path)
    if kind == "journal" and damage is truncate:
        # What is cut off the end of a journal may never have been written.
        assert found(store) == []
        return
    problems = list(check(store))
    assert problems
    assert {problem.path for problem in problems} == {path}


@pytest.mark.parametrize("kind", ["segment", "subwords", "tombstones"])
def test_one_bit_is_enough(store: Path, kind: str) -> None:
    path = next(store.glob(f"{kind}-*"))
    flip(path)
    assert path in {problem.path for problem in check(store)}


def test_a_truncated_segment_says_both_sizes(store: Path) -> None:
    size = (store / SEGMENT).stat().st_size
    truncate(store / SEGMENT)
    expected = f"{SEGMENT}: its size in bytes: {size} expected, {size - 100} found"
    assert expected in found(store)


def test_all_damage_is_found_at_once(store: Path) -> None:
    damaged = sorted(store.glob("s*-*")) + sorted(store.glob("tombstones-*"))
    assert len(damaged) == 4
    for path in damaged:
        flip(path)
    assert sorted({problem.path for problem in check(store)}) == damaged


def test_the_segments_of_a_store_without_its_manifest_are_checked_alone(store: Path) -> None:
    manifest = next(store.glob("manifest-*"))
    patch(store / SEGMENT, "vectors", (4, 0), np.nan)
    whole = manifest.read_bytes()
    for damage in (flip, Path.unlink):
        damage(manifest)
        first, *rest = found(store)
        assert "checksum" in first or "no manifest" in first
        assert f"{SEGMENT}: the vector of row 4 is not finite" in rest
        manifest.write_bytes(whole)


def test_damage_in_the_midst_of_a_journal_is_found(store: Path) -> None:
    path = next(store.glob("journal-*"))
    content = bytearray(path.read_bytes())
    content[64 + 100] ^= 1
    path.write_bytes(content)
    assert found(store) == [f"{path.name}: the record at byte 64 is not as it was written"]


# Damage that was there when the checksums were computed: a wrong program, not a wrong disk.


@pytest.mark.parametrize(
    ("dataset", "place", "value", "problem"),
    [
        ("vectors", (9, 1), np.inf, "the vector of row 9 is not finite"),
        ("vectors", (9,), 0, "the vector of row 9 is zero"),
        ("inverse_norms", 30, 7, '"inverse_norms" of row 30'),
        ("keys/utf8", 0, 0xFF, "a string is not valid UTF-8"),
        ("keys/utf8", 0, ord("K"), "the key of row 0 is found nowhere"),
        ("keys/offsets", 12, 2**63, "`offsets` point outside"),
        ("keys/hash_table", (0, 8), 0, "is found nowhere"),
        ("keys/hash_table", (1, 8), 400, "points outside its 40 rows"),
        ("scan/codes", (20, 2), 0, '"scan/codes" has bytes that no code is'),
        ("scan/codes", (20, DIM), 1, '"scan/codes" has bytes that no code is'),
        ("scan/codes", (20, 2), 128, '"scan/errors" has errors that are too small'),
        ("scan/errors", 20, 0, "too small, the first one at row 20"),
        ("scan/errors", 20, np.nan, "too small, the first one at row 20"),
        ("scan/norms", 20, 0, '"scan/norms" has lengths that are not theirs'),
        ("scan/bounds", (2, 0), np.nan, "too small, the first one at row 32"),
        ("scan/bounds", (1, 1), 0, "too small, the first one at block 1"),
        ("scan/bounds", (1, 2), 0, "too small, the first one at block 1"),
        ("scan/center", 0, 1e30, '"scan/errors" has errors that are too small'),
        ("attributes/title/offsets", 3, 2**40, "`offsets` point outside"),
        ("attributes/title/string", 1, 0xFF, "a string is not valid UTF-8"),
        ("attributes/read/bool", 3, 2, 'column "read" is not all 0 and 1'),
        ("attributes/year/valid", 3, 2, '"valid" of column "year" is not all 0 and 1'),
    ],
)
def test_wrong_content_with_the_right_checksum_is_found(
    store: Path, dataset: str, place: tuple[int, ...] | int, value: float, problem: str
) -> None:
    patch(store / SEGMENT, dataset, place, value)
    reseal(store)
    problems = found(store)
    assert problems
    assert all(sentence.startswith(SEGMENT) for sentence in problems)
    assert any(problem in sentence for sentence in problems), problems


def test_subwords_that_are_not_finite_are_found(store: Path) -> None:
    name = "subwords-00000003.h5"
    patch(store / name, "buckets", (1, 1), np.nan)
    reseal(store)
    assert found(store) == [f"{name}: the vector of row 1 is not finite"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"dim": DIM + 1}, "the length of its vectors: 7 expected, 6 found"),
        ({"metric": "dot"}, "its metric: dot expected, cosine found"),
        ({"dtype": "float16"}, "the type of its vectors: float16 expected, float32 found"),
        ({"key_kind": "int"}, "the type of its keys: int expected, str found"),
        ({"schema": {}}, 'the type of column "year": no such column expected, int64 found'),
        ({"next_number": 2}, "`next_number`: more than 3 expected, 2 found"),
    ],
)
def test_a_manifest_that_does_not_fit_its_files_is_found(
    store: Path, changes: dict[str, object], problem: str
) -> None:
    reclaim(store, commit(store, replace(read_latest(store), **changes)))
    assert any(problem in sentence for sentence in found(store))


@pytest.mark.parametrize(
    ("place", "value", "problem"),
    [
        ("id_at", 0, "id .* expected, id .* found"),
        ("id_at", "here", "the manifest describes it wrongly"),
        ("arrays", {}, "where its arrays lie: {} expected"),
        ("attributes", {}, "what it says of itself: {} expected"),
    ],
)
def test_a_layout_that_is_not_that_of_the_file_is_found(
    store: Path, place: str, value: object, problem: str
) -> None:
    manifest = read_latest(store)
    entries = list(manifest.files)
    entries[0] = replace(entries[0], layout={**(entries[0].layout or {}), place: value})
    reclaim(store, commit(store, replace(manifest, files=tuple(entries))))
    assert any(re.search(f"^{SEGMENT}: {problem}", sentence) for sentence in found(store))


def append(folder: Path, *records: tuple[list[object], list[int]]) -> None:
    manifest = read_latest(folder)
    replay = read_journal(folder, manifest)
    with_one = Journal(folder, manifest, replay, durable=True)
    generation = manifest.generation + len(replay.records)
    for number, (keys, dead) in enumerate(records, generation + 1):
        vectors = np.ones((len(keys), DIM), np.float32)
        with_one.append(Record(number, keys, vectors, np.array(dead, np.int64)))
    with_one.close()


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        (([], [1000]), "deletes row 1000 of 69"),
        (([], [3]), "deletes row 3, which was deleted before"),
        (([], [5]), "deletes row 5, which was deleted before"),
        ((["key nø 8"], []), "1 keys have two rows that are not deleted: 'key nø 8'"),
        ((["new", "new"], []), "1 keys have two rows that are not deleted: 'new'"),
    ],
)
def test_a_record_that_no_commit_writes_is_found(
    store: Path, record: tuple[list[object], list[int]], problem: str
) -> None:
    append(store, record)
    (sentence,) = found(store)
    assert sentence.endswith(problem)


def test_a_deleted_key_may_come_again(store: Path) -> None:
    append(store, (keys_of("str", 3, 1), []))
    assert found(store) == []


def test_a_key_in_two_segments_is_found(store: Path) -> None:
    manifest = read_latest(store)
    segment = Segment.open(store / SEGMENT)
    entry = write_segment(
        store,
        manifest.next_number,
        build_keys(keys_of("str", 30, 2), "str"),
        segment.vectors[:2],
        dim=DIM,
        metric="cosine",
        inverse_norms=segment.inverse_norms[:2],
    )
    reclaim(store, commit(store, manifest.adding(entry)))
    (sentence,) = found(store)
    assert "2 keys have two rows that are not deleted" in sentence


# Files that should not be there.


def leave(store: Path) -> Iterator[str]:
    for name in ("segment-00000099.h5", "manifest-00000009.json.tmp", "journal-00000003.log"):
        (store / name).write_bytes(b"nobody knows")
        yield name


def test_leftovers_are_found_and_strangers_are_not(store: Path) -> None:
    (store / "notes.txt").write_text("a stranger's")
    left = sorted(leave(store))
    assert [problem.path.name for problem in check(store)] == left
    reclaim(store, read_latest(store))
    assert found(store) == []


def test_what_somebody_is_writing_is_not_left_over(store: Path) -> None:
    with WriterLock(store):
        assert list(leave(store))
        assert found(store) == []


def test_a_dead_writer_is_not_at_work(store: Path) -> None:
    (store / "writer.lock").write_bytes(b" 999999999\n")
    left = sorted(leave(store))
    assert [problem.path.name for problem in check(store)] == left


def test_a_lock_that_nobody_can_take_is_found(store: Path) -> None:
    replace_by_a_folder(store / "writer.lock")
    assert found(store) == ["writer.lock: it is not a file, and nobody can lock it"]


# Samples, single files, and nothing at all.


def test_a_sample_is_cheaper_and_a_full_search_finds_more(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    vectors = rng.normal(size=(9000, 2)).astype(np.float32)
    norms = reference.inverse_norms(vectors)
    norms[17] = 9  # in the second block, which no sample of every other one holds
    write_segment(
        tmp_path,
        1,
        build_keys(np.arange(9000), "int"),
        vectors,
        dim=2,
        metric="cosine",
        inverse_norms=norms,
    )
    assert found(tmp_path / SEGMENT, full=False) == []
    (sentence,) = found(tmp_path / SEGMENT, full=True)
    assert '"inverse_norms" of row 17' in sentence


def test_a_segment_can_be_checked_alone(store: Path) -> None:
    alone = store.parent / "alone.h5"
    shutil.copy(store / SEGMENT, alone)
    assert found(alone) == []
    patch(alone, "keys/hash_table", (0, 0), 2**64 - 1)
    assert any("is found nowhere" in sentence for sentence in found(alone))


def test_where_there_is_no_store_there_is_nothing_to_check(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("a stranger's")
    for path in (tmp_path / "missing.vecs", tmp_path):
        with pytest.raises(StoreNotFoundError, match=str(path)):
            check(path)
