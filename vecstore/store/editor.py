"""The changes that can be put to a store, in the words of the design."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import numpy.typing as npt

from vecstore.arrays import Progress, as_queries
from vecstore.filters import Where, qualifying
from vecstore.index import check_links
from vecstore.kernels import check_threads
from vecstore.storage import Subwords
from vecstore.store.folder import Folder
from vecstore.store.reader import Reader
from vecstore.writing import KINDS, Batch, Batches, Recipe, building, dropping, tuning

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
            For every column n values: a dict of lists, arrays or series, a frame of polars, pandas
            or Arrow, a NumPy array with named fields. None, NaN, NaT, pandas.NA and masked values
            are missing, wherever they come from; ``where`` sees NULL. A column that is missing
            everywhere has no type yet. Dates and datetimes are refused beyond what is stored.

        Raises
        ------
        DuplicateKeyError
            If a key is in the store, or twice among `keys`.
        ValueError
            If the shapes disagree, a value is not finite or does not fit the dtype, or a vector is
            zero under cosine; if an integer is not exact in a column of float64.
        TypeError
            If a key is not of the type of the store, the vectors are not numbers, or an attribute
            is not of the type of its column.
        ReadOnlyError
            If the store was not opened for writing.

        Notes
        -----
        A column keeps the type of the first value that it got: text into a column of numbers is an
        error. Numbers meet, though: integers go into a column of float64, and the first float
        makes a column of int64 one of float64, all rows included. Both are refused where an
        integer beyond 2**53 would be rounded.
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
        The rows are written anew, vectors included, and count as inserted now; see `upsert`. Keys
        and attributes are in memory meanwhile, vectors a segment at a time. An index does not have
        the rows then: build it again.

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
            With the methods `add`, `upsert`, `set_attributes` and `delete`. An exception that
            leaves the block discards everything. Other threads that write wait until it ends.

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
            versions of packages are added; `vecstore.writing.provenance` names what else is
            customary.

        Returns
        -------
        int
            The number of rows added.
        """
        return self._writable().writer.add_batches(batches, subwords, provenance)

    def upsert_batches(
        self, batches: Batches, *, provenance: Mapping[str, Any] | None = None
    ) -> int:
        """Put many batches of vectors under keys, new or not, as one commit.

        For a stream that replaces, and deletes, what it meets: writing to the store while
        `add_batches` or this reads from the stream is refused.

        Parameters
        ----------
        batches : iterable of (keys, vectors) or (keys, vectors, attributes)
            Each as for `upsert`: no key twice in a batch. Of a key that comes in several batches
            the last one counts. Rows go to disk a segment at a time; nobody sees them until all
            are there, and nothing is left of them if one is refused.
        provenance : mapping or None
            As for `add_batches`.

        Returns
        -------
        int
            How many rows more the store has than before.

        Raises
        ------
        DuplicateKeyError
            If a key comes twice in one batch.
        ValueError, TypeError, ReadOnlyError
            As for `add`.

        Examples
        --------
        >>> import vecstore
        >>> with vecstore.create("compass.vecs", dim=2) as store:
        ...     store.add(["north", "east"], [[0, 1], [1, 1]])
        ...     store.upsert_batches([(["east"], [[1, 0]]), (["west"], [[-1, 0]])])
        ...     store["east"]
        1
        array([1., 0.], dtype=float32)
        """
        return self._writable().writer.add_batches(batches, None, provenance, replacing=True)

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

    def build_index(
        self,
        kind: str = "hnsw",
        *,
        M: int = 16,
        ef_construction: int = 200,
        where: Where = None,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Build a graph over the rows for ``search(..., approximate=recall)``, and measure it.

        Parameters
        ----------
        kind : str, default "hnsw"
            Hierarchical navigable small worlds [1]_, in batches and by our own walks [2]_: the same
            rows make the same graph on any number of threads. ``"hnswlib"`` has them built by
            hnswlib, which takes two to four times as long and makes no better graph; where the
            compiled core is missing, it is the faster one by far.
        M : int, default 16
            Links per row on the upper levels; twice as many on the lowest.
        ef_construction : int, default 200
            Candidates looked at to link a row. More make a better graph, in more time.
        where : str, polars.Expr, array_like of bool, or None
            Which rows to have in it, as for `search`; the others are searched exactly.
        threads : int or None
            None takes what the machine allows this process.
        progress : callable or None
            Called as ``progress(rows, total)`` now and then.

        Raises
        ------
        ImportError
            If hnswlib is to build it and is not installed.
        ValueError
            If an argument is out of range.
        ReadOnlyError
            If the store was not opened for writing.

        Notes
        -----
        A commit for each segment; nothing else of the store changes, and a process killed half-way
        leaves it as it was, or with some segments indexed. Rows that are added later are searched
        exactly until the index is built again. Deleting needs nothing. `compact` first: one large
        segment is walked faster than many small ones. Some 20 s for 300,000 rows of 100
        dimensions on two threads, and as long again to measure it.

        What a walk finds is measured with rows taken out of the graph, at several widths, and kept
        with the index; `info` shows it.

        References
        ----------
        .. [1] Malkov and Yashunin, 2018, "Efficient and robust approximate nearest neighbor search
           using Hierarchical Navigable Small World graphs", IEEE TPAMI 42 (4).
        .. [2] Dobson Manohar et al., 2024, "ParlayANN: Scalable and deterministic parallel
           graph-based approximate nearest neighbor search algorithms", PPoPP.
        """
        if kind not in KINDS:
            raise ValueError(f'`kind` must be "hnsw" or "hnswlib"; got {kind!r}.')
        recipe = Recipe(kind, *check_links(M, ef_construction))
        folder = self._writable()
        folder.writer.derive(
            partial(
                building,
                recipe=recipe,
                where=None if where is None else partial(qualifying, where),
                threads=check_threads(threads),
                progress=progress,
            )
        )

    def tune_index(
        self, queries: npt.ArrayLike | None = None, *, threads: int | None = None
    ) -> None:
        """Measure the recall and the speed of the index again.

        Parameters
        ----------
        queries : array_like of numbers, shape (n, dim), or None
            Such as will be asked, hundreds of them, if they are unlike the rows: texts that search
            images, say. None takes rows out of the graph and searches for their neighbours.
        threads : int or None
            None takes what the machine allows this process.

        Raises
        ------
        ValueError
            If there is no index, or `queries` has the wrong shape.
        ReadOnlyError
            If the store was not opened for writing.
        """
        folder = self._writable()
        if not folder.info()["indexes"]:
            raise ValueError(f"{folder.path} has no index to measure; build_index builds one.")
        rows = None if queries is None else as_queries(queries, self.dim, self.metric)[0]
        folder.writer.derive(partial(tuning, queries=rows, threads=check_threads(threads)))

    def drop_index(self) -> None:
        """Remove the index; searches are exact from then on.

        Raises
        ------
        ReadOnlyError
            If the store was not opened for writing.
        """
        self._writable().writer.derive(dropping)

    @abstractmethod
    def _writable(self) -> Folder: ...
