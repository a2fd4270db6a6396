"""Packed strings that begin with, end with, equal or contain given bytes, without decoding any.

No UTF-8 character begins within another one, so bytes are found only where characters are.
"""

import numpy as np
import numpy.typing as npt

from vecstore.storage.keys import PADDING, PackedStrings

__all__ = ["containing", "framed", "lowered"]

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]


def framed(strings: PackedStrings, head: bytes, tail: bytes | None) -> Mask:
    """Return which strings have a head and a tail that do not overlap; tail None: are the head."""
    utf8, starts, lengths = _spans(strings)
    least = len(head) + len(tail or b"")
    rows = np.flatnonzero(lengths == least if tail is None else lengths >= least)
    rows = _standing(utf8, head, starts, rows)
    if tail:
        rows = _standing(utf8, tail, starts + lengths - len(tail), rows)
    found = np.zeros(len(strings), np.bool_)
    found[rows] = True
    return found


def containing(strings: PackedStrings, part: bytes) -> Mask:
    """Return which strings contain the bytes, of which there is at least one."""
    utf8, starts, lengths = _spans(strings)
    places = max(0, len(utf8) - len(part) + 1)
    here = np.ones(places, np.bool_)
    for i, byte in enumerate(part):
        here &= utf8[i : i + places] == byte
    at = np.flatnonzero(here)
    rows = (
        np.searchsorted(starts, at, side="right") - 1
    )  # the last string that begins there or before
    found = np.zeros(len(strings), np.bool_)
    found[rows[at + len(part) <= (starts + lengths)[rows]]] = True
    return found


def lowered(strings: PackedStrings) -> PackedStrings | None:
    """Return strings in lower case if all are ASCII, otherwise None."""
    utf8, offsets = strings.content()
    if utf8.max(initial=0) >= 128:
        return None
    capital = utf8 - np.uint8(ord("A")) < 26  # unsigned: bytes below "A" wrap to large numbers
    lower = np.where(capital, utf8 + np.uint8(32), utf8)
    return PackedStrings(np.append(lower, np.zeros(PADDING, np.uint8)), offsets)


def _spans(strings: PackedStrings) -> tuple[npt.NDArray[np.uint8], Places, Places]:
    utf8, offsets = strings.content()
    places = offsets.astype(np.int64)
    return utf8, places[:-1], np.diff(places)


def _standing(utf8: npt.NDArray[np.uint8], part: bytes, places: Places, rows: Places) -> Places:
    """Return the rows in which `part` stands at the place of the row."""
    for i, byte in enumerate(part):
        rows = rows[utf8[places[rows] + i] == byte]
        if len(rows) == 0:
            break
    return rows
