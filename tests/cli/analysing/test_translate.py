"""The command that translates word by word: translate."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

import vecstore

Invoke = Callable[..., Result]
Watch = Callable[..., str]

ENGLISH = {"the": [9, 1, 1], "cat": [1, 9, 1], "sleeps": [1, 1, 9]}
FRENCH = {"le": [9, 2, 1], "chat": [2, 9, 1], "dort": [1, 2, 9]}
STORES = ("--from", "en.vecs", "--into", "fr.vecs")


@pytest.fixture(autouse=True)
def _stores(tmp_path: Path) -> None:
    for name, words in (("en", ENGLISH), ("fr", FRENCH)):
        with vecstore.create(tmp_path / f"{name}.vecs", dim=3) as store:
            store.add(list(words), list(words.values()))


@pytest.mark.parametrize("text", [["The cat sleeps!"], ["The", "cat", "sleeps!"]])
@pytest.mark.parametrize("retrieval", ["nn", "csls"])
def test_a_sentence_becomes_a_line(invoke: Invoke, text: list[str], retrieval: str) -> None:
    result = invoke("translate", *text, *STORES, "--retrieval", retrieval)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "le chat dort!\n", "")


def test_lines_come_from_standard_input(invoke: Invoke) -> None:
    result = invoke("translate", *STORES, piped="the cat\n\nthe Tom sleeps, Ada\n")
    assert result.stdout == "le chat\n\nle Tom dort, Ada\n"
    assert result.stderr == "Unknown: Tom, Ada.\n"


def test_words_are_shown_with_their_alternatives(invoke: Invoke) -> None:
    result = invoke("translate", "the cat, Tom", *STORES, "--words", "-k", "2")
    lines = [line.split("\t")[:2] for line in result.stdout.splitlines()]
    assert lines == [["the", "le"], ["the", "chat"], ["cat", "chat"], ["cat", "le"]]
    found = json.loads(invoke("translate", "cat", *STORES, "--words", "--json").stdout)
    assert [match["key"] for match in found[0]["matches"]] == ["chat", "le", "dort"]


def test_in_json_a_line_is_an_object(invoke: Invoke) -> None:
    piped = "the cat\nTom\n"
    lines = invoke("translate", *STORES, "--jsonl", piped=piped).stdout.splitlines()
    assert [json.loads(line) for line in lines] == [
        {"text": "the cat", "translation": "le chat", "unknown": []},
        {"text": "Tom", "translation": "Tom", "unknown": ["Tom"]},
    ]
    whole = invoke("translate", *STORES, "--json", piped=piped).stdout
    assert json.loads(whole) == [json.loads(line) for line in lines]


def test_a_terminal_shows_the_line_or_tables_of_words(watch: Watch) -> None:
    assert watch("translate", "the cat sleeps", *STORES) == "le chat dort\n"
    shown = watch("translate", "the cat", *STORES, "--words", "-k", "1")
    assert "the  similarity  distance" in shown
    assert "chat" in shown


def test_stores_that_do_not_go_together_are_refused(directions: str, invoke: Invoke) -> None:
    result = invoke("translate", "cat", "--from", "en.vecs", "--into", directions)
    assert result.exit_code == 1
    assert result.stderr == "Error: `target` must have dim 3, as `source` has; got 2.\n"
    assert "Missing option '--into'" in invoke("translate", "cat", "--from", "en.vecs").stderr
