r"""Lines of text vectors: what a good one is, and what is wrong with a bad one.

This is the specification of the parser in ``csrc/text/text.h``. It replaces that parser where the
compiled core is missing, and is some twenty times slower.

* A line ends in ``\n`` with all ``\r`` around it, in a run of ``\r``, or with the block. So lines
  of any system are recognised, also those that were converted twice. Blanks (space, tab) at the
  ends of a line do not count, and blank lines are ignored. Other line ends of Unicode (VT, FF, NEL,
  U+2028) do not end a line.
* Runs of blanks separate fields. The last dim fields are numbers; the fields before them are the
  key, which may contain blanks.
* The key is not empty and is UTF-8. If its last field is another number, the line is ragged.
  (Digits only: "not nan" is a key.) If a header gives the dimension, it is certain, and a field of
  nothing but digits belongs to the key: "boeing 747".
* A number is what C reads in the "C" locale, except hexadecimal: 1, -.5, 5., 1e-7, +3E4, inf,
  infinity, nan in any case. It becomes the nearest float32, ties to even, rounded once.
  ``np.float32(text)`` rounds twice, by way of a double, and may be off by one unit in the last
  place.
"""

import math
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt

from vecstore.encodings import is_utf8
from vecstore.wording import counted

__all__ = [
    "ParsedBlock",
    "complaint",
    "count_numbers",
    "is_number",
    "line_spans",
    "nearest_float32",
    "parse_block",
    "split_fields",
    "split_lines",
]

_LINE = re.compile(rb"[^\r\n]*")
_RETURNS = re.compile(rb"\r*")
_FIELD = re.compile(rb"[^ \t]+")
_DECIMAL = rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_PLAIN_NUMBER = re.compile(_DECIMAL)
_NUMBER = re.compile(_DECIMAL + rb"|[+-]?(?:inf(?:inity)?|nan)", re.IGNORECASE)


class ParsedBlock(NamedTuple):
    """The lines of a block, as the compiled parser returns them."""

    keys: npt.NDArray[np.uint8]  # of the good lines, each followed by a newline
    vectors: npt.NDArray[np.float32]  # (m, dim)
    lines: npt.NDArray[np.int64]  # (m,), numbers of the good lines in the block, from 0
    bad: npt.NDArray[np.int64]  # (b, 3), number of each bad line, first byte, end
    n_lines: int  # empty ones included


def line_spans(text: bytes, begin: int = 0) -> Iterator[tuple[int, int]]:
    """Yield where each line begins, and where its line end does."""
    place = _after_returns(text, begin)
    while place < len(text):
        end = cast("re.Match[bytes]", _LINE.match(text, place)).end()
        yield place, end
        place = _after_returns(text, end)
        if text[place : place + 1] == b"\n":
            place = _after_returns(text, place + 1)


def split_lines(text: bytes) -> list[bytes]:
    r"""Return the lines of a text.

    >>> split_lines(b"unix\nwindows\r\nmac\rtwice\r\r\n\nend")
    [b'unix', b'windows', b'mac', b'twice', b'', b'end']
    """
    return [text[begin:end] for begin, end in line_spans(text)]


def _after_returns(text: bytes, place: int) -> int:
    return cast("re.Match[bytes]", _RETURNS.match(text, place)).end()


def parse_block(
    block: npt.NDArray[np.uint8],
    dim: int,
    *,
    keyed: bool,  # lines begin with a key
    certain: bool = False,  # a header gives `dim`
) -> ParsedBlock:
    """Parse a block of whole lines, as ``_native.parse_text`` does."""
    text, n_lines = block.tobytes(), 0
    keys, numbers, good, bad = bytearray(), list[bytes](), list[int](), list[tuple[int, ...]]()
    for i, (begin, end) in enumerate(line_spans(text)):
        n_lines = i + 1
        line = text[begin:end].rstrip(b" \t")
        if fields := _FIELD.findall(line):
            if _complaint(line, fields, dim, keyed, certain) is None:
                keys += _key_of(line, dim) + b"\n" if keyed else b""
                numbers += fields[-dim:]
                good.append(i)
            else:
                bad.append((i, begin, end))
    return ParsedBlock(
        np.frombuffer(bytes(keys), np.uint8),
        _round_all(numbers).reshape(len(good), dim),
        np.array(good, np.int64),
        np.array(bad, np.int64).reshape(len(bad), 3),
        n_lines,
    )


def complaint(line: bytes, dim: int, *, keyed: bool, certain: bool = False) -> str | None:
    """Say what is wrong with a line that is not blank, to follow a colon; None if nothing is.

    >>> complaint(b"king 0.5 0.1 0.2", 2, keyed=True)
    'it has 3 numbers where 2 are required'
    """
    return _complaint(line.rstrip(b" \t\r"), split_fields(line), dim, keyed, certain)


def _complaint(
    line: bytes, fields: list[bytes], dim: int, keyed: bool, certain: bool
) -> str | None:
    if len(fields) == dim + keyed:
        words = [field for field in fields[keyed:] if not is_number(field)]
        if words:
            return f'"{words[0].decode("utf-8", "backslashreplace")}" is not a number'
    elif not keyed:
        return f"it has {counted(len(fields), 'field')} where {dim} are required"
    else:
        n = count_numbers(fields)
        if n < dim:
            is_bare = len(fields) == dim and all(map(is_number, fields))
            return (
                "it has no key"
                if is_bare
                else f"it has {counted(n, 'number')} where {dim} are required"
            )
        before = fields[-dim - 1]
        if _PLAIN_NUMBER.fullmatch(before) and not (certain and before.isdigit()):
            return f"it has {counted(n, 'number')} where {dim} are required"
    if keyed and not is_utf8(_key_of(line, dim)):
        return "its key is not valid UTF-8"
    return None


def split_fields(line: bytes) -> list[bytes]:
    """Return the fields of a line."""
    return _FIELD.findall(line.rstrip(b" \t\r"))


def is_number(field: bytes) -> bool:
    """Return whether a field is a number by the rules above."""
    return _NUMBER.fullmatch(field) is not None


def count_numbers(fields: list[bytes]) -> int:
    """Return how many numbers end a line; its first field is the key, even if it is a number."""
    run = 0
    for field in reversed(fields[1:]):
        if not is_number(field):
            break
        run += 1
    return run


def _key_of(line: bytes, dim: int) -> bytes:
    """Return the text before the last dim fields."""
    starts = [match.start() for match in _FIELD.finditer(line)]
    return line[starts[0] : starts[-dim]].rstrip(b" \t")


def _round_all(numbers: list[bytes]) -> npt.NDArray[np.float32]:
    doubles = np.array([float(number) for number in numbers], dtype=np.float64)
    with np.errstate(over="ignore", under="ignore"):
        rounded = doubles.astype(np.float32)
    for i in np.flatnonzero(_may_be_halfway(doubles)):
        rounded[i] = nearest_float32(numbers[i].decode())
    return rounded


def _may_be_halfway(doubles: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Return where the bits lost in rounding to a double could decide the rounding to float32."""
    dropped = doubles.view(np.uint64) & np.uint64(0x1FFFFFFF)
    # Subnormal floats drop another number of bits.
    is_tiny = (np.abs(doubles) < np.finfo(np.float32).tiny) & (doubles != 0)
    halfway: npt.NDArray[np.bool_] = is_tiny | (dropped == 0x10000000)
    return halfway


def nearest_float32(text: str) -> np.float32:
    """Return the float32 nearest to a finite decimal number, ties to even, rounded once.

    >>> text = "1.0000000596046447753906251"  # a hair above the middle of two floats
    >>> float(nearest_float32(text)), float(np.float32(text))
    (1.0000001192092896, 1.0)
    """
    double = float(text)
    with np.errstate(over="ignore", under="ignore"):
        near = np.float32(double)
        towards = np.float32(math.copysign(math.inf, double - _as_double(near)))
        other = np.nextafter(near, towards)
    middle = (_as_double(near) + _as_double(other)) / 2  # exact: one bit more than a float32
    if double != middle:
        return near
    # `near` is the even one of the two. It wins only if the text is exactly the middle.
    exact = Decimal(text)
    beyond = exact > Decimal(middle) if other > near else exact < Decimal(middle)
    return other if beyond else near


def _as_double(value: np.float32) -> float:
    # Infinity stands for the power of two that would follow the largest float32.
    return float(value) if np.isfinite(value) else math.copysign(2.0**128, value)
