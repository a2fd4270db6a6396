"""The commands about a few keys: odd, rank, relate."""

import json
from collections.abc import Callable

import pytest
from click.testing import Result

import vecstore
from vecstore.analysis import closer_than, n_similarity, relative_cosine_similarity

Invoke = Callable[..., Result]
Watch = Callable[..., str]


def test_the_odd_key_is_named(directions: str, invoke: Invoke) -> None:
    asked = ("odd", directions, "east", "new york", "mañana", "west")
    assert invoke(*asked).stdout == "west\n"
    assert json.loads(invoke(*asked, "--json").stdout) == {"odd": "west"}


def test_a_rank_is_the_number_of_what_is_closer_and_one(directions: str, invoke: Invoke) -> None:
    with vecstore.open(directions) as store:
        closer = closer_than(store, "east", "tab\tkey").tolist()
    asked = ("rank", directions, "east", "tab\tkey")
    assert invoke(*asked).stdout == f"{len(closer) + 1}\n"
    assert invoke(*asked, "--closer").stdout.splitlines() == closer
    assert json.loads(invoke(*asked, "--jsonl").stdout) == {"rank": len(closer) + 1}
    found = json.loads(invoke(*asked, "--closer", "--json").stdout)
    assert found == {"rank": len(closer) + 1, "closer": closer}
    assert invoke("rank", directions, "east", "east", "--closer").stdout == ""


def test_integers_are_keys_too(numbered: str, invoke: Invoke) -> None:
    assert invoke("rank", numbered, "--", "-5", "40").stdout == "2\n"
    assert invoke("rank", numbered, "--closer", "--", "40", "7").stdout == "-5\n"
    assert "cosine\t" in invoke("relate", numbered, "40", "--to", "-5").stdout


def test_keys_are_related_one_to_one_or_as_sets(directions: str, invoke: Invoke) -> None:
    one = json.loads(invoke("relate", directions, "east", "--to", "mañana", "--json").stdout)
    sets = ("relate", directions, "east", "north", "--to", "new york", "--to", "west", "--json")
    with vecstore.open(directions) as store:
        assert one == {
            "cosine": n_similarity(store, ["east"], ["mañana"]),
            "relative": relative_cosine_similarity(store, "east", "mañana"),
        }
        alike = n_similarity(store, ["east", "north"], ["new york", "west"])
    assert json.loads(invoke(*sets).stdout) == {"cosine": alike}


def test_on_a_terminal_the_facts_have_names(directions: str, watch: Watch) -> None:
    shown = watch("relate", directions, "east", "--to", "new york", "-k", "3")
    assert "cosine    0.707107" in shown
    assert "relative  " in shown


@pytest.mark.parametrize(
    "asked", [("odd", "{}", "esat"), ("rank", "{}", "east", "esat"), ("relate", "{}", "east")]
)
def test_what_is_missing_is_said(asked: tuple[str, ...], directions: str, invoke: Invoke) -> None:
    result = invoke(*(word.format(directions) for word in asked))
    assert result.exit_code in (1, 2)
    assert 'Did you mean "east"' in result.stderr or "Missing option '--to'" in result.stderr
