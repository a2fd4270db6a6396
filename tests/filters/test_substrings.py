"""What the bytes of strings tell is what the strings tell."""

import operator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecstore.errors import CorruptStoreError
from vecstore.filters.order import compare_values
from vecstore.filters.patterns import Pattern
from vecstore.filters.substrings import containing, framed, lowered
from vecstore.filters.values import Values, lone
from vecstore.storage.keys.strings import PackedStrings

WORDS = st.text("abAK%_\0é\u212a😀", max_size=5)
LISTS = st.lists(WORDS, max_size=40)
ALL = np.ones(1, np.bool_)


def cut(words: list[str], start: int) -> PackedStrings:
    """Return words from a place on, whose bytes do not begin at 0."""
    packed = PackedStrings.pack(words)
    return PackedStrings(packed.utf8, packed.offsets[start:])


@given(LISTS, WORDS, st.booleans(), st.integers(0, 40))
def test_patterns_match_bytes_as_they_match_texts(
    words: list[str], like: str, any_case: bool, start: int
) -> None:
    pattern = Pattern(like, "", any_case=any_case)
    left = words[min(start, len(words)) :]
    found = pattern.matched(cut(words, len(words) - len(left)))
    assert found.tolist() == [pattern.matches(word) for word in left]


@given(LISTS, WORDS, WORDS.filter(bool))
def test_heads_tails_and_parts_are_those_of_the_texts(
    words: list[str], head: str, part: str
) -> None:
    packed = PackedStrings.pack(words)
    assert containing(packed, part.encode()).tolist() == [part in word for word in words]
    assert framed(packed, head.encode(), None).tolist() == [word == head for word in words]
    assert framed(packed, head.encode(), part.encode()).tolist() == [
        word.startswith(head) and word.endswith(part) and len(word) >= len(head) + len(part)
        for word in words
    ]
    ascii_ = lowered(packed)
    assert (ascii_ is None) == (not "".join(words).isascii())
    if ascii_ is not None:
        assert ascii_.texts().tolist() == [word.lower() for word in words]


@given(LISTS, WORDS)
def test_a_literal_may_stand_on_either_side(words: list[str], literal: str) -> None:
    column, other = Values(PackedStrings.pack(words), ALL), lone(literal, "O")
    kinds = ("string", "string")
    for compare in (operator.eq, operator.ne, operator.lt):
        found = compare_values(column, other, kinds, compare).data
        assert found.tolist() == [compare(word, literal) for word in words]
        found = compare_values(other, column, kinds, compare).data
        assert found.tolist() == [compare(literal, word) for word in words]


@given(LISTS, st.integers(0, 40))
def test_strings_are_decoded_in_one_go_as_one_by_one(words: list[str], start: int) -> None:
    left = words[min(start, len(words)) :]
    assert cut(words, len(words) - len(left)).texts().tolist() == left


@pytest.mark.parametrize("offsets", [[0, 1, 4], [0, 9, 4], [0, 2, 9]])
def test_strings_that_are_cut_elsewhere_are_damage(offsets: list[int]) -> None:
    utf8 = PackedStrings.pack(["éé"]).utf8
    with pytest.raises(CorruptStoreError):
        PackedStrings(utf8, np.array(offsets, np.uint64)).texts()
