"""The store: the questions of `Reader`, the changes of `Editor`, and the life of both."""

from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from vecstore.errors import ReadOnlyError, VecstoreError
from vecstore.metrics import Metric, metric_name
from vecstore.snapshot import Snapshot, as_keys
from vecstore.storage import Problem, Subwords, check, copy_file, copy_store
from vecstore.storage.disk import absolute_path
from vecstore.store.editor import Editor
from vecstore.store.folder import Folder
from vecstore.store.single_file import SingleFile

__all__ = ["Store"]


class Store(Editor):
    """Vectors under keys, and exact answers to which of them are nearest.

    `vecstore.create`, `vecstore.open` and `vecstore.from_arrays` make it. A store open for reading
    sees one state, its *snapshot*, until `refresh`. Any number of threads may ask at once.

    Parameters
    ----------
    rows : Folder, SingleFile or Snapshot
        A store on disk, a store in one file, or rows that never change.
    metric : str or callable
        ``"cosine"``, ``"euclidean"``, ``"dot"``, or a Numba function ``f(x, y) -> float``.
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
        """The number of the commit that this store sees: int; 0 if it is not a store on disk."""
        rows = self._open_rows()
        return rows.generation if isinstance(rows, Folder) else 0

    @property
    def subwords(self) -> Subwords | None:
        """What `oov` computes vectors of unknown words from: Subwords, or None."""
        rows = self._open_rows()
        return None if isinstance(rows, Snapshot) else rows.subwords

    def oov(self, words: Any) -> npt.NDArray[np.float32]:
        """Return vectors for words that need not be in the store, from their subwords.

        Parameters
        ----------
        words : str, or list of n str
            Any words. A word that is a key has its stored vector; any other the mean of the vectors
            of its n-grams, as fastText computes it.

        Returns
        -------
        ndarray of float32, shape (dim,) or (n, dim)
            Ready to search with.

        Raises
        ------
        VecstoreError
            If the store has no subwords, because it was not imported from a fastText ``.bin``
            model.
        KeyNotFoundError
            If a word is too short to have an n-gram.

        Examples
        --------
        >>> import numpy as np, vecstore
        >>> from vecstore.storage import Subwords
        >>> subwords = Subwords(np.eye(4, 2, dtype=np.float32), minn=3, maxn=6)
        >>> with vecstore.create("words.vecs", dim=2) as store:
        ...     store.add_batches([(["cat"], [[1, 0]])], subwords=subwords)
        ...     store.oov("cats").shape
        1
        (2,)
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

    # Living.

    def refresh(self) -> None:
        """Move on to the newest committed state, which another process may have written.

        Raises
        ------
        StoreNotFoundError, CorruptStoreError
            If the store is gone or damaged; what was open stays open.
        StoreChangedError
            If another store has taken its path, with vectors of another length, for example.

        Examples
        --------
        >>> import vecstore
        >>> with vecstore.create("compass.vecs", dim=2) as writer:
        ...     reader = vecstore.open("compass.vecs")
        ...     writer.add(["north", "east"], [[0, 1], [1, 0]])
        ...     reader.refresh()
        ...     len(reader)
        2
        """
        rows = self._open_rows()
        if isinstance(rows, Folder):
            rows.refresh()

    def info(self) -> dict[str, Any]:
        """Describe the store.

        Returns
        -------
        dict
            ``path``, ``generation``, ``rows``, ``dim``, ``metric``, ``dtype``, ``key_kind``. For a
            store on disk also ``created``, ``committed`` (time of its last manifest), ``library``,
            ``files`` (name to bytes), ``segments``, ``journal_rows`` (not in segments yet),
            ``deleted`` and ``dead_fraction`` (rows whose space `compact` gives back), ``indexes``
            (how they were built and what was measured) and ``provenance``.

        Examples
        --------
        >>> import vecstore
        >>> info = vecstore.from_arrays([[0, 1], [1, 0]]).info()
        >>> info["rows"], info["dim"], info["metric"]
        (2, 2, 'cosine')
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
            Whether to verify what is derived from the vectors for all rows, not only for a sample.

        Returns
        -------
        iterator of Problem
            Empty for arrays in memory and foreign files, because nobody knows what they should be.

        Examples
        --------
        >>> import vecstore
        >>> with vecstore.create("compass.vecs", dim=2) as store:
        ...     store.add(["north", "east"], [[0, 1], [1, 0]])
        ...     list(store.check())
        []
        """
        rows = self._open_rows()
        return iter(()) if isinstance(rows, Snapshot) else check(rows.path, full=full)

    def backup(self, path: str | PathLike[str]) -> None:
        """Copy the newest committed state of the store, even while somebody writes to it.

        Every file is compared with its checksum on the way. A copy by other means (``cp -r``) of a
        store that is being written is complete, or reports that it is not when it is opened. This
        copy is always complete.

        Parameters
        ----------
        path : path-like
            A folder that does not exist yet, or for a store in one file, a file that does not.

        Raises
        ------
        StoreExistsError
            If the path is taken.
        CorruptStoreError
            If a file is not as it was written; nothing is left of the copy.
        ValueError
            If the store is in memory, or a foreign HDF5 file.
        OSError
            If the disk is full, for example; nothing is left of the copy.

        Examples
        --------
        >>> import vecstore
        >>> with vecstore.create("compass.vecs", dim=2) as store:
        ...     store.add(["north", "east"], [[0, 1], [1, 0]])
        ...     store.backup("copy.vecs")
        >>> len(vecstore.open("copy.vecs"))
        2
        """
        rows, target = self._open_rows(), absolute_path(path)
        if isinstance(rows, Folder):
            copy_store(rows.path, target)
        elif isinstance(rows, SingleFile):
            copy_file(rows.path, target)
        else:
            raise ValueError(
                f"The store {self._name()} has no files of ours to copy; "
                f"vecstore.ingest.export writes its vectors."
            )

    def close(self) -> None:
        """Let go of files and of the right to write; answers that were given stay valid.

        Raises
        ------
        VecstoreError
            If this thread is in the midst of a write to the store, such as a batch. The store stays
            open.
        StoreMovedError, StoreLockedError, OSError
            If the folder is no longer the one that was opened, somebody else has taken the lock, or
            the disk is full, for example. The store is closed all the same; acknowledged rows are
            in its journal.

        Examples
        --------
        >>> import vecstore
        >>> store = vecstore.create("compass.vecs", dim=2)
        >>> store.close()
        >>> store
        <Store ...compass.vecs: closed>
        """
        rows = self._rows
        try:
            if isinstance(rows, Folder):
                rows.close()
        finally:
            # Within a batch, closing is refused and the store stays open.
            if not isinstance(rows, Folder) or rows.is_closed:
                self._rows = None

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
    def _shown(self) -> Snapshot:
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
