"""The store: the questions of a reader, and the life of what they are put to."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from vecstore.changes import Batch
from vecstore.errors import ReadOnlyError, VecstoreError
from vecstore.folder import Folder
from vecstore.lookup import as_keys
from vecstore.reader import Reader
from vecstore.sealing import Batches
from vecstore.search import Metric, metric_name
from vecstore.single import SingleFile
from vecstore.snapshot import Snapshot
from vecstore.storage import Problem, Subwords, check

__all__ = ["Store"]


class Store(Reader):
    """Vectors under keys, and exact answers to what is near them.

    Made by `vecstore.create`, `vecstore.open` and `vecstore.from_arrays`. A store open for reading
    sees one state, its *snapshot*, until `refresh`. Any number of threads may ask at once.

    Parameters
    ----------
    rows : Folder, SingleFile or Snapshot
        A store of ours on disk, one in a file, or rows that never change.
    metric : str or callable
        What near means.
    path : Path or None
        Where the vectors lie; None in memory.

    Examples
    --------
    >>> import vecstore
    >>> compass = [[0, 1], [1, 0], [0, -1], [-1, 0]]
    >>> store = vecstore.from_arrays(compass, keys=["north", "east", "south", "west"])
    >>> len(store), "east" in store, store["east"]
    (4, True, array([1., 0.], dtype=float32))
    >>> for key, distance in store.search([3, 1], k=2):
    ...     print(f"{key} {distance:.3f}")
    east 0.051
    north 0.684
    """

    def __init__(
        self, rows: Folder | SingleFile | Snapshot, metric: Metric, path: Path | None = None
    ) -> None:
        self.metric = metric
        self.path = path
        self._rows: Folder | SingleFile | Snapshot | None = rows

    @property
    def generation(self) -> int:
        """The number of the commit that this store sees; 0 for what is no store of ours."""
        rows = self._open_rows()
        return rows.generation if isinstance(rows, Folder) else 0

    @property
    def subwords(self) -> Subwords | None:
        """What `oov` computes vectors of unknown words from; None if the store has it not."""
        rows = self._open_rows()
        return None if isinstance(rows, Snapshot) else rows.subwords

    def oov(self, words: Any) -> npt.NDArray[np.float32]:
        """Return vectors for words that need not be in the store, from their subwords.

        Parameters
        ----------
        words : str, or list of n str
            Any words. One that is a key has its stored vector, any other the mean of the vectors
            of its n-grams: what fastText computes.

        Returns
        -------
        ndarray of float32, shape (dim,) or (n, dim)
            Ready to search with.

        Raises
        ------
        VecstoreError
            If the store has no subwords: it was not imported from a fastText ``.bin`` model.
        KeyNotFoundError
            If a word is too short to have an n-gram.
        """
        snapshot, subwords, single = self._snapshot, self.subwords, isinstance(words, str)
        if subwords is None:
            raise VecstoreError(
                f"{self._name()} has no subwords; only a store imported from a fastText .bin has."
            )
        listed = as_keys([words] if single else words, "str", "words")
        vectors = np.empty((len(listed), snapshot.dim), np.float32)
        known = snapshot.find(listed)
        vectors[known >= 0] = snapshot.gather(known[known >= 0], np.float32)
        unknown = np.flatnonzero(known < 0)
        vectors[unknown] = subwords.vectors([listed[place] for place in unknown.tolist()])
        return vectors[0] if single else vectors

    # Writing.

    def add(self, keys: Iterable[Any], vectors: npt.ArrayLike, attributes: Any = None) -> None:
        """Add vectors under new keys: all of them or none, durable when this returns.

        Parameters
        ----------
        keys : iterable of str or of int, n of them
            None of them in the store yet.
        vectors : array_like of numbers, shape (n, dim)
            Rounded to the dtype of the store.
        attributes : mapping of str to sequence, frame, structured array, or None
            For every column n values, None where one is missing: a dict of lists, a frame of
            polars, pandas or Arrow, a NumPy array with named fields.

        Raises
        ------
        DuplicateKeyError
            If a key is in the store, or twice among `keys`.
        ValueError
            If the shapes disagree, a value is not finite or does not fit the dtype, or a vector is
            zero under cosine.
        TypeError
            If a key is not of the type of the store, the vectors are not numbers, or an attribute
            is not of the type of its column.
        ReadOnlyError
            If the store was not opened for writing.
        """
        self._writable().writer.add(keys, vectors, attributes)

    def upsert(self, keys: Iterable[Any], vectors: npt.ArrayLike, attributes: Any = None) -> None:
        """Put vectors under keys, whether they are there or not: all of them or none, durable.

        Parameters
        ----------
        keys : iterable of str or of int, n of them
            Each of them once.
        vectors : array_like of numbers, shape (n, dim)
            As for `add`.
        attributes : mapping of str to sequence, frame, structured array, or None
            As for `add`. Nothing is left of what a key had before, attributes included.

        Raises
        ------
        DuplicateKeyError
            If a key comes twice among `keys`.
        ValueError, TypeError, ReadOnlyError
            As for `add`.

        Notes
        -----
        A key that is replaced counts as inserted now: it comes last in `keys`, and behind others
        at the same distance.
        """
        with self.batch() as batch:
            batch.upsert(keys, vectors, attributes)

    def set_attributes(self, keys: Iterable[Any], attributes: Any) -> None:
        """Change attributes of keys that are there: of all of them or of none, durable.

        Parameters
        ----------
        keys : iterable of str or of int, n of them
            Each of them once.
        attributes : mapping of str to sequence, frame or structured array
            As for `add`. Columns that it does not name stay as they are, and so do the vectors.

        Raises
        ------
        KeyNotFoundError
            If a key is missing.
        DuplicateKeyError
            If a key comes twice among `keys`.
        ValueError, TypeError, ReadOnlyError
            As for `add`.

        Notes
        -----
        The rows are written anew, vectors included, and count as inserted now; see `upsert`.

        Examples
        --------
        >>> import vecstore
        >>> with vecstore.create("sights.vecs", dim=2) as store:
        ...     store.add(["tower", "bridge"], [[0, 1], [1, 0]], {"built": [1889, 1577]})
        ...     store.set_attributes(["bridge"], {"built": [1578], "name": ["Pont Neuf"]})
        ...     store.frame().rows()
        [('tower', 1889, None), ('bridge', 1578, 'Pont Neuf')]
        """
        with self.batch() as batch:
            batch.set_attributes(keys, attributes)

    def delete(self, keys: Iterable[Any], *, missing: str = "raise") -> int:
        """Delete keys with their vectors and attributes: all of them or none, durable.

        Parameters
        ----------
        keys : iterable of str or of int
            A key that comes twice counts once.
        missing : str, default "raise"
            What to do about keys that are not in the store: ``"raise"`` or ``"ignore"``.

        Returns
        -------
        int
            How many there were.

        Raises
        ------
        KeyNotFoundError
            If a key is missing, and that is not to be ignored; nothing is deleted then.
        ReadOnlyError
            If the store was not opened for writing.

        Notes
        -----
        Their space is given back when their segment is written anew; see `compact`.
        """
        with self.batch() as batch:
            return batch.delete(keys, missing=missing)

    def batch(self) -> AbstractContextManager[Batch]:
        """Make one commit of many calls: all of them or none, durable when the block ends.

        Returns
        -------
        context manager of Batch
            With the methods `add`, `upsert` and `delete`. An exception that leaves the block
            discards everything. Other threads that write wait until it ends.

        Raises
        ------
        ReadOnlyError
            If the store was not opened for writing.

        Examples
        --------
        >>> import vecstore
        >>> with vecstore.create("compass.vecs", dim=2) as store:
        ...     with store.batch() as batch:
        ...         batch.add(["north", "east"], [[0, 1], [1, 0]])
        ...         batch.add(["south"], [[0, -1]])
        ...     len(store)
        3
        """
        return self._writable().writer.batch()

    def add_batches(
        self,
        batches: Batches,
        *,
        subwords: Subwords | None = None,
        provenance: Mapping[str, Any] | None = None,
    ) -> int:
        """Add many batches as one commit, in memory that does not grow with them.

        Parameters
        ----------
        batches : iterable of (keys, vectors) or (keys, vectors, attributes)
            Each as for `add`. Rows go to disk a segment at a time; nobody sees them until all are
            there, and nothing is left of them if one is refused.
        subwords : Subwords or None
            What `oov` shall compute vectors from.
        provenance : mapping or None
            Where the vectors come from, for `info`: anything that JSON can hold. The time and the
            versions of packages are added; `vecstore.provenance` names what else is customary.

        Returns
        -------
        int
            The number of rows added.
        """
        return self._writable().writer.add_batches(batches, subwords, provenance)

    # Living.

    def compact(self) -> None:
        """Give back the space of deleted rows, and make large segments of small ones.

        Nothing else changes: keys, vectors, and their order stay. Readers in this process and in
        others go on with what they have open. Killed half-way, it leaves the store as it was or
        with some of the work done; call it again for the rest. Small segments are merged without
        being asked, eight at a time, and those with more than half of their rows deleted are
        written anew.

        Raises
        ------
        ReadOnlyError
            If the store was not opened for writing.
        OSError
            If the disk is full, say: it needs room for one more large segment.
        """
        self._writable().writer.compact()

    def flush(self) -> None:
        """Put into segments what only the journal holds; `close` does it too.

        Raises
        ------
        ReadOnlyError
            If the store was not opened for writing.
        """
        self._writable().writer.flush()

    def refresh(self) -> None:
        """Move on to the newest committed state, which another process may have written."""
        rows = self._open_rows()
        if isinstance(rows, Folder):
            rows.refresh()

    def info(self) -> dict[str, Any]:
        """Describe the store.

        Returns
        -------
        dict
            ``path``, ``generation``, ``rows``, ``dim``, ``metric``, ``dtype``, ``key_kind``; for a
            store of ours on disk also ``created``, ``committed`` (when its last manifest was),
            ``library``, ``files`` (name to bytes), ``segments``, ``journal_rows`` (not in segments
            yet), ``deleted`` and ``dead_fraction`` (rows whose space `compact` gives back), and
            ``provenance``.
        """
        rows = self._open_rows()
        described = {
            "path": str(self.path) if self.path else None,
            "generation": self.generation,
            "rows": len(self),
            "dim": self.dim,
            "metric": metric_name(self.metric),
            "dtype": self.dtype.name,
            "key_kind": self.key_kind,
        }
        return described if isinstance(rows, Snapshot) else described | rows.info()

    def check(self, *, full: bool = False) -> Iterator[Problem]:
        """Find everything that is wrong with the files of the store; see `vecstore.check`.

        Parameters
        ----------
        full : bool, default False
            Whether to compute what is derived from the vectors for all rows, not for a sample.

        Returns
        -------
        iterator of Problem
            None for arrays in memory and other people's files: nobody knows what they should be.
        """
        rows = self._open_rows()
        return iter(()) if isinstance(rows, Snapshot) else check(rows.path, full=full)

    def close(self) -> None:
        """Let go of files and of the right to write; answers that were given stay valid."""
        rows, self._rows = self._rows, None
        if isinstance(rows, Folder):
            rows.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        if self._rows is None:
            return f"<Store {self._name()}: closed>"
        size = f"{len(self):,} x {self.dim} {self.dtype.name}"
        return f"<Store {self._name()}: {size}, {metric_name(self.metric)}>"

    @property
    def _snapshot(self) -> Snapshot:
        rows = self._open_rows()
        return rows if isinstance(rows, Snapshot) else rows.snapshot

    def _open_rows(self) -> Folder | SingleFile | Snapshot:
        if self._rows is None:
            raise ValueError(f"The store {self._name()} is closed; open it again to use it.")
        return self._rows

    def _writable(self) -> Folder:
        rows = self._open_rows()
        if isinstance(rows, Folder):
            return rows
        alone = "is one file" if isinstance(rows, SingleFile) else "is not a store of ours"
        what = f"{self.path} {alone}" if self.path else "This store is in memory"
        raise ReadOnlyError(f"{what} and cannot be added to; make one with vecstore.create.")

    def _name(self) -> str:
        return str(self.path) if self.path else "in memory"
