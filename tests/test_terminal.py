"""What a terminal obeys never reaches it from a key or a path."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from vecstore.terminal import printable

# OSC 52 writes to the clipboard; CSI in seven and in eight bits; an override of the direction.
HOSTILE = ["\x1b]52;c;ZWNobw==\x07", "\x1b[2J", "\x9b31m", "\x7f", "\x00", "a\u202eb", "\u2066x"]


def obeyed(text: str) -> set[str]:
    reordering = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    return {
        letter
        for letter in text
        if unicodedata.category(letter) == "Cc" or unicodedata.bidirectional(letter) in reordering
    }


@given(st.text())
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    assert not obeyed(printable(text))
    assert obeyed(printable(text, lines=True)) <= {"\n", "\t"}


@given(st.text(st.characters(categories=("L", "N", "P", "S", "M"))))
def test_what_only_shows_stays(text: str) -> None:
    assert printable(text) == text


def test_sequences_are_spelled_out() -> None:
    assert all(obeyed(text) for text in HOSTILE)
    assert printable(HOSTILE[0]) == r"\x1b]52;c;ZWNobw==\x07"
    assert printable("a\u202eb\u2028\x9b1m\t") == r"a\u202eb\u2028\x9b1m\t"
    assert printable("say:\n\ta\r", lines=True) == "say:\n\ta\\r"
