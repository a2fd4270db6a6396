"""Text of any encoding as UTF-8: byte order marks, and what a caller says."""

import codecs
import io
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["MARK", "Transcoding", "check_encoding", "find_encoding", "is_utf8", "unmarked_utf16"]

#: The byte order mark of UTF-8.
MARK = codecs.BOM_UTF8

# Those of UTF-32 first: in little endian it begins like that of UTF-16.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_LOOKED_AT = 1 << 10
_STEP = 1 << 18
# What stands for bytes that the encoding does not have: in no UTF-8, so that it shows as a fault.
_WRONG = b"\xff"


def _mark_wrong(error: UnicodeError) -> tuple[str | bytes, int]:
    if isinstance(error, UnicodeDecodeError):
        return "\udcff", error.end  # becomes _WRONG below
    if isinstance(error, UnicodeEncodeError):
        return _WRONG * (error.end - error.start), error.end
    raise error


codecs.register_error("vecstore-mark", _mark_wrong)


def check_encoding(name: str | None) -> str | None:
    """Return the name that Python has for an encoding, None for UTF-8; ValueError if unknown."""
    if name is None:
        return None
    try:
        "".encode(name)  # not codecs.lookup: that knows things that are no encodings of text
        codecs.getincrementaldecoder(name)
        found = codecs.lookup(name).name
    except (LookupError, ValueError) as error:
        raise ValueError(
            f"`encoding` must be the name of an encoding of text, such as utf-16, latin-1 or "
            f'gb18030; got "{name}".'
        ) from error
    return None if found in ("utf-8", "utf-8-sig") else found


def find_encoding(head: bytes) -> str | None:
    """Return the encoding that a byte order mark tells, None for UTF-8 or no text."""
    found = next((name for mark, name in _MARKS.items() if head.startswith(mark)), None)
    if found is None:
        return None
    # The same bytes may begin a matrix: of text nothing is a control character.
    text = codecs.getincrementaldecoder(found)("vecstore-mark").decode(head[:_LOOKED_AT])
    controls = any(not one.isprintable() and one not in "\ufeff\t\r\n\v\f\x85" for one in text)
    return None if controls else found


def unmarked_utf16(head: bytes) -> str | None:
    """Return which UTF-16 the bytes seem to be that have no byte order mark; None for none."""
    start = head[: min(len(head), _LOOKED_AT) // 2 * 2]
    for name in ("utf-16-le", "utf-16-be"):
        text = start.decode(name, "replace")
        plain = sum(one.isprintable() or one in "\t\r\n" for one in text)
        # Numbers and blanks are ASCII, whatever keys are.
        if text and plain == len(text) and 2 * sum(map(str.isascii, text)) > len(text):
            return name
    return None


class Transcoding(io.RawIOBase):
    """The text of a stream as UTF-8; bytes that are not of the encoding become no UTF-8."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("vecstore-mark")
        self._ready = memoryview(b"")
        self._ended = False

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Fill `buffer` with the next bytes; return how many there were."""
        while not self._ready and not self._ended:
            raw = self._stream.read(_STEP)
            self._ended = not raw
            text = self._decoder.decode(raw, final=self._ended)
            self._ready = memoryview(text.encode("utf-8", "vecstore-mark"))
        room = memoryview(buffer).cast("B")
        n = min(len(room), len(self._ready))
        room[:n] = self._ready[:n]
        self._ready = self._ready[n:]
        return n

    def close(self) -> None:
        """Close both streams."""
        self._stream.close()
        super().close()


def is_utf8(text: bytes) -> bool:
    """Return whether bytes are text in UTF-8, from the first to the last."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
