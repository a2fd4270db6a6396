"""Text of any encoding as UTF-8: found by its byte order mark, or named by the caller."""

import codecs
import io
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["MARK", "Transcoding", "check_encoding", "find_encoding", "is_utf8", "unmarked_utf16"]

#: The byte order mark of UTF-8.
MARK = codecs.BOM_UTF8

# UTF-32 comes first: its little-endian mark begins with that of UTF-16.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_LOOKED_AT = 1 << 10
_STEP = 1 << 18
# Replaces bytes that the encoding does not have. No UTF-8 has it, so it is reported as a fault.
_WRONG = b"\xff"


def _mark_wrong(error: UnicodeError) -> tuple[str | bytes, int]:
    if isinstance(error, UnicodeDecodeError):
        return "\udcff", error.end  # becomes _WRONG below
    if isinstance(error, UnicodeEncodeError):
        return _WRONG * (error.end - error.start), error.end
    raise error


codecs.register_error("vecstore-mark", _mark_wrong)


def check_encoding(name: str | None) -> str | None:
    """Return Python's name for an encoding, None for UTF-8; raises ValueError if unknown."""
    if name is None:
        return None
    try:
        "".encode(name)  # codecs.lookup alone also finds codecs that are not for text
        codecs.getincrementaldecoder(name)
        found = codecs.lookup(name).name
    except (LookupError, ValueError) as error:
        raise ValueError(
            f"`encoding` must be the name of an encoding of text, such as utf-16, latin-1 or "
            f'gb18030; got "{name}".'
        ) from error
    return None if found in ("utf-8", "utf-8-sig") else found


def find_encoding(head: bytes) -> str | None:
    """Return the encoding that a byte order mark announces; None for UTF-8, or if not text."""
    found = next((name for mark, name in _MARKS.items() if head.startswith(mark)), None)
    if found is None:
        return None
    # A matrix may begin with the same bytes, but text has no control characters.
    text = codecs.getincrementaldecoder(found)("vecstore-mark").decode(head[:_LOOKED_AT])
    controls = any(not one.isprintable() and one not in "\ufeff\t\r\n\v\f\x85" for one in text)
    return None if controls else found


def unmarked_utf16(head: bytes) -> str | None:
    """Guess which UTF-16 the bytes without a byte order mark are; None if neither fits."""
    start = head[: min(len(head), _LOOKED_AT) // 2 * 2]
    for name in ("utf-16-le", "utf-16-be"):
        text = start.decode(name, "replace")
        plain = sum(one.isprintable() or one in "\t\r\n" for one in text)
        # Numbers and blanks are ASCII, whatever the script of the keys.
        if text and plain == len(text) and 2 * sum(map(str.isascii, text)) > len(text):
            return name
    return None


class Transcoding(io.RawIOBase):
    """A stream as UTF-8; bytes that are wrong in its encoding become bytes that are not UTF-8."""

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
    """Return whether all bytes together are valid UTF-8."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
