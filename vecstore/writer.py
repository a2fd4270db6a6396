"""The one writer of a store: commits by the journal, commits by manifests, and when which.

A small commit is a record at the end of the journal: one append, one sync. A large one goes into
segments of its own and a new manifest, into which the journal is folded, so that rows keep the
order in which they came. The journal is folded too when it has grown large, and at the end.

What the writer knows is what the files say, as long as nothing fails between the two. After a
failure it is `stale`: the next commit reads the files again, and begins a new journal, because what
the device holds of the old one is anybody's guess.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.arrays import as_vectors
from vecstore.changes import Batch
from vecstore.compaction import due_run, merge, worthwhile_runs
from vecstore.errors import VecstoreError
from vecstore.folding import fold
from vecstore.parts import Rows
from vecstore.provenance import stamped
from vecstore.sealing import Batches
from vecstore.state import State
from vecstore.storage import (
    Journal,
    Manifest,
    Subwords,
    WriterLock,
    commit,
    read_generation,
    reclaim,
    write_subwords,
)

__all__ = ["Writer"]

# A commit of more bytes goes into a segment. Writing a manifest besides costs some ten syncs.
_LARGE_COMMIT = 1 << 20

# A longer journal is folded: readers replay it into their memory when they open the store.
_LONG_JOURNAL = 8 << 20

_NO_ROWS = np.empty(0, np.int64)


class Writer:
    """A store that is open for writing.

    Parameters
    ----------
    path : Path
        The folder. A generation is there.
    lock : WriterLock
        The right to write; released by `close`.
    durable : bool
        Whether a commit waits for the device.

    Attributes
    ----------
    state : State
        What the store is.
    """

    def __init__(self, path: Path, lock: WriterLock, *, durable: bool) -> None:
        self._path = path
        self._lock = lock
        self._durable = durable
        self._process = os.getpid()
        self._writing = RLock()
        self._in_batch = False
        self._stale = False
        self._fold_at = _LONG_JOURNAL
        self.state = State(read_generation(path))
        self._journal = self._open_journal()
        reclaim(path, self.state.manifest)

    @contextmanager
    def batch(self, provenance: Mapping[str, Any] | None = None) -> Iterator[Batch]:
        """Collect changes, and commit them at the end of the block; other writers wait.

        Parameters
        ----------
        provenance : mapping or None
            What JSON can hold. With one, the commit is by a manifest, however small.

        Yields
        ------
        Batch
            Open until the block ends.
        """
        if provenance is not None:
            stamped(provenance, 0)  # what JSON cannot say is an error before anything is collected
        with self._exclusively():
            batch = Batch(self.state)
            self._in_batch = True
            try:
                yield batch
            finally:
                self._in_batch = False
                batch.end()
            self._commit(batch, provenance)

    def add(self, keys: Iterable[Any], vectors: npt.ArrayLike, attributes: Any) -> None:
        """Add new rows as one commit; see `Store.add`.

        Parameters
        ----------
        keys : iterable of str or of int, n of them
            None of them in the store yet.
        vectors : array_like of numbers, shape (n, dim)
            Theirs.
        attributes : mapping, frame, structured array, or None
            Theirs.
        """
        manifest = self.state.manifest
        rows = as_vectors(vectors, manifest.dim, manifest.dtype)
        if rows.nbytes > _LARGE_COMMIT:
            self.add_batches([(keys, rows, attributes)])
        else:
            with self.batch() as batch:
                batch.add(keys, rows, attributes)

    def add_batches(
        self,
        batches: Batches,
        subwords: Subwords | None = None,
        provenance: Mapping[str, Any] | None = None,
    ) -> int:
        """Add batches of new rows as one commit by a manifest.

        Parameters
        ----------
        batches : iterable of (keys, vectors) or (keys, vectors, attributes)
            Nothing of them is seen by anybody before all are durable.
        subwords : Subwords or None
            What vectors of unknown words are made of.
        provenance : mapping or None
            What JSON can hold.

        Returns
        -------
        int
            The number of rows added.
        """
        if provenance is not None:
            stamped(provenance, 0)  # what JSON cannot say is an error before anything is written
        with self._exclusively():
            before = len(self.state.snapshot)
            self._fold(_NO_ROWS, batches, lambda m: _described(self._path, m, subwords, provenance))
            self._compact_if_due()
            return len(self.state.snapshot) - before

    def flush(self) -> None:
        """Fold the journal into files."""
        with self._exclusively():
            self._fold()
            self._compact_if_due()

    def compact(self) -> None:
        """Give back the space of deleted rows and merge small segments, one commit for each run."""
        with self._exclusively():
            self._fold()
            for run in worthwhile_runs(self.state.manifest):
                self._merge(run)

    def derive(self, manifests: Callable[[Callable[[], State]], Iterator[Manifest]]) -> None:
        """Commit what is derived from the segments, a manifest after the other.

        Parameters
        ----------
        manifests : callable
            Given what returns the current state, yields manifests whose files are written. The
            journal is empty; each manifest is committed before the next is asked for.
        """
        with self._exclusively():
            self._fold()
            try:
                for manifest in manifests(lambda: self.state):
                    if manifest != self.state.manifest:
                        self._publish(manifest)
            except BaseException:
                reclaim(self._path, self.state.manifest)
                raise

    def close(self) -> None:
        """Fold the journal and give up the right to write. In a forked child nothing is written."""
        if os.getpid() != self._process:
            self._journal.close()
            return
        try:
            self.flush()
        finally:
            self._journal.close()
            self._lock.release()

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        """Hold off other threads, and begin from what the files say."""
        if os.getpid() != self._process:
            raise VecstoreError(
                f"{self._path} was opened for writing by process {self._process}, which forked "
                f"this one; only that process writes."
            )
        with self._writing:
            if self._in_batch:
                raise VecstoreError(
                    f"A batch is open on {self._path}; write with it, or after its block."
                )
            if self._stale:
                self._recover()
            yield

    def _commit(self, batch: Batch, provenance: Mapping[str, Any] | None) -> None:
        largest = _LARGE_COMMIT if provenance is None else 0  # the journal has no place for it
        if batch.nbytes > largest:
            dead = batch.dead
            self._fold(
                dead[dead < self.state.rows],
                batch.survivors(),
                lambda m: _described(self._path, replace(m, schema=batch.schema), None, provenance),
            )
            self._compact_if_due()
        elif record := batch.record():
            self._stale = True
            self._journal.append(record)
            self.state.apply([record], self._journal.end)
            self._stale = False
            if self._journal.end >= self._fold_at:
                self._fold_long_journal()

    def _fold_long_journal(self) -> None:
        """Fold the journal if that can be done: what it holds is durable either way."""
        self._fold_at += _LONG_JOURNAL  # so that a full disk is not tried again at every commit
        with suppress(OSError):
            self._fold()
            self._compact_if_due()

    def _fold(
        self,
        dead: Rows = _NO_ROWS,
        batches: Batches = (),
        describe: Callable[[Manifest], Manifest] = lambda manifest: manifest,
    ) -> None:
        """Commit the journal and more by a manifest, if there is anything to commit."""
        try:
            manifest = describe(fold(self._path, self.state, dead, batches))
        except BaseException:
            reclaim(self._path, self.state.manifest)  # no manifest names what was written so far
            raise
        if manifest != self.state.manifest:
            self._publish(manifest)

    def _merge(self, run: range) -> None:
        try:
            manifest = merge(self._path, self.state, run)
        except BaseException:
            reclaim(self._path, self.state.manifest)
            raise
        self._publish(manifest)

    def _compact_if_due(self) -> None:
        """Merge what the policy says if that can be done; what was committed is not undone."""
        with suppress(OSError):
            while (run := due_run(self.state.manifest)) is not None:
                self._merge(run)

    def _publish(self, manifest: Manifest) -> None:
        """Commit by a manifest, and move on to it."""
        self._stale = True
        try:
            committed = commit(self._path, manifest)
        except OSError:
            # When only the last sync failed it is there, and others see it: then so do we.
            with suppress(OSError, VecstoreError):
                self.state = State(read_generation(self._path, self.state.stored), self.state)
            raise
        self.state = State(read_generation(self._path, self.state.stored), self.state)
        self._journal.close()
        self._journal = self._open_journal()
        self._fold_at = _LONG_JOURNAL
        self._stale = False
        reclaim(self._path, committed)

    def _recover(self) -> None:
        """Read what the files say, and begin a new journal."""
        self.state = State(read_generation(self._path, self.state.stored), self.state)
        manifest = fold(self._path, self.state, _NO_ROWS, ())
        # A record that could not be synced may have been seen by a reader, and have gone since: its
        # generation is not used again.
        self._publish(replace(manifest, generation=manifest.generation + 1))

    def _open_journal(self) -> Journal:
        stored = self.state.stored
        return Journal(self._path, stored.manifest, stored.journal, durable=self._durable)


def _described(
    path: Path,
    manifest: Manifest,
    subwords: Subwords | None,
    provenance: Mapping[str, Any] | None,
) -> Manifest:
    if subwords:
        if subwords.dim != manifest.dim:
            raise ValueError(f"`subwords` must have dim {manifest.dim}; got {subwords.dim}.")
        manifest = manifest.adding(write_subwords(path, manifest.next_number, subwords))
    if provenance is None:
        return manifest
    source = stamped(provenance, manifest.generation + 1)
    return replace(manifest, provenance=(*manifest.provenance, source))
