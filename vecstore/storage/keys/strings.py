"""Strings packed into two arrays that can be mapped: their bytes, and where each one begins.

String i is ``utf8[offsets[i]:offsets[i + 1]]``. Eight zero bytes follow the last string, so the
eight bytes from any position can be loaded as one word; hashing and comparing whole arrays of
strings works on such words. The arrays may come from a damaged file, so offsets are checked before
they are used: every method that follows them raises CorruptStoreError if they point outside.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Rows
from vecstore.storage.disk.damage import damaged
from vecstore.storage.keys.hashing import hash_bytes, mix_words, seed_hashes

__all__ = ["PADDING", "PackedStrings"]

#: Zero bytes after the last string.
PADDING = 8

Words = npt.NDArray[np.uint64]

# With fewer strings than this left, one vectorised step costs more than a loop in Python.
_FEW = 32


class PackedStrings:
    r"""An immutable array of strings.

    >>> strings = PackedStrings.pack(["king", "rød"])
    >>> bytes(strings.utf8), strings.offsets.tolist()
    (b'kingr\xc3\xb8d\x00\x00\x00\x00\x00\x00\x00\x00', [0, 4, 8])
    """

    def __init__(self, utf8: npt.NDArray[np.uint8], offsets: Words, path: str = "memory") -> None:
        self.utf8 = utf8  # (n_bytes + 8,); may be mapped
        self.offsets = offsets  # (n + 1,)
        self.path = path  # for errors
        self._bytes = utf8.data
        self._offsets = offsets.data
        self._end = len(utf8) - PADDING
        # Word i is the eight bytes from byte i on: words overlap and need no alignment.
        self._words: Words = np.ndarray((max(0, self._end + 1),), "<u8", utf8, strides=(1,))

    @classmethod
    def pack(cls, strings: Sequence[str], errors: str = "strict") -> Self:
        """Pack strings in memory; `errors` tells `str.encode` how to treat lone surrogates.

        Under "strict" they raise UnicodeEncodeError, because UTF-8 cannot hold them.
        """
        offsets = np.zeros(len(strings) + 1, np.uint64)
        lengths = map(len, strings)
        content = "".join(strings).encode("utf-8", errors)
        if not content.isascii():
            lengths = map(len, [string.encode("utf-8", errors) for string in strings])
        np.cumsum(np.fromiter(lengths, np.uint64, len(strings)), out=offsets[1:])
        return cls(np.frombuffer(content + bytes(PADDING), np.uint8), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def encoded(self, row: int) -> bytes:
        """Return a copy of one string in UTF-8."""
        start, stop = self._offsets[row], self._offsets[row + 1]
        if not start <= stop <= self._end:
            raise self._damage()
        return bytes(self._bytes[start:stop])

    def take(self, rows: Rows) -> npt.NDArray[Any]:
        """Return strings as objects; raises CorruptStoreError if they are not UTF-8."""
        starts, lengths = self._spans(rows)
        view = self._bytes
        strings = np.empty(len(rows), object)
        pairs = zip(starts.tolist(), (starts + lengths).tolist(), strict=True)
        try:
            strings[:] = [str(view[start:stop], "utf-8") for start, stop in pairs]
        except UnicodeDecodeError as error:
            raise damaged(self.path, f"a string is not valid UTF-8 ({error.reason})") from None
        return strings

    def texts(self) -> npt.NDArray[Any]:
        """Return all strings as objects, decoded at once: half the time of `take`."""
        utf8, offsets = self.content()
        try:
            text = str(utf8.data, "utf-8")
        except UnicodeDecodeError as error:
            raise damaged(self.path, f"a string is not valid UTF-8 ({error.reason})") from None
        if len(text) < len(utf8):
            begins = np.append((utf8 & 0xC0) != 0x80, True)  # where a character begins, or the end
            if not begins[offsets].all():
                raise damaged(self.path, "`offsets` point into characters of the strings")
            offsets = np.cumsum(begins)[offsets] - 1
        places = offsets.tolist()
        strings = np.empty(len(self), object)
        strings[:] = [text[start:stop] for start, stop in pairwise(places)]
        return strings

    def select(self, rows: Rows) -> Self:
        """Return some of the strings as an array of their own, in memory."""
        starts, lengths = self._spans(rows)
        offsets = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(lengths, out=offsets[1:])
        # An index of eight bytes for every byte: memory peaks at nine times the result.
        places = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], lengths)
        utf8 = np.concatenate([self.utf8[places], np.zeros(PADDING, np.uint8)])
        return type(self)(utf8, offsets.astype(np.uint64))

    def content(self) -> tuple[npt.NDArray[np.uint8], Words]:
        """Return the bytes of all strings without padding, and their (n + 1,) offsets.

        The offsets ascend from 0 to the number of bytes; raises CorruptStoreError if they do not.
        """
        first, last = int(self.offsets[0]), int(self.offsets[-1])
        if last > self._end or (self.offsets[1:] < self.offsets[:-1]).any():
            raise self._damage()
        return self.utf8[first:last], self.offsets - np.uint64(first) if first else self.offsets

    def cased(self) -> Rows:
        """Return the rows, ascending, of strings with an ASCII capital or a non-ASCII letter.

        No two of the other strings are the same word in another case.
        """
        utf8, offsets = self.content()
        # Unsigned arithmetic: what is less than "A" wraps round to a large number.
        letters = np.flatnonzero((utf8 - np.uint8(ord("A")) < 26) | (utf8 >= 128))
        before = np.searchsorted(letters, offsets.astype(np.int64))
        return np.flatnonzero(before[1:] > before[:-1])

    def hashes(self) -> Words:
        """Return `hash_bytes` of every string."""
        starts, left = self._spans(np.arange(len(self)))
        hashes = seed_hashes(left)
        rows = np.flatnonzero(left)
        done = 0
        while len(rows) > _FEW:
            mixed = mix_words(hashes[rows], self._load(starts[rows] + done, left[rows] - done))
            hashes[rows] = mixed
            done += 8
            rows = rows[left[rows] > done]
        for row in rows.tolist():
            hashes[row] = hash_bytes(self.encoded(row))
        return hashes

    def same(self, rows: Rows, other: "PackedStrings", other_rows: Rows) -> npt.NDArray[np.bool_]:
        """Return whether each string ``rows[i]`` equals string ``other_rows[i]`` of `other`."""
        starts, lengths = self._spans(rows)
        other_starts, other_lengths = other._spans(other_rows)
        equal: npt.NDArray[np.bool_] = lengths == other_lengths
        at = np.flatnonzero(equal & (lengths > 0))
        done = 0
        while len(at) > _FEW:
            left = lengths[at] - done
            mine = self._load(starts[at] + done, left)
            equal[at] = mine == other._load(other_starts[at] + done, left)
            done += 8
            at = at[equal[at] & (left > 8)]
        for i in at.tolist():
            equal[i] = self.encoded(int(rows[i])) == other.encoded(int(other_rows[i]))
        return equal

    def _load(self, starts: Rows, left: Rows) -> Words:
        """Return the eight bytes from each start, zero after the end of the string."""
        words = self._words[starts]
        short = np.flatnonzero(left < 8)
        kept = (left[short] * 8).astype(np.uint64)
        words[short] &= (np.uint64(1) << kept) - np.uint64(1)
        return words

    def _spans(self, rows: Rows) -> tuple[Rows, Rows]:
        """Return starts and lengths of the strings `rows`, known to lie inside."""
        starts = self.offsets[rows]
        stops = self.offsets[rows + 1]
        if not ((starts <= stops) & (stops <= self._end)).all():
            raise self._damage()
        return starts.astype(np.int64), (stops - starts).astype(np.int64)

    def _damage(self) -> Exception:
        return damaged(self.path, f"`offsets` point outside the {self._end} bytes of the strings")
