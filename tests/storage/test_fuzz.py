"""Damaged stores in processes of their own; `python -m tests.storage.fuzz` makes many more."""

import os
from pathlib import Path

import pytest

from tests.storage.fuzz import BASES, Bases, Find, judge, run
from tests.storage.jenkins import fix_checksums, lookup3
from tests.storage.mutations import Mutation
from tests.storage.stores import make_store

SEED = int(os.environ.get("VECSTORE_SEED", "0"))


def survive(mutants: int, seed: int) -> None:
    outcomes, finds = run(seed, mutants)
    print(f"{mutants} mutants of seed {seed}: {dict(outcomes)}")
    assert finds == []
    assert outcomes.total() == mutants
    # What the rules of `fuzz` can tell apart, these mutants were.
    assert {"refused", "reported", "same", "shorter", "forged"} <= set(outcomes)


def test_no_damage_is_silent_and_none_is_fatal() -> None:
    survive(300, SEED)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_ten_thousand_mutants_are_survived() -> None:
    survive(10_000, SEED + 1)


def test_forged_labels_have_the_checksums_of_hdf5(tmp_path: Path) -> None:
    make_store(tmp_path / "store")
    for path in (tmp_path / "store").glob("*.h5"):
        content = path.read_bytes()
        assert content.count(b"OHDR") > 1
        assert fix_checksums(bytearray(content)) == content
    assert lookup3(b"Four score and seven years ago") == 0x17770551  # of Jenkins' own self-test


def test_the_judge_knows_different_data(tmp_path: Path) -> None:
    bases = Bases(tmp_path)
    honest = Mutation("nothing", "", honest=True)
    assert judge(bases.paths[0], honest, bases, 0) == "same"
    make_store(tmp_path / "other", **BASES[0], rows=(39, 25))
    with pytest.raises(Find, match="different data"):
        judge(tmp_path / "other", honest, bases, 0)
    assert judge(tmp_path / "other", honest._replace(honest=False), bases, 0) == "forged"


def test_the_judge_knows_a_commit_that_is_missing_for_no_reason(tmp_path: Path) -> None:
    bases = Bases(tmp_path)
    journal = next(bases.paths[0].glob("journal-*"))
    whole = journal.read_bytes()
    start, end = bases.records[0][-1]
    journal.write_bytes(whole[: end - 1])
    cut = Mutation("cut", journal.name, honest=True)
    assert judge(bases.paths[0], cut, bases, 0) == "shorter"
    with pytest.raises(Find, match="different data"):
        judge(bases.paths[0], cut._replace(target="segment"), bases, 0)
    # The last commit is there to see, only in the wrong place.
    journal.write_bytes(whole[:start] + bytes(8) + whole[start:])
    assert judge(bases.paths[0], cut, bases, 0) in ("refused", "reported")
