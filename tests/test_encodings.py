"""Text of any encoding as UTF-8."""

import codecs
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecstore.encodings import Transcoding, check_encoding, find_encoding, unmarked_utf16


@pytest.mark.parametrize("name", ["utf-16", "utf-32", "gb18030", "utf-7"])
@given(st.text(st.characters(codec="utf-8"), max_size=50), st.integers(1, 9))
def test_text_becomes_utf8_however_it_is_cut(name: str, text: str, size: int) -> None:
    stream = Transcoding(io.BytesIO(text.encode(name)), name)
    parts = []
    while part := stream.read(size):
        parts.append(part)
    assert b"".join(parts).decode() == text


def test_bytes_that_the_encoding_lacks_become_no_utf8() -> None:
    text = Transcoding(io.BytesIO(b"a\x81b\nc"), "cp1252").read()
    assert text == b"a\xffb\nc"


def test_utf8_needs_no_transcoding() -> None:
    assert [check_encoding(name) for name in (None, "utf-8", "UTF8", "utf-8-sig")] == [None] * 4
    assert check_encoding("Latin-1") == "iso8859-1"


@pytest.mark.parametrize("name", ["nonsense", "rot13", "base64", "", "a\0b", "hex"])
def test_an_unknown_encoding_is_an_error(name: str) -> None:
    with pytest.raises(ValueError, match="`encoding` must be the name of an encoding of text"):
        check_encoding(name)


def test_a_mark_tells_the_encoding_of_text_only() -> None:
    text = "king 1 2\n"
    assert find_encoding(text.encode("utf-16")) == "utf-16"
    assert find_encoding(codecs.BOM_UTF16_BE + text.encode("utf-16-be")) == "utf-16"
    assert find_encoding(text.encode("utf-32")) == "utf-32"
    assert find_encoding(text.encode()) is None
    assert find_encoding(codecs.BOM_UTF16_LE + bytes(100)) is None


def test_utf16_without_a_mark_is_suspected() -> None:
    assert unmarked_utf16("king 1 2\n".encode("utf-16-le")) == "utf-16-le"
    assert unmarked_utf16("king 1 2\n".encode("utf-16-be")) == "utf-16-be"
    assert unmarked_utf16(b"king 1 2\n") is None
    assert unmarked_utf16(bytes(100)) is None
