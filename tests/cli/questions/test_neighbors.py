"""The command that asks for every key at once: neighbors."""

import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import polars as pl
import pytest
from click.testing import Result

import vecstore
from vecstore.cli.questions import neighbors

Invoke = Callable[..., Result]


Pair = tuple[object, object, float, bool]


def expected(path: str, k: int) -> list[Pair]:
    with vecstore.open(path) as store:
        keys = list(store)
        near = dict(zip(keys, store.similar(keys, k=k), strict=True))
    names = {key: [match.key for match in found] for key, found in near.items()}
    return [(key, *match, key in names[match.key]) for key in keys for match in near[key]]


def lines(pairs: list[Pair]) -> list[str]:
    """The pairs as they are printed; a tab in a key is written as two characters."""
    return [
        "\t".join([*(str(one).replace("\t", "\\t") for one in pair), "true" if mutual else "false"])
        for *pair, mutual in pairs
    ]


def test_some_pairs_are_mutual_and_some_are_not(directions: str) -> None:
    assert {mutual for *_, mutual in expected(directions, 1)} == {True, False}


@pytest.mark.parametrize("k", [1, 3])
def test_piped_a_line_is_a_pair(directions: str, invoke: Invoke, k: int) -> None:
    result = invoke("neighbors", directions, "--k", str(k))
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == lines(expected(directions, k))


def test_a_tsv_file_has_the_lines_that_a_pipe_has(directions: str, invoke: Invoke) -> None:
    assert invoke("neighbors", directions, "--out", "pairs.tsv").output == ""
    assert Path("pairs.tsv").read_text("utf-8").splitlines() == lines(expected(directions, 1))
    assert [path.name for path in Path().iterdir()] == ["pairs.tsv"]


@pytest.mark.parametrize("store", ["directions", "numbered"])
def test_a_parquet_file_has_the_pairs_as_columns(
    store: str, invoke: Invoke, request: pytest.FixtureRequest
) -> None:
    path = request.getfixturevalue(store)
    assert invoke("neighbors", path, "--k", "2", "--out", "pairs.parquet").exit_code == 0
    frame = pl.read_parquet("pairs.parquet")
    assert frame.columns == ["key", "neighbor", "distance", "mutual"]
    assert frame.rows() == expected(path, 2)


def test_an_h5_file_has_rows_and_distances(directions: str, invoke: Invoke) -> None:
    assert invoke("neighbors", directions, "-k", "2", "--out", "graph.h5").exit_code == 0
    pairs = expected(directions, 2)
    with vecstore.open(directions) as store, h5py.File("graph.h5") as file:
        assert store.keys()[file["rows"][()]].ravel().tolist() == [pair[1] for pair in pairs]
        np.testing.assert_array_equal(file["distances"][()].ravel(), [pair[2] for pair in pairs])
        np.testing.assert_array_equal(file["mutual"][()].ravel(), [pair[3] for pair in pairs])


def test_keys_come_a_batch_at_a_time(
    directions: str, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbors, "BATCH", 2)
    result = invoke("neighbors", directions, "-k", "20")
    assert result.stdout.splitlines() == lines(expected(directions, 20))


def test_in_json_a_key_has_its_matches(directions: str, invoke: Invoke) -> None:
    found = json.loads(invoke("neighbors", directions, "--json").stdout)
    pairs = expected(directions, 1)
    assert [one["query"] for one in found] == [pair[0] for pair in pairs]
    [matches] = zip(*(one["matches"] for one in found), strict=True)
    assert [(one["key"], one["distance"], one["mutual"]) for one in matches] == [
        pair[1:] for pair in pairs
    ]
    assert all(one["similarity"] == 1 - one["distance"] for one in matches)
    rows = invoke("neighbors", directions, "--jsonl").stdout.splitlines()
    assert [json.loads(row) for row in rows] == found


def test_on_a_terminal_the_first_are_a_table(numbered: str, watch: Callable[..., str]) -> None:
    assert watch("neighbors", numbered).splitlines() == [
        "key  neighbour  distance  mutual",
        "7    -5           1.0000  yes",
        "-5   7            1.0000  yes",
        "40   -5           2.0000",
    ]


def test_a_file_that_is_there_is_left_alone(directions: str, invoke: Invoke) -> None:
    Path("pairs.tsv").write_text("mine")
    result = invoke("neighbors", directions, "--out", "pairs.tsv")
    assert result.exit_code == 1
    assert "pairs.tsv exists already" in result.stderr
    assert Path("pairs.tsv").read_text() == "mine"


def test_other_kinds_of_files_are_not_written(directions: str, invoke: Invoke) -> None:
    result = invoke("neighbors", directions, "--out", "pairs.csv")
    assert result.exit_code == 2
    assert 'must end in .tsv or .parquet or .h5; got "pairs.csv".' in result.stderr
