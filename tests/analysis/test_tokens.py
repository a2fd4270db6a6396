"""Text taken apart into words that a store knows, and put together again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecstore.analysis.tokens import as_known, is_word, joined, spaced_tokens, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("  \n ", []),
        ("This is it.", ["This", "is", "it", "."]),
        ("the U.S. (1990)", ["the", "U.S", ".", "(", "1990", ")"]),
        ("l'eau de l' eau", ["l'eau", "de", "l'", "eau"]),
        ("mañana 3.14 naïve", ["mañana", "3.14", "naïve"]),
    ],
)
def test_text_is_words_and_signs(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


@given(st.text())
def test_nothing_is_lost_but_spaces(text: str) -> None:
    assert "".join(tokens(text)) == "".join(text.split())


@pytest.mark.parametrize(
    ("word", "spelled"),
    [
        ("Paris", ["Paris"]),
        ("The", ["the"]),
        ("it's", ["it", "'s"]),
        ("Doesn't", ["does", "n't"]),
        ("L'eau", ["l'", "eau"]),
        ("'s", ["'s"]),
        ("blorp", ["blorp"]),
        ("it'd", ["it'd"]),
        ("Paris'", ["Paris", "'"]),
        ("It\u2019", ["it", "\u2019"]),
        ("It's'", ["it", "'s", "'"]),
        ("blorp'", ["blorp'"]),
    ],
)
def test_a_word_is_spelled_as_the_store_has_it(word: str, spelled: list[str]) -> None:
    known = {"Paris", "the", "it", "'s", "does", "n't", "l'", "eau"}
    assert as_known(word, known.__contains__) == spelled


def test_signs_are_no_words() -> None:
    found = [token for token in tokens("C'est 1 «oui» — non?!") if not is_word(token)]
    assert found == ["«", "»", "—", "?", "!"]


@pytest.mark.parametrize(
    "line",
    [
        "Well, yes (of course)!",
        "l'eau est là.",
        "«Oui»: 50% d'accord…",
        "a - b",
        "'hello' and \"bye\"",
        "the dogs' tails",
        "of '44, or x=y",
        "",
    ],
)
def test_a_line_is_written_as_people_do(line: str) -> None:
    assert joined(spaced_tokens(line)) == line


def test_words_of_one_token_stand_apart_unless_an_apostrophe_joins_them() -> None:
    assert joined([("the", False), ("water", False), ("'s", True), ("!", False)]) == "the water 's!"
    assert joined([("l\u2019", False), ("eau", False)]) == "l\u2019eau"
