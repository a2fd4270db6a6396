"""The command that makes events of a table."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

import vecstore

Invoke = Callable[..., Result]

WORDS = ["army", "navy", "paris", "rome", "war", "parade"]


@pytest.fixture
def parts(tmp_path: Path) -> str:
    """Return the path of a store with the vectors of words."""
    with vecstore.create(tmp_path / "words.vecs", dim=6) as store:
        store.add(WORDS, np.eye(6))
    return "words.vecs"


@pytest.fixture
def table(tmp_path: Path) -> str:
    """Return the path of a table of events."""
    lines = ["id,who,where,what,dead", "a,army,paris|rome,The war!,7", "b,navy,rome,A parade,0"]
    (tmp_path / "events.csv").write_text("\n".join([*lines, "c,?,,,"]))
    return "events.csv"


def test_a_table_becomes_a_store(table: str, parts: str, invoke: Invoke, tmp_path: Path) -> None:
    result = invoke(
        *("events", table, "out.vecs", "--from", parts, "--field", "who", "--field", "where"),
        *("--split", "where=|", "--text", "what", "--weight", "who=2", "--key", "id"),
        *("--missing", "ignore", "--json"),
    )
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {
        "store": "out.vecs",
        "rows": 2,
        "dim": 6,
        "left_out": 1,
        "missing_parts": {"who": 1, "where": 0, "what": 2},
        "recall_at_10": {
            "all parts": 1.0,
            "without who": 1.0,
            "without where": 1.0,
            "without what": 1.0,
        },
    }
    with vecstore.open(tmp_path / "out.vecs") as store:
        place = np.array([0, 0, 1, 1, 0, 0]) / np.sqrt(2)
        expected = np.array([2, 0, 0, 0, 1, 0]) + place
        np.testing.assert_allclose(store["a"], expected / np.linalg.norm(expected), atol=1e-7)
        assert store.frame(where="dead > 5")["key"].to_list() == ["a"]


def test_what_is_composed_can_be_found_by_its_parts(table: str, parts: str, invoke: Invoke) -> None:
    options = ("--from", parts, "--field", "who", "--text", "what", "--missing", "ignore")
    assert invoke("events", table, "out.vecs", *options).exit_code == 0
    composed = invoke("compose", parts, "navy", "parade").stdout
    found = invoke("search", "out.vecs", "-k", "1", piped=composed).stdout.split("\t")
    assert found[1] == "1"  # the number of the record


def test_every_field_may_have_a_store_of_its_own(
    table: str, parts: str, invoke: Invoke, tmp_path: Path
) -> None:
    with vecstore.create(tmp_path / "cities.vecs", dim=6) as store:
        store.add(["where=rome", "where=paris"], np.eye(6)[[4, 5]])
    result = invoke(
        *("events", table, "out.vecs", "--field", "where=cities.vecs", "--split", "where=|"),
        *("--template", "{field}={value}", "--text", f"what={parts}", "--missing", "ignore"),
    )
    assert result.exit_code == 0, result.output
    with vecstore.open(tmp_path / "out.vecs") as store:
        np.testing.assert_allclose(store[1], np.array([0, 0, 0, 0, 1, 1]) / np.sqrt(2), atol=1e-7)


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--from", "words.vecs"], 2, "Name at least one column: --field or --text."),
        (["--field", "who"], 2, 'Name a store for "who": --from, or who=STORE.'),
        (["--field", "who=words.vecs", "--weight", "who=x"], 2, 'weight of "who" must be a number'),
        (["--field", "who=words.vecs", "--weight", "why=2"], 2, '"why" must be a column of'),
        (["--field", "who=words.vecs", "--split", "who"], 2, '"who" must be a column, "=", and'),
        (["--field", "who=words.vecs"], 1, "Pass --missing ignore to leave such parts out."),
        (["--field", "who=nowhere.vecs"], 1, "nowhere.vecs does not exist"),
        (["--field", "whom=words.vecs"], 1, 'must have the column "whom"; it has id, who'),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_left(
    table: str,
    parts: str,
    invoke: Invoke,
    tmp_path: Path,
    options: list[str],
    code: int,
    message: str,
) -> None:
    result = invoke("events", table, "out.vecs", *options)
    assert (result.exit_code, message in result.stderr) == (code, True), result.stderr
    assert not (tmp_path / "out.vecs").exists()
