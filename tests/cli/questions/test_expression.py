"""King - man + woman, as a shell passes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecstore.cli.questions.expression import label, parse_terms, parse_weight


@pytest.mark.parametrize(
    "arguments",
    [
        ["king", "-", "man", "+", "woman"],
        ["king - man + woman"],
        ["king + woman - man"],
        ["king", "woman", "-man"],
        ["king", "woman - man"],
        ["+ king", "- man", "woman"],
        ["king -", "man", "+ woman"],
    ],
)
def test_spellings_of_one_question(arguments: list[str]) -> None:
    assert sorted(parse_terms(arguments)) == [("king", 1), ("man", -1), ("woman", 1)]


def test_terms_keep_their_order() -> None:
    assert [key for key, _ in parse_terms(["c - b", "a"])] == ["c", "b", "a"]


def test_sign_inside_a_key_is_part_of_it() -> None:
    keys = ["state-of-the-art", "c++", "a+b", "+1"]
    assert parse_terms(keys) == [(key, 1) for key in keys]


def test_key_may_contain_spaces() -> None:
    assert parse_terms(["new york - york + new jersey"]) == [
        ("new york", 1),
        ("york", -1),
        ("new jersey", 1),
    ]


@pytest.mark.parametrize("arguments", [["king", "-"], ["king -"], ["king - + man"], ["-"]])
def test_sign_without_a_key_is_an_error(arguments: list[str]) -> None:
    with pytest.raises(ValueError, match="must be followed by a key"):
        parse_terms(arguments)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("king", ("king", 1.0)),
        ("man=-1", ("man", -1.0)),
        ("a=b=0.5", ("a=b", 0.5)),
        ("=2", ("", 2.0)),
        ("1e3=1e-3", ("1e3", 0.001)),
    ],
)
def test_weight_follows_the_last_equals_sign(text: str, expected: tuple[str, float]) -> None:
    assert parse_weight(text) == expected


def test_weight_that_is_no_number_says_how_to_write_such_a_key() -> None:
    with pytest.raises(ValueError, match='write "a=b=1"'):
        parse_weight("a=b")


@given(st.text(), st.floats(allow_nan=False))
def test_any_key_can_be_given_a_weight(key: str, weight: float) -> None:
    assert parse_weight(f"{key}={weight!r}") == (key, weight)


def test_label_reads_as_a_formula() -> None:
    assert label([("king", 1), ("man", -1), ("woman", 2.5)]) == "king - man + 2.5 woman"
    assert label([("man", -1), ("king", 1)]) == "- man + king"
    assert label([]) == ""
