"""Subword vectors of a fastText model: a vector for any word, known or not.

A word is put into angle brackets and cut into n-grams of `minn` to `maxn` characters (Bojanowski,
Grave, Joulin and Mikolov, 2017, "Enriching word vectors with subword information", TACL 5). Each
n-gram is hashed to one of the buckets, and the vector of the word is the mean of its buckets.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from vecstore.errors import KeyNotFoundError
from vecstore.storage.disk.damage import damaged
from vecstore.storage.disk.directory import Directory
from vecstore.storage.disk.mapped import MappedFile
from vecstore.storage.disk.names import subwords_name
from vecstore.storage.manifest import FileEntry
from vecstore.storage.segments.array_files import open_arrays, publish_arrays, required

__all__ = ["Subwords", "bucket_rows", "write_subwords"]

_FNV_BASIS = 2166136261
_FNV_PRIME = 16777619


@dataclass(frozen=True, slots=True, eq=False)
class Subwords:
    """The subword vectors of a model; raises ValueError for lengths or buckets that make no sense.

    >>> Subwords(np.eye(4, 2, dtype=np.float32), minn=3, maxn=6).vector("cat").tolist()
    [0.0, 0.3333333432674408]
    """

    buckets: npt.NDArray[np.float32]  # (n_buckets, dim); may be mapped
    minn: int  # shortest n-gram in characters, brackets included
    maxn: int  # longest
    file: MappedFile | None = None  # what the buckets are mapped from

    def __post_init__(self) -> None:
        if not 1 <= self.minn <= self.maxn:
            raise ValueError(
                f"`minn` and `maxn` must satisfy 1 <= minn <= maxn; got {self.minn}, {self.maxn}."
            )
        if self.buckets.dtype != np.float32 or self.buckets.ndim != 2 or not self.buckets.size:
            raise ValueError(
                f"`buckets` must be float32 of shape (n, dim); "
                f"got {self.buckets.dtype} of shape {self.buckets.shape}."
            )

    @classmethod
    def open(cls, path: Path, expected: FileEntry | None = None) -> Self:
        """Map subword vectors; `expected` None takes the file's own word.

        Raises FormatVersionError for a format that this library does not read, and
        CorruptStoreError if the file is missing, damaged, or another file.
        """
        file = open_arrays(path, "subwords", expected)
        rows, minn, maxn = (file.attributes.get(name) for name in ("rows", "minn", "maxn"))
        if not isinstance(rows, int) or not isinstance(minn, int) or not isinstance(maxn, int):
            raise damaged(path, "it does not say how long its n-grams are")
        try:
            buckets = required(file, path, "buckets", (rows, None), "float32")
            return cls(buckets, minn, maxn, file.file)
        except ValueError as error:
            raise damaged(path, str(error).rstrip(".")) from None

    @property
    def dim(self) -> int:
        """Length of every vector."""
        return int(self.buckets.shape[1])

    def vectors(self, words: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the vectors of several words, (m, dim); see `vector`."""
        if self.file:
            self.file.check()
        vectors = np.empty((len(words), self.dim), np.float32)
        for place, word in enumerate(words):
            vectors[place] = self.vector(word)
        return vectors

    def vector(self, word: str) -> npt.NDArray[np.float32]:
        """Return the vector of any word; raises KeyNotFoundError if it has no n-gram."""
        rows = bucket_rows(word, self.minn, self.maxn, len(self.buckets))
        if not rows:
            raise KeyNotFoundError(
                f'"{word}" has no n-gram of {self.minn} to {self.maxn} characters.', key=word
            )
        with np.errstate(all="ignore"):  # a damaged file may hold anything; searches refuse it
            mean: npt.NDArray[Any] = self.buckets[rows].mean(axis=0, dtype=np.float64)
            return mean.astype(np.float32)


def write_subwords(folder: Path | Directory, number: int, subwords: Subwords) -> FileEntry:
    """Write subword vectors, all or nothing; they are durable when this returns."""
    name = subwords_name(number)
    attributes = {"minn": subwords.minn, "maxn": subwords.maxn}
    arrays = {"buckets": subwords.buckets}
    return publish_arrays(folder, name, "subwords", len(subwords.buckets), attributes, arrays)


def bucket_rows(word: str, minn: int, maxn: int, n_buckets: int) -> list[int]:
    """Return the bucket of every n-gram of a word, given without brackets, as fastText does."""
    return [_fnv1a(ngram) % n_buckets for ngram in _ngrams(word, minn, maxn)]


def _ngrams(word: str, minn: int, maxn: int) -> Iterator[bytes]:
    letters = [letter.encode("utf-8", "surrogatepass") for letter in f"<{word}>"]
    for start in range(len(letters)):
        for stop in range(start + minn, min(start + maxn, len(letters)) + 1):
            # A bracket alone is no n-gram.
            if stop - start > 1 or 0 < start < len(letters) - 1:
                yield b"".join(letters[start:stop])


def _fnv1a(data: bytes) -> int:
    value = _FNV_BASIS
    for byte in data:
        # fastText reads bytes as signed: one from 0x80 up sets the upper bits as well.
        signed = byte - 256 if byte > 127 else byte
        value = ((value ^ (signed & 0xFFFFFFFF)) * _FNV_PRIME) & 0xFFFFFFFF
    return value
