"""The changes that can be made to a store: rows, attributes, indexes."""

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
            None of them may be in the store yet.
        vectors : array_like of numbers, shape (n, dim)
            Rounded to the dtype of the store.
        attributes : mapping of str to sequence, frame, structured array, or None
            n values for every column: a dict of lists, arrays or series; a frame of polars, pandas
            or Arrow; or a NumPy array with named fields. None, NaN, NaT, pandas.NA and masked
            values are missing; ``where`` sees them as NULL. A column without any known value has no
            type yet. Dates and datetimes outside the stored range are refused.

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
        A column keeps the type of its first value: text in a column of numbers is an error. But
        numbers mix: integers go into a column of float64, and the first float turns a column of
        int64, with all its rows, into float64. Both are refused if an integer beyond 2**53 would be
        rounded.

        Examples
        --------
        >>> import vecstore
        >>> with vecstore.create("pets.vecs", dim=2) as store:
        ...     store.add(["Tom", "Rex"], [[0, 1], [1, 0]], {"kind": ["cat", "dog"]})
        ...     len(store)
        2
        """
        self._writable().writer.add(keys, vectors, attributes)

    def upsert(self, keys: Iterable[Any], vectors: npt.ArrayLike, attributes: Any = None) -> None:
        """Put vectors under keys, whether they exist or not: all of them or none, durable.

        Parameters
        ----------
        keys : iterable of str or of int, n of them
            Each of them once.
        vectors : array_like of numbers, shape (n, dim)
            As for `add`.
        attributes : mapping of str to sequence, frame, structured array, or None
            As for `add`. Whatever a key had before is replaced, attributes included.

        Raises
        ------
        DuplicateKeyError
            If a key comes twice among `keys`.
        ValueError, TypeError, ReadOnlyError
            As for `add`.

        Notes
        -----
        A key that is replaced counts as inserted now: it comes last in `keys`, and after others at
        the same distance.

        Examples
        --------
        >>> import vecstore
        >>> with vecstore.create("compass.vecs", dim=2) as store:
        ...     store.add(["north", "east"], [[0, 1], [1, 1]])
        ...     store.upsert(["east", "west"], [[1, 0], [-1, 0]])
        ...     store.keys().tolist()
        ['north', 'east', 'west']
        """
        with self.batch() as batch:
            batch.upsert(keys, vectors, attributes)

    def set_attributes(self, keys: Iterable[Any], attributes: Any) -> None:
        """Change attributes of existing keys: of all of them or of none, durable.

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
        The rows are rewritten, vectors included, and count as inserted now; see `upsert`. Meanwhile
        keys and attributes are in memory, and vectors a segment at a time. An index does not cover
        the rewritten rows: build it again.

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
            How many were deleted.

        Raises
        ------
        KeyNotFoundError
            If a key is missing and `missing` is ``"raise"``; nothing is deleted then.
        ValueError
            If `missing` is neither.
        ReadOnlyError
            If the store was not opened for writing.

        Notes
        -----
        Their space is given back when their segment is rewritten; see `compact`.

        Examples
        --------
        >>> import vecstore
        >>> with vecstore.create("compass.vecs", dim=2) as store:
        ...     store.add(["north", "est"], [[0, 1], [1, 0]])
        ...     store.delete(["est", "west"], missing="ignore")
        1
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
        TypeError, ValueError
            If JSON cannot hold `provenance`.

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
            Each as for `add`. Rows go to disk a segment at a time. Nobody sees them until all are
            there, and if one is refused, none of them stays.
        subwords : Subwords or None
            What `oov` computes vectors from.
        provenance : mapping or None
            Where the vectors come from, for `info`: anything that JSON can hold. By custom it has
            ``source`` and ``sha256`` of a file; ``model``, ``layer``, ``preprocessing`` and
            ``parameters`` of what computed the vectors; ``packages``, a mapping of names to
            versions. The time and the versions of Python, NumPy and vecstore are added.

        Returns
        -------
        int
            The number of rows added.

        Raises
        ------
        DuplicateKeyError
            If a key is in the store, or comes twice.
        ValueError, TypeError, ReadOnlyError
            As for `add`.

        Examples
        --------
        >>> import vecstore
        >>> with vecstore.create("compass.vecs", dim=2) as store:
        ...     store.add_batches([(["north"], [[0, 1]]), (["east", "west"], [[1, 0], [-1, 0]])])
        3
        """
        return self._writable().writer.add_batches(batches, subwords, provenance)

    def upsert_batches(
        self, batches: Batches, *, provenance: Mapping[str, Any] | None = None
    ) -> int:
        """Put many batches of vectors under keys, new or not, as one commit.

        Use it for a stream that replaces what it meets. Writing to the store while `add_batches` or
        this reads from the stream is refused.

        Parameters
        ----------
        batches : iterable of (keys, vectors) or (keys, vectors, attributes)
            Each as for `upsert`: no key twice in a batch. If a key comes in several batches, the
            last one counts. Rows go to disk a segment at a time. Nobody sees them until all are
            there, and if one is refused, none of them stays.
        provenance : mapping or None
            As for `add_batches`.

        Returns
        -------
        int
            How many more rows the store has than before.

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
        """Give back the space of deleted rows, and merge small segments into large ones.

        Nothing else changes: keys, vectors and their order stay. Readers in this and other
        processes go on with what they have open. If it is killed half-way, the store is as it was,
        or some of the work is done; call it again for the rest. Even without it, small segments are
        merged eight at a time, and a segment with more than half of its rows deleted is rewritten.

        Raises
        ------
        ReadOnlyError
            If the store was not opened for writing.
        OSError
            If the disk is full, for example: it needs room for one more large segment.

        Examples
        --------
        >>> import vecstore
        >>> with vecstore.create("compass.vecs", dim=2) as store:
        ...     store.add(["north", "est"], [[0, 1], [1, 0]])
        ...     store.delete(["est"])
        ...     store.compact()
        ...     store.info()["deleted"]
        1
        0
        """
        self._writable().writer.compact()

    def flush(self) -> None:
        """Move rows that only the journal holds into segments; `close` does it too.

        Raises
        ------
        ReadOnlyError
            If the store was not opened for writing.

        Examples
        --------
        >>> import vecstore
        >>> with vecstore.create("compass.vecs", dim=2) as store:
        ...     store.add(["north", "east"], [[0, 1], [1, 0]])
        ...     store.flush()
        ...     store.info()["journal_rows"]
        0
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
            ``"hnsw"`` is a hierarchical navigable small world graph [1]_, built in batches by our
            own walks [2]_: the same rows make the same graph on any number of threads.
            ``"hnswlib"`` lets hnswlib build it, which takes two to four times as long and makes no
            better graph; it is far faster only where the compiled core is missing.
        M : int, default 16
            Links per row on the upper levels; twice as many on the lowest.
        ef_construction : int, default 200
            Candidates looked at to link a row. More make a better graph, in more time.
        where : str, polars.Expr, array_like of bool, or None
            Which rows to index, as for `search`; the others are searched exactly.
        threads : int or None
            None takes what the machine allows this process.
        progress : callable or None
            Called as ``progress(rows, total)`` now and then.

        Raises
        ------
        ImportError
            If `kind` is ``"hnswlib"``, which is not installed.
        ValueError
            If an argument is out of range.
        ReadOnlyError
            If the store was not opened for writing.

        Notes
        -----
        Each segment is one commit; nothing else of the store changes, and a process killed half-way
        leaves it as it was, or with some segments indexed. Rows that are added later are searched
        exactly until the index is built again. Deleting needs nothing. Call `compact` first: one
        large segment is walked faster than many small ones. Building takes some 20 s for 300,000
        rows of 100 dimensions on two threads, and measuring as long again.

        The recall of walks is measured with rows taken out of the graph, at several widths, and
        kept with the index; `info` shows it.

        References
        ----------
        .. [1] Malkov and Yashunin, 2018, "Efficient and robust approximate nearest neighbor search
           using Hierarchical Navigable Small World graphs", IEEE TPAMI 42 (4).
        .. [2] Dobson Manohar et al., 2024, "ParlayANN: Scalable and deterministic parallel
           graph-based approximate nearest neighbor search algorithms", PPoPP.

        Examples
        --------
        >>> import numpy as np, vecstore
        >>> with vecstore.create("noise.vecs", dim=8) as store:
        ...     store.add(map(str, range(500)), np.random.default_rng(0).normal(size=(500, 8)))
        ...     store.build_index()
        ...     store.info()["indexes"][0]["rows"]
        500
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
            Hundreds of queries like those that will be asked, if they are unlike the rows: texts
            that search images, for example. None takes rows out of the graph and searches for their
            neighbours.
        threads : int or None
            None takes what the machine allows this process.

        Raises
        ------
        ValueError
            If there is no index, or `queries` has the wrong shape.
        ReadOnlyError
            If the store was not opened for writing.

        Examples
        --------
        >>> import numpy as np, vecstore
        >>> vectors = np.random.default_rng(0).normal(size=(500, 8))
        >>> with vecstore.create("noise.vecs", dim=8) as store:
        ...     store.add(map(str, range(500)), vectors)
        ...     store.build_index()
        ...     store.tune_index(queries=vectors[:200] + 0.1)
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

        Examples
        --------
        >>> import vecstore
        >>> with vecstore.create("compass.vecs", dim=2) as store:
        ...     store.add(["north", "east"], [[0, 1], [1, 0]])
        ...     store.build_index()
        ...     store.drop_index()
        ...     store.info()["indexes"]
        []
        """
        self._writable().writer.derive(dropping)

    @abstractmethod
    def _writable(self) -> Folder: ...
