"""The changes that can be put to a store, in the words of the design."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import numpy.typing as npt

from vecstore.changes import Batch
from vecstore.folder import Folder
from vecstore.reader import Reader
from vecstore.sealing import Batches
from vecstore.storage import Subwords

__all__ = ["Editor"]


class Editor(Reader):
    """Adds, replaces and deletes vectors: every call is one durable commit, or an error."""

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

    def batch(
        self, *, provenance: Mapping[str, Any] | None = None
    ) -> AbstractContextManager[Batch]:
        """Make one commit of many calls: all of them or none, durable when the block ends.

        Parameters
        ----------
        provenance : mapping or None
            As for `add_batches`. It is kept with the commit, unless the block changes nothing.

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
        return self._writable().writer.batch(provenance)

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

    @abstractmethod
    def _writable(self) -> Folder: ...
