"""The commands about crowds and the lonely: duplicates, outliers, hubs."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

import vecstore
from vecstore.analysis import duplicates, hubness, outliers

Invoke = Callable[..., Result]
Watch = Callable[..., str]


@pytest.fixture
def doubled(tmp_path: Path) -> str:
    path = str(tmp_path / "doubled.vecs")
    with vecstore.create(path, dim=2) as store:
        store.add(["a", "b", "tab\tkey", "far", "c"], [[1, 0], [0, 1], [1, 0.1], [-1, -1], [0, 2]])
    return path


def test_piped_a_line_names_group_distance_and_key(doubled: str, invoke: Invoke) -> None:
    result = invoke("duplicates", doubled)
    assert result.exit_code == 0, result.output
    with vecstore.open(doubled) as store:
        one, other = duplicates(store)
    assert result.stdout.splitlines() == [
        f"0\t{one.distance!r}\ta",
        f"0\t{one.distance!r}\ttab\\tkey",
        f"1\t{other.distance!r}\tb",
        f"1\t{other.distance!r}\tc",
    ]


def test_in_json_a_group_is_an_object(doubled: str, invoke: Invoke) -> None:
    found = json.loads(invoke("duplicates", doubled, "--within", "0", "--json").stdout)
    assert found == [{"keys": ["b", "c"], "distance": 0.0}]
    lines = invoke("duplicates", doubled, "--within", "0", "--jsonl").stdout.splitlines()
    assert [json.loads(line) for line in lines] == found


def test_on_a_terminal_groups_are_a_table(doubled: str, watch: Watch) -> None:
    lines = [
        "keys  distance  which",
        "   2    0.0050  a, tab\\tkey",
        "   2    0.0000  b, c",
        "2 groups of 4 among 5 keys.",
    ]
    assert watch("duplicates", doubled).endswith("\n".join(lines) + "\n")


def test_a_distance_is_not_negative(doubled: str, invoke: Invoke) -> None:
    result = invoke("duplicates", doubled, "--within", "-1")
    assert result.exit_code == 2
    assert "--within" in result.stderr


def test_outliers_come_first(doubled: str, invoke: Invoke) -> None:
    result = invoke("outliers", doubled, "--k", "2", "--count", "3")
    with vecstore.open(doubled) as store:
        rows = outliers(store, 2, 3).rows()
    assert rows[0][0] == "far"
    assert result.stdout.splitlines() == [
        "\t".join([key.replace("\t", "\\t"), repr(distance)]) for key, distance in rows
    ]
    found = json.loads(invoke("outliers", doubled, "--k", "2", "--json").stdout)
    assert [one["key"] for one in found][:3] == [key for key, _ in rows]


def test_hubs_are_counted(doubled: str, invoke: Invoke) -> None:
    result = invoke("hubs", doubled, "--k", "1", "--jsonl")
    with vecstore.open(doubled) as store:
        found = hubness(store, 1)
    assert [json.loads(line) for line in result.stdout.splitlines()] == found.counts.to_dicts()
    assert f"Skewness {found.skewness:.2f}" in result.stderr


def test_on_a_terminal_hubs_are_a_table(doubled: str, watch: Watch) -> None:
    shown = watch("hubs", doubled, "--k", "4")
    assert "key       count\na             4\n" in shown
    assert shown.endswith("\nSkewness 0.00; 0 of 5 keys are among the 4 nearest of none.\n")
