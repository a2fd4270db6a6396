"""Strings packed into two arrays that can be mapped: their bytes, and where each one begins.

String i is ``utf8[offsets[i]:offsets[i + 1]]``. Eight zero bytes follow the last one, so that the
eight bytes at any place of any string can be loaded in one go; hashing and comparing whole arrays
of strings works on such words. Arrays may come from a damaged file: what `offsets` say is checked
before it is followed.
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

# With fewer strings than this left, one step over all of them costs more than a loop in Python.
_FEW = 32


class PackedStrings:
    r"""An immutable array of strings.

    Parameters
    ----------
    utf8 : ndarray of uint8, shape (n_bytes + 8,)
        The strings, then eight zero bytes; may be mapped.
    offsets : ndarray of uint64, shape (n + 1,)
        Where each string begins, and where the last one ends.
    path : str, default "memory"
        The file they came from, for the errors.

    Examples
    --------
    >>> strings = PackedStrings.pack(["king", "rød"])
    >>> bytes(strings.utf8), strings.offsets.tolist()
    (b'kingr\xc3\xb8d\x00\x00\x00\x00\x00\x00\x00\x00', [0, 4, 8])
    >>> strings.take(np.array([1, 0]))
    array(['rød', 'king'], dtype=object)
    """

    def __init__(self, utf8: npt.NDArray[np.uint8], offsets: Words, path: str = "memory") -> None:
        self.utf8 = utf8
        self.offsets = offsets
        self.path = path
        self._bytes = utf8.data
        self._offsets = offsets.data
        self._end = len(utf8) - PADDING
        # Word i is the eight bytes from byte i on: words overlap, at any alignment.
        self._words: Words = np.ndarray((max(0, self._end + 1),), "<u8", utf8, strides=(1,))

    @classmethod
    def pack(cls, strings: Sequence[str], errors: str = "strict") -> Self:
        """Pack strings.

        Parameters
        ----------
        strings : sequence of str
            In order.
        errors : str, default "strict"
            What `str.encode` shall do about halves of surrogate pairs, which UTF-8 cannot hold.

        Returns
        -------
        PackedStrings
            In memory.

        Raises
        ------
        UnicodeEncodeError
            If a string holds half of a surrogate pair and `errors` is "strict".
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
        """Return one string in UTF-8.

        Parameters
        ----------
        row : int
            Which one.

        Returns
        -------
        bytes
            A copy.
        """
        start, stop = self._offsets[row], self._offsets[row + 1]
        if not start <= stop <= self._end:
            raise self._damage()
        return bytes(self._bytes[start:stop])

    def take(self, rows: Rows) -> npt.NDArray[Any]:
        """Return strings.

        Parameters
        ----------
        rows : ndarray of int64, shape (m,)
            In any order.

        Returns
        -------
        ndarray of object, shape (m,)
            Of str.

        Raises
        ------
        CorruptStoreError
            If the bytes are not UTF-8.
        """
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
        """Return all strings as objects, decoded in one go: half the time that `take` needs."""
        utf8, offsets = self.content()
        try:
            text = str(utf8.data, "utf-8")
        except UnicodeDecodeError as error:
            raise damaged(self.path, f"a string is not valid UTF-8 ({error.reason})") from None
        if len(text) < len(utf8):
            begins = np.append((utf8 & 0xC0) != 0x80, True)  # a character, or the end
            if not begins[offsets].all():
                raise damaged(self.path, "`offsets` point into characters of the strings")
            offsets = np.cumsum(begins)[offsets] - 1
        places = offsets.tolist()
        strings = np.empty(len(self), object)
        strings[:] = [text[start:stop] for start, stop in pairwise(places)]
        return strings

    def select(self, rows: Rows) -> Self:
        """Return strings as an array of their own.

        Parameters
        ----------
        rows : ndarray of int64, shape (m,)
            In any order.

        Returns
        -------
        PackedStrings
            In memory. While it is made, every byte of it takes nine.
        """
        starts, lengths = self._spans(rows)
        offsets = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(lengths, out=offsets[1:])
        places = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], lengths)
        utf8 = np.concatenate([self.utf8[places], np.zeros(PADDING, np.uint8)])
        return type(self)(utf8, offsets.astype(np.uint64))

    def content(self) -> tuple[npt.NDArray[np.uint8], Words]:
        """Return the bytes of all strings, and where each begins and the last one ends in them.

        Returns
        -------
        utf8 : ndarray of uint8, shape (n_bytes,)
            Without padding; may be mapped.
        offsets : ndarray of uint64, shape (n + 1,)
            Known to ascend from 0 to n_bytes.

        Raises
        ------
        CorruptStoreError
            If `offsets` do not ascend, or point outside.
        """
        first, last = int(self.offsets[0]), int(self.offsets[-1])
        if last > self._end or (self.offsets[1:] < self.offsets[:-1]).any():
            raise self._damage()
        return self.utf8[first:last], self.offsets - np.uint64(first) if first else self.offsets

    def cased(self) -> Rows:
        """Return which strings have a capital letter, or one that is not ASCII.

        Returns
        -------
        ndarray of int64, shape (m,)
            Ascending. No two of the other strings are the same word in another case.

        Raises
        ------
        CorruptStoreError
            If `offsets` do not ascend, or point outside.
        """
        utf8, offsets = self.content()
        # Unsigned: what is less than "A" becomes large.
        letters = np.flatnonzero((utf8 - np.uint8(ord("A")) < 26) | (utf8 >= 128))
        before = np.searchsorted(letters, offsets.astype(np.int64))
        return np.flatnonzero(before[1:] > before[:-1])

    def hashes(self) -> Words:
        """Return the hash of every string.

        Returns
        -------
        ndarray of uint64, shape (n,)
            What `hash_bytes` returns for the bytes of each.
        """
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
        """Compare strings with those of another array.

        Parameters
        ----------
        rows : ndarray of int64, shape (m,)
            Strings of this array.
        other : PackedStrings
            The other array.
        other_rows : ndarray of int64, shape (m,)
            Strings of the other array.

        Returns
        -------
        ndarray of bool, shape (m,)
            Whether string ``rows[i]`` equals ``other_rows[i]`` of `other`.
        """
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
        """Return the eight bytes from each start on, zero where the string has ended."""
        words = self._words[starts]
        short = np.flatnonzero(left < 8)
        kept = (left[short] * 8).astype(np.uint64)
        words[short] &= (np.uint64(1) << kept) - np.uint64(1)
        return words

    def _spans(self, rows: Rows) -> tuple[Rows, Rows]:
        """Return starts and lengths of the strings of `rows`, once they are known to be inside."""
        starts = self.offsets[rows]
        stops = self.offsets[rows + 1]
        if not ((starts <= stops) & (stops <= self._end)).all():
            raise self._damage()
        return starts.astype(np.int64), (stops - starts).astype(np.int64)

    def _damage(self) -> Exception:
        return damaged(self.path, f"`offsets` point outside the {self._end} bytes of the strings")
