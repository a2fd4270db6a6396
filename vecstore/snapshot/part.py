"""What a snapshot is made of: rows with their keys, wherever they lie."""

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


# Encoding a row costs about as much as scanning it for 200 queries of a batch, or for 25 that come
# alone. Codes are made when as much has been spent on scans without them, so that nobody pays more
# than twice what he would have with the best of luck.
_WORTH_CODES = 200
_LEAST_PER_CALL = 8


class Keys(Protocol):
    """The keys of a part: which row has a key, and which key has a row."""

    kind: str

    def __len__(self) -> int: ...

    def find(self, keys: Sequence[Any]) -> Rows:
        """Return the local row of every key, shape (m,), -1 where there is none."""
        ...

    def find_one(self, key: Any) -> int:
        """Return the local row of one key, -1 where there is none."""
        ...

    def take(self, rows: Rows) -> npt.NDArray[Any]:
        """Return the keys of local rows, shape (m,): objects (str) or int64."""
        ...


class Part:
    """Rows that a snapshot searches: a segment, an array in memory, somebody else's dataset.

    What was not prepared when the rows were written is done when a search first needs it.

    Parameters
    ----------
    vectors : ndarray of float32 or float16, shape (n, dim)
        Kept as they are, not copied; may be mapped and read-only.
    keys : Keys
        One for every row.
    metric : str or callable
        Under ``"cosine"`` there are norms.
    unchecked : str or None
        Where the rows come from when nobody has checked them: the first search does.
    inverse_norms : ndarray of float32, shape (n,), or None
        If they are known.
    stored : Codes or None
        If they are known.
    sidecar : Sidecar or None
        Where to keep what is computed.
    attributes : callable, default no columns
        Gives the columns of the rows; called when they are first asked for.
    mapped : sequence of MappedFile
        The files that all this is mapped from.
    """

    def __init__(
        self,
        vectors: npt.NDArray[Any],
        keys: Keys,
        metric: object,
        unchecked: str | None = None,
        *,
        inverse_norms: npt.NDArray[np.float32] | None = None,
        stored: Codes | None = None,
        sidecar: Sidecar | None = None,
        attributes: Callable[[], Columns] = dict,
        mapped: Sequence[MappedFile] = (),
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
        self._asked = 0
        #: The answers to the last conditions put to the rows: bits, as `packbits` makes them.
        self.answers: Mapping[str, npt.NDArray[np.uint8]] = {}
        self._encoding = Lock()
        _parts.add(self)
        #: What leads a search through the rows, or why that cannot be used. It is derived from them
        #: alone, and may come and go while snapshots share the part.
        self.stored_index: StoredIndex | VecstoreError | None = None
        self._index: tuple[StoredIndex | None, Index | None] = (None, None)

    @classmethod
    def of(cls, segment: Segment) -> "Part":
        """Return the rows of a segment.

        Parameters
        ----------
        segment : Segment
            Mapped.

        Returns
        -------
        Part
            With what was prepared when the segment was written.
        """
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
        """Columns of n rows by name; a column that is not there is missing in all of them."""
        return self._attributes()

    @cached_property
    def inverse_norms(self) -> npt.NDArray[np.float32] | None:
        """Float32, shape (n,); None but under cosine."""
        if self._unchecked:
            check_rows(self.vectors, self._metric, self._unchecked)
            self.check()  # what was computed from other rows is not kept
        if self._metric != "cosine" or self._known_norms is not None:
            return self._known_norms
        norms: npt.NDArray[np.float32] = kernels.engine().inverse_norms(self.vectors)
        self.check()
        return norms

    @property
    def index(self) -> Index | None:
        """The index over the rows; None, after a warning, if the one there is damaged."""
        found = self.try_index()
        if isinstance(found, VecstoreError):
            warnings.warn(f"{found} Searches are exact meanwhile.", stacklevel=2)
            return None
        return found

    def try_index(self) -> Index | VecstoreError | None:
        """Return the index over the rows, or what is wrong with it.

        Returns
        -------
        Index, VecstoreError or None
            None where there is none.
        """
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
        """Return the codes, made now if so many queries have come that they are worth it.

        Parameters
        ----------
        n_queries : int
            How many are about to be answered.
        threads : int or None
            To encode with.

        Returns
        -------
        Codes or None
            None while scanning the vectors costs less.
        """
        if self._codes is None:
            self._asked += max(n_queries, _LEAST_PER_CALL)
            if self._asked >= _WORTH_CODES or self._sidecar:
                return self.encode(threads)
        return self._codes

    def encode(self, threads: int | None = None, progress: Progress | None = None) -> Codes:
        """Return the codes, made now if they are not there yet.

        Parameters
        ----------
        threads : int or None
            None takes as many as the engine thinks right.
        progress : callable or None
            Called as ``progress(rows, total)``.

        Returns
        -------
        Codes
            Kept from now on.
        """
        with self._encoding:  # of several threads that ask at once, one works and the others wait
            if self._codes is None:
                norms = self.inverse_norms
                metric = str(self._metric)
                made = encode([self.vectors], metric, threads=threads, progress=progress)
                self.check()
                if self._sidecar:
                    self._sidecar.write(norms, made)
                self._codes = made
            return self._codes


# Where a process forks while another of its threads makes codes, the child has the lock, and nobody
# to release it.
_parts: WeakSet[Part] = WeakSet()


def _release_locks() -> None:
    for part in list(_parts):
        part._encoding = Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_release_locks)
