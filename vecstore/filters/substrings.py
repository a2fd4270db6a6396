"""Which packed strings begin, end, are or contain what, told by their bytes: none is decoded.

No character of UTF-8 begins within another one, so that bytes are found where characters are.
"""

import numpy as np
import numpy.typing as npt

from vecstore.storage.keys import PADDING, PackedStrings

__all__ = ["containing", "framed", "lowered"]

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]


def framed(strings: PackedStrings, head: bytes, tail: bytes | None) -> Mask:
    """Return which strings have a head and a tail that do not overlap, or with None are the head.

    >>> strings = PackedStrings.pack(["ab", "abba", "a", "aba"])
    >>> framed(strings, b"ab", b"a").tolist(), framed(strings, b"ab", None).tolist()
    ([False, True, False, True], [True, False, False, False])
    """
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
    """Return which strings contain a few bytes, at least one.

    >>> containing(PackedStrings.pack(["ab", "", "ba", "aab"]), b"ab").tolist()
    [True, False, False, True]
    """
    utf8, starts, lengths = _spans(strings)
    places = max(0, len(utf8) - len(part) + 1)
    here = np.ones(places, np.bool_)
    for i, byte in enumerate(part):
        here &= utf8[i : i + places] == byte
    at = np.flatnonzero(here)
    rows = np.searchsorted(starts, at, side="right") - 1  # the last of those that begin there
    found = np.zeros(len(strings), np.bool_)
    found[rows[at + len(part) <= (starts + lengths)[rows]]] = True
    return found


def lowered(strings: PackedStrings) -> PackedStrings | None:
    """Return ASCII strings in lower case; None if there are others.

    >>> lowered(PackedStrings.pack(["Ab", "Z_"])).texts()
    array(['ab', 'z_'], dtype=object)
    """
    utf8, offsets = strings.content()
    if utf8.max(initial=0) >= 128:
        return None
    capital = utf8 - np.uint8(ord("A")) < 26  # unsigned: what is less than "A" becomes large
    lower = np.where(capital, utf8 + np.uint8(32), utf8)
    return PackedStrings(np.append(lower, np.zeros(PADDING, np.uint8)), offsets)


def _spans(strings: PackedStrings) -> tuple[npt.NDArray[np.uint8], Places, Places]:
    utf8, offsets = strings.content()
    places = offsets.astype(np.int64)
    return utf8, places[:-1], np.diff(places)


def _standing(utf8: npt.NDArray[np.uint8], part: bytes, places: Places, rows: Places) -> Places:
    """Return those of some rows in which a part stands at the place of the row."""
    for i, byte in enumerate(part):
        rows = rows[utf8[places[rows] + i] == byte]
        if len(rows) == 0:
            break
    return rows
