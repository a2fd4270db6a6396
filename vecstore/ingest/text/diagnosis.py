"""What a file seems to be that could not be read as what it looked like."""

import re

import numpy as np
import numpy.typing as npt

from vecstore.ingest.text.parsing import is_number, split_fields, split_lines
from vecstore.wording import quoted

__all__ = ["has_controls", "is_text", "swapped_bytes", "why_no_numbers"]

# Tab, line ends, VT and FF occur in text.
_CONTROLS = re.compile(rb"[\0-\x08\x0e-\x1f]")
_KEY_CONTROLS = re.compile(rb"[\0-\x1f]")
_NUMBER = rb"[+-]?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?"
_LINES = 8
# The first 8 lines settle it, and the first 4 KB of a long one.
_LINE_BYTES = 1 << 12

# Numbers that we cannot parse, and what to call them; the likeliest first.
_ODD = (
    (re.compile(rb"[0-9]+:" + _NUMBER), "are pairs of a place and a number, a sparse format"),
    (re.compile(_NUMBER + rb"(?:;" + _NUMBER + rb")+"), "are separated by semicolons"),
    (re.compile(_NUMBER + rb"(?:\|" + _NUMBER + rb")+"), "are separated by bars"),
    (re.compile(rb"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?"), "have decimal commas"),
    (re.compile(_NUMBER + rb"(?:,+" + _NUMBER + rb")+"), "are separated by commas"),
    (re.compile(rb",|" + _NUMBER + rb",|," + _NUMBER), "are separated by commas"),
    (re.compile(rb";|" + _NUMBER + rb";|;" + _NUMBER), "are separated by semicolons"),
    (re.compile(rb"[+-]?0[xX][0-9a-fA-F.]+(?:[pP][+-]?[0-9]+)?"), "are hexadecimal"),
    (re.compile(rb"['\"]" + _NUMBER + rb"['\"]"), "stand in quotes"),
    (re.compile(_NUMBER + rb"[dD][+-]?[0-9]+"), "have exponents with D, as Fortran writes them"),
    (re.compile(rb"\xe2\x88\x92" + _NUMBER), "have U+2212 for a minus"),
)


def is_text(head: bytes, *, complete: bool) -> bool:
    """Return whether the head of a file is UTF-8 without control characters."""
    if _CONTROLS.search(head):
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        # The head may end within a character.
        return not complete and error.start > len(head) - 4
    return True


def has_controls(keys: list[bytes]) -> bool:
    """Return whether any key holds control characters, which no real key does."""
    return _KEY_CONTROLS.search(b" ".join(keys)) is not None


def why_no_numbers(head: bytes) -> str | None:
    r"""Say what is odd about the numbers of the first lines, to follow "it seems that"; or None.

    >>> why_no_numbers(b"2 3\nking 0.1,0.2,0.3\n")
    'the numbers are separated by commas (line 2: "king 0.1,0.2,0.3")'
    """
    if head.lstrip()[:1] in (b"[", b"{"):
        return None  # JSON, which `foreign` names
    for place, line in enumerate(split_lines(head[: _LINES * _LINE_BYTES])[:_LINES], 1):
        fields = split_fields(line[:_LINE_BYTES])
        values = [one for one in fields[1:] if not is_number(one)]
        if not values and len(fields) > 1:
            continue
        if name := _oddity(values or fields):
            return f'the numbers {name} (line {place}: "{quoted(line)}")'
    return None


def _oddity(fields: list[bytes]) -> str | None:
    if fields and fields[0][:1] in (b"[", b"(", b"{"):
        return "stand in brackets"
    for odd, name in _ODD:
        if sum(_is_odd(odd, field) for field in fields) * 2 > len(fields):
            return name
    return None


def _is_odd(odd: re.Pattern[bytes], field: bytes) -> bool:
    return odd.fullmatch(field) is not None or odd.fullmatch(_values_of(field)) is not None


def _values_of(field: bytes) -> bytes:
    """Return what follows the key in a field that holds a whole line: ``king,0.1,0.2``."""
    separator = next((one for one in (b";", b"|", b",") if one in field), b"")
    return field.partition(separator)[2] if separator else b""


def swapped_bytes(vectors: npt.NDArray[np.float32]) -> bool:
    """Return whether floats make sense only with their bytes swapped."""
    values = vectors[vectors != 0]
    if len(values) < 8:
        return False
    return _sane(values) < 0.5 and _sane(values.byteswap()) > 0.9


def _sane(values: npt.NDArray[np.float32]) -> float:
    with np.errstate(invalid="ignore"):
        sizes = np.abs(values)
        return float(np.mean((sizes > 1e-12) & (sizes < 1e12)))
