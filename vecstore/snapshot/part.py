"""The parts that a snapshot is made of: rows with their keys, wherever they lie."""

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from threading import Lock
from typing import Any, Protocol
from weakref import WeakSet

import numpy as np
import numpy.typing as npt

from vecstore import kernels
from vecstore.arrays import Codes, Progress, Rows, check_rows
from vecstore.errors import VecstoreError
from vecstore.index import Index, encode, read_index
from vecstore.storage import Columns, Segment, Sidecar, StoredIndex
from vecstore.storage.disk import MappedFile

__all__ = ["Keys", "Part"]


# Encoding a row costs about as much as scanning it for 200 queries of a batch, or for 25 single
# queries. Codes are made when scans without them have cost as much, so the total is at most twice
# the optimum.
_WORTH_CODES = 200
_LEAST_PER_CALL = 8


class Keys(Protocol):
    """The keys of a part: which row has a key, and which key a row has."""

    kind: str

    def __len__(self) -> int: ...

    def find(self, keys: Sequence[Any]) -> Rows:
        """Return the local row of every key, or -1."""
        ...

    def find_one(self, key: Any) -> int:
        """Return the local row of one key, or -1."""
        ...

    def take(self, rows: Rows) -> npt.NDArray[Any]:
        """Return the keys of local rows: objects (str) or int64."""
        ...


class Part:
    """Rows that a snapshot searches: a segment, an array in memory, or a foreign dataset.

    Whatever was not prepared when the rows were written is computed when a search first needs it.
    """

    def __init__(
        self,
        vectors: npt.NDArray[Any],  # (n, dim), float32 or float16; used as they are, not copied
        keys: Keys,
        metric: object,
        unchecked: str | None = None,  # names rows that nobody has checked: the first search does
        *,
        inverse_norms: npt.NDArray[np.float32] | None = None,
        stored: Codes | None = None,
        sidecar: Sidecar | None = None,  # keeps what is computed
        attributes: Callable[[], Columns] = dict,  # called when columns are first asked for
        mapped: Sequence[MappedFile] = (),  # the files that all this is mapped from
    ) -> None:
        self.vectors = vectors
        self.keys = keys
        self._metric = metric
        self._unchecked = unchecked
        self._known_norms = inverse_norms
        self._codes = stored
        self._sidecar = sidecar
        self._attributes = attributes
        self._mapped = tuple(mapped)
        self._asked = 0  # queries answered without codes
        #: Answers to the last conditions on the rows, as bits of `packbits`.
        self.answers: Mapping[str, npt.NDArray[np.uint8]] = {}
        self._encoding = Lock()
        _parts.add(self)
        #: The index file of the rows, or why it cannot be used. It is derived from the rows alone,
        #: and may come and go while snapshots share the part.
        self.stored_index: StoredIndex | VecstoreError | None = None
        self._index: tuple[StoredIndex | None, Index | None] = (None, None)

    @classmethod
    def of(cls, segment: Segment) -> "Part":
        """Return the rows of a segment, with what was prepared when it was written."""
        return cls(
            segment.vectors,
            segment.keys,
            segment.metric,
            inverse_norms=segment.inverse_norms,
            stored=segment.codes,
            attributes=lambda: segment.attributes,
            mapped=(segment.file,) if segment.file else (),
        )

    def check(self) -> None:
        """Raise StoreChangedError if a file that the rows are mapped from was written to."""
        for file in self._mapped:
            file.check()
        index = self.stored_index
        if isinstance(index, StoredIndex) and index.file:
            index.file.check()

    @cached_property
    def attributes(self) -> Columns:
        """Columns by name; a column that is not there is missing in every row."""
        return self._attributes()

    @cached_property
    def inverse_norms(self) -> npt.NDArray[np.float32] | None:
        """Inverse norms under cosine, otherwise None; unchecked rows are checked first."""
        if self._unchecked:
            check_rows(self.vectors, self._metric, self._unchecked)
            self.check()  # keep nothing that was computed from other rows
        if self._metric != "cosine" or self._known_norms is not None:
            return self._known_norms
        norms: npt.NDArray[np.float32] = kernels.engine().inverse_norms(self.vectors)
        self.check()
        return norms

    @property
    def index(self) -> Index | None:
        """The index over the rows; None, after a warning, if it is damaged."""
        found = self.try_index()
        if isinstance(found, VecstoreError):
            warnings.warn(f"{found} Searches are exact meanwhile.", stacklevel=2)
            return None
        return found

    def try_index(self) -> Index | VecstoreError | None:
        """Return the index over the rows, or what is wrong with it; None if there is none."""
        stored = self.stored_index
        if stored is None or isinstance(stored, VecstoreError):
            return stored
        known, index = self._index
        if known is not stored or index is None:
            try:
                index = read_index(*stored[:4], len(self.vectors))
            except VecstoreError as error:
                self.stored_index = error
                return error
            self._index = stored, index
        return index

    def codes_for(self, n_queries: int, threads: int | None) -> Codes | None:
        """Return the codes; make them if enough queries have come, otherwise None."""
        if self._codes is None:
            self._asked += max(n_queries, _LEAST_PER_CALL)
            if self._asked >= _WORTH_CODES or self._sidecar:
                return self.encode(threads)
        return self._codes

    def encode(self, threads: int | None = None, progress: Progress | None = None) -> Codes:
        """Return the codes, made now if they are missing, and kept."""
        with self._encoding:  # if several threads ask at once, one works and the others wait
            if self._codes is None:
                norms = self.inverse_norms
                metric = str(self._metric)
                made = encode([self.vectors], metric, threads=threads, progress=progress)
                self.check()
                if self._sidecar:
                    self._sidecar.write(norms, made)
                self._codes = made
            return self._codes


# If a process forks while another of its threads makes codes, the lock is held in the child, and no
# thread there releases it.
_parts: WeakSet[Part] = WeakSet()


def _release_locks() -> None:
    for part in list(_parts):
        part._encoding = Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_release_locks)
