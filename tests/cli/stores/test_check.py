"""The command that reads all of a store and says what is wrong."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

import vecstore

Invoke = Callable[..., Result]
Watch = Callable[..., str]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "words.vecs"
    with vecstore.create(path, dim=2) as store:
        store.add(["north", "east"], [[0, 1], [1, 0]])
    return path


def cut(path: Path) -> tuple[int, int]:
    """Take the end of a file away; return how long it was and is."""
    content = path.read_bytes()
    path.write_bytes(content[:-7])
    return len(content), len(content) - 7


def test_a_whole_store_exits_with_zero(store: Path, invoke: Invoke) -> None:
    for options in ([], ["--full"], ["--jsonl"]):
        result = invoke("check", store.name, *options)
        assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert invoke("check", store.name, "--json").stdout == "[]\n"


def test_a_person_is_told_that_all_is_well(store: Path, watch: Watch) -> None:
    assert watch("check", store.name) == "No problems in words.vecs.\n"


def test_every_problem_is_a_line_and_the_exit_code_is_one(store: Path, invoke: Invoke) -> None:
    was, now = cut(store / "segment-00000001.h5")
    (store / "manifest-00000001.json").write_bytes(b"left over")
    result = invoke("check", store.name)
    assert result.exit_code == 1
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    segment = "words.vecs/segment-00000001.h5"
    assert [segment, "its size in bytes", str(was), str(now)] in lines
    assert [line[0] for line in lines].count("words.vecs/manifest-00000001.json") == 1


def test_what_is_left_over_is_a_note_and_no_failure(
    store: Path, invoke: Invoke, watch: Watch
) -> None:
    (store / "segment-00000099.h5").write_bytes(b"left over")
    what = "the newest manifest does not name it; the next writer removes it"
    path = "words.vecs/segment-00000099.h5"
    piped = invoke("check", store.name)
    assert (piped.exit_code, piped.stdout) == (0, f"{path}\t{what}\t\t\n")
    objects = json.loads(invoke("check", store.name, "--json").stdout)
    expected = {"path": path, "what": what, "expected": None, "found": None, "harmless": True}
    assert objects == [expected]
    assert watch("check", store.name) == f"{path}: {what}\nNo other problems in words.vecs.\n"
    with vecstore.open(store, mode="a"):
        pass
    assert invoke("check", store.name).stdout == ""


def test_problems_are_json_objects(store: Path, invoke: Invoke) -> None:
    was, now = cut(store / "segment-00000001.h5")
    expected = {
        "path": "words.vecs/segment-00000001.h5",
        "what": "its size in bytes",
        "expected": str(was),
        "found": str(now),
    }
    result = invoke("check", store.name, "--json")
    assert result.exit_code == 1
    assert expected in json.loads(result.stdout)
    lines = invoke("check", store.name, "--jsonl").stdout.splitlines()
    assert expected in [json.loads(line) for line in lines]


def test_a_store_that_does_not_open_says_how_to_find_out_more(store: Path, invoke: Invoke) -> None:
    cut(store / "segment-00000001.h5")
    result = invoke("info", store.name)
    assert result.exit_code == 1
    assert result.stderr.endswith('to find all damage, run "vecstore check".\n')


def test_an_exported_file_can_be_checked(store: Path, invoke: Invoke) -> None:
    assert invoke("export", store.name, "words.h5").exit_code == 0
    assert invoke("check", "words.h5").exit_code == 0
    cut(store.parent / "words.h5")
    assert invoke("check", "words.h5").exit_code == 1


def test_where_there_is_no_store_is_an_error(invoke: Invoke) -> None:
    result = invoke("check", "missing.vecs")
    assert result.exit_code == 1
    assert result.stderr == "Error: There is no store at missing.vecs.\n"
