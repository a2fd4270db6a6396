"""Blocks hold every byte of the stream, and whole lines."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vecstore.errors import IngestError
from vecstore.ingest.text import line_blocks as blocks
from vecstore.ingest.text.line_blocks import line_blocks


def cut(text: bytes, size: int) -> list[bytes]:
    return [block.tobytes() for block in line_blocks(io.BytesIO(text), "a.txt", size)]


@settings(deadline=None)
@given(st.lists(st.sampled_from([b"\n", b"a", b"bc", b"\0"]), max_size=60), st.integers(1, 20))
def test_blocks_are_the_stream_cut_after_newlines(pieces: list[bytes], size: int) -> None:
    text = b"".join(pieces)
    found = cut(text, size)
    assert b"".join(found) == text
    assert all(block.endswith(b"\n") for block in found[:-1])
    assert all(found)


def test_a_line_longer_than_a_block_makes_a_longer_block() -> None:
    assert cut(b"ab\n" + b"c" * 50 + b"\nd\n", 8) == [b"ab\n", b"c" * 50 + b"\nd\n"]


def test_the_last_newline_is_found_far_from_the_end() -> None:
    text = b"a\n" + b"b" * 9000
    assert cut(text, 9001) == [b"a\n", b"b" * 9000]


def test_lines_that_end_in_returns_are_cut_after_a_run_of_them() -> None:
    assert cut(b"ab\r\r\ncd\ref\r\rgh", 4) == [b"ab\r\r\n", b"cd\r", b"ef\r\r", b"gh"]


def test_a_stream_without_lines_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "_MAX_LINE_BYTES", 64)
    with pytest.raises(IngestError, match=r"a.txt is not a text file.*over 64 bytes"):
        cut(b"x" * 1000, 8)


def test_the_stream_is_closed_at_its_end() -> None:
    stream = io.BytesIO(b"a\n")
    list(line_blocks(stream, "a.txt"))
    assert stream.closed
