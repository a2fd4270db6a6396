"""The one writer of a store: commits by the journal, commits by manifests, and when to use which.

A small commit is a record at the end of the journal: one append, one sync. A large one goes into
segments of its own and a new manifest; the journal is folded into that, so that rows keep their
order. The journal is also folded when it has grown long, and at closing.

The writer knows what the files say unless something fails between the two. After a failure it is
`stale`: the next commit reads the files again and begins a new journal, because nobody knows how
much of the old one is on the device.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Rows, as_vectors
from vecstore.errors import StoreMovedError, VecstoreError
from vecstore.snapshot import State
from vecstore.storage import (
    Directory,
    Generation,
    Identity,
    Journal,
    Manifest,
    Subwords,
    WriterLock,
    commit,
    read_generation,
    reclaim,
    write_subwords,
)
from vecstore.storage.disk import manifest_name
from vecstore.writing.batch import Batch
from vecstore.writing.compaction import due_run, merge, worthwhile_runs
from vecstore.writing.journal_fold import fold, fold_replacing
from vecstore.writing.provenance import stamped
from vecstore.writing.segments import Batches
from vecstore.writing.turns import Turn, Turns

__all__ = ["Writer"]

T = TypeVar("T")

# A commit of more bytes goes into a segment, although a manifest costs some ten more syncs.
_LARGE_COMMIT = 1 << 20

# A longer journal is folded, because readers replay it into memory when they open the store.
_LONG_JOURNAL = 8 << 20

_NO_ROWS = np.empty(0, np.int64)

_Changed = Callable[[Manifest], Manifest]


class Writer:
    """A store that is open for writing; `close` releases `lock`, the right to write."""

    def __init__(self, lock: WriterLock, *, durable: bool) -> None:
        self._lock = lock
        self._durable = durable
        self._process = os.getpid()
        self._turns = Turns(str(lock.path))
        self.is_closed = False
        # What an interrupted commit leaves open. Behind: `_state` may not be what the files say.
        # Stale: the journal must not be appended to. Littered: there may be files without a name
        # in the manifest.
        self._behind = self._stale = self._littered = False
        self._fold_at = _LONG_JOURNAL
        self._state = State(read_generation(self._lock.path))
        self._journal = self._open_journal()
        reclaim(self._lock, self._state.manifest)

    @property
    def state(self) -> State:
        """The current state of the store."""
        if self._behind and not self._turns.taken and os.getpid() == self._process:
            # A commit was interrupted; it may have happened or not.
            with suppress(OSError, VecstoreError), self._turn():
                self._catch_up()
        return self._state

    def batch(self, provenance: Mapping[str, Any] | None = None) -> AbstractContextManager[Batch]:
        """Collect changes and commit them at the end of the block; other writers wait."""
        if provenance is not None:
            stamped(provenance, 0)  # fail for what JSON cannot hold before anything is collected

        def begin(is_over: Callable[[], bool]) -> Batch:
            self._prepare()
            return Batch(self._state, is_over)

        return Turn(self._turns, begin, partial(self._commit, provenance=provenance))

    def add(self, keys: Iterable[Any], vectors: npt.ArrayLike, attributes: Any) -> None:
        """Add new rows as one commit; see `Store.add`."""
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
        *,
        replacing: bool = False,
    ) -> int:
        """Add batches of rows as one commit by a manifest; return how many rows were added.

        Nobody sees any of them before all are durable. Keys must be new, or, if `replacing`,
        replace the rows that had them.
        """
        if provenance is not None:
            stamped(provenance, 0)  # fail for what JSON cannot hold before anything is written
        described = partial(_described, self._lock, subwords=subwords, provenance=provenance)
        with self._exclusively():
            if replacing:
                self._fold()
                before = len(self._state.snapshot)
                self._write(lambda: fold_replacing(self._lock, self._state, batches), described)
            else:
                before = len(self._state.snapshot)
                self._fold(_NO_ROWS, batches, described)
            self._compact_if_due()
            return len(self._state.snapshot) - before

    def flush(self) -> None:
        """Fold the journal into files."""
        with self._exclusively():
            self._fold()
            self._compact_if_due()

    def compact(self) -> None:
        """Give back the space of deleted rows and merge small segments, one commit per run."""
        with self._exclusively():
            self._fold()
            for run in worthwhile_runs(self._state.manifest):
                self._write(partial(merge, self._lock, self._state, run))

    def derive(
        self, manifests: Callable[[Callable[[], State], Directory], Iterator[Manifest]]
    ) -> None:
        """Commit what is derived from the segments, such as indexes, one manifest after the other.

        `manifests` is given a function that returns the current state, and the folder to write to.
        It yields manifests whose files are written; each is committed before the next is asked for.
        """
        with self._exclusively():
            self._fold()
            following = manifests(lambda: self._state, self._lock)
            while (manifest := self._tidily(lambda: next(following, None))) is not None:
                self._adopt(manifest)
            self._littered = False

    def close(self) -> None:
        """Fold the journal and give up the right to write; a forked child writes nothing.

        Within a batch, or another write of this thread, it is refused and closes nothing.
        """
        if os.getpid() != self._process:
            self.is_closed = True
            self._journal.close()
            return
        with self._turn():
            if self.is_closed:
                return
            try:
                self._prepare()
                self._fold()
                self._compact_if_due()
            finally:
                self.is_closed = True
                self._journal.close()
                self._lock.release()

    def _turn(self) -> Turn[None]:
        return Turn(self._turns, lambda _: None)

    def _exclusively(self) -> Turn[None]:
        """Hold off other writes, and begin with what the files say."""
        return Turn(self._turns, lambda _: self._prepare())

    def _prepare(self) -> None:
        """Make sure that the store may be written now, and recover from a failed write."""
        if os.getpid() != self._process:
            raise VecstoreError(
                f"{self._lock.path} was opened for writing by process {self._process}, which "
                f"forked this one; only that process writes."
            )
        if self.is_closed:
            raise ValueError(f"The store {self._lock.path} is closed; open it again to use it.")
        self._verify()
        if self._stale or self._littered:
            self._recover()

    def _commit(self, batch: Batch, provenance: Mapping[str, Any] | None) -> None:
        largest = _LARGE_COMMIT if provenance is None else 0  # the journal cannot hold provenance
        if batch.nbytes > largest:
            dead, schema = batch.dead, batch.schema
            self._fold(
                dead[dead < self._state.rows],
                batch.survivors(),
                lambda m: _described(self._lock, replace(m, schema=schema), None, provenance),
            )
            self._compact_if_due()
        elif record := batch.record():
            self._verify()
            with self._unsettled():
                self._journal.append(record)
                self._state.apply([record], self._journal.end)
            if self._journal.end >= self._fold_at:
                self._fold_long_journal()

    @contextmanager
    def _unsettled(self) -> Iterator[None]:
        """Mark the writer as stale until the block has ended without an exception."""
        self._behind = self._stale = True
        yield
        self._behind = self._stale = False

    def _fold_long_journal(self) -> None:
        """Fold the journal if possible; its content is durable either way."""
        self._fold_at += _LONG_JOURNAL  # a full disk is not tried again at every commit
        with suppress(OSError):
            self._fold()
            self._compact_if_due()

    def _fold(
        self, dead: Rows = _NO_ROWS, batches: Batches = (), describe: _Changed | None = None
    ) -> None:
        """Commit the journal and more by a manifest, if there is anything to commit."""
        self._write(lambda: fold(self._lock, self._state, dead, batches), describe)

    def _write(self, files: Callable[[], Manifest], describe: _Changed | None = None) -> None:
        """Write files, then commit the manifest that names them, if it is a new one."""
        self._adopt(self._tidily(lambda: describe(files()) if describe else files()))

    def _adopt(self, manifest: Manifest) -> None:
        """Commit a manifest whose files are written, unless it is the newest already."""
        if manifest == self._state.manifest:
            self._littered = False
        else:
            self._publish(manifest)

    def _tidily(self, write: Callable[[], T]) -> T:
        """Write files that no manifest names yet; remove them if that fails."""
        self._littered = True
        try:
            return write()
        except BaseException:
            with suppress(OSError, VecstoreError):
                reclaim(self._lock, self._state.manifest)
                self._littered = False
            raise

    def _compact_if_due(self) -> None:
        """Merge what the policy says, if possible; a failure undoes no commit."""
        with suppress(OSError):
            while (run := due_run(self._state.manifest)) is not None:
                self._write(partial(merge, self._lock, self._state, run))

    def _publish(self, manifest: Manifest) -> None:
        """Commit a manifest, move on to it, and remove the files that it does not name.

        Only what comes before the commit can fail it. Files that cannot be removed belong to
        nobody.
        """
        self._behind = self._stale = self._littered = True
        try:
            committed = commit(self._lock, manifest)
        except OSError:
            # If only the last sync failed, the manifest is there and others see it: follow it.
            with suppress(OSError, VecstoreError):
                self._catch_up()
            raise
        self._move_on(self._read())
        found = self._state.manifest
        if (found.generation, found.journal) != (committed.generation, committed.journal):
            raise self._replaced()
        # The commit has happened. Files that cannot be removed now go before the next write.
        with suppress(OSError, VecstoreError):
            reclaim(self._lock, committed)
            self._littered = False

    def _catch_up(self) -> None:
        """Read what the files say."""
        self._state = State(self._read(), self._state)
        self._manifest_file = self._known_manifest()
        self._behind = False

    def _move_on(self, stored: Generation) -> None:
        """Go on from a generation that was just written, with its empty journal."""
        self._state = State(stored, self._state)
        self._journal.close()
        self._journal = self._open_journal()
        self._fold_at = _LONG_JOURNAL
        self._behind = self._stale = False

    def _recover(self) -> None:
        """Read what the files say, remove what they do not name, and begin a new journal."""
        if self._behind or self._stale:
            self._catch_up()
        reclaim(self._lock, self._state.manifest)
        self._littered = False
        if self._stale:
            manifest = fold(self._lock, self._state, _NO_ROWS, ())
            # A reader may have seen a record that could not be synced and is gone now, so its
            # generation is not used again.
            self._publish(replace(manifest, generation=manifest.generation + 1))

    def _read(self) -> Generation:
        """Read the newest generation, and make sure that it belongs to this store."""
        self._lock.verify()
        before = self._state.stored
        stored = read_generation(self._lock.path, before)
        was, now = before.manifest, stored.manifest
        if now.generation < was.generation or (
            now.generation == was.generation and now.journal != was.journal
        ):
            raise self._replaced()
        return stored

    def _verify(self) -> None:
        """Make sure that the folder, the lock and the manifest are those of this writer."""
        self._lock.verify()
        if self._known_manifest() != self._manifest_file and not self._behind:
            raise self._replaced()
        if not self._stale:
            self._journal.verify()

    def _known_manifest(self) -> Identity | None:
        """Return the identity of the manifest file, which a replacement would change."""
        return self._lock.identity_of(manifest_name(self._state.manifest.generation))

    def _replaced(self) -> StoreMovedError:
        return StoreMovedError(
            f"The files in {self._lock.path} are not the ones any more that this writer has "
            f"written: a backup was restored, perhaps. Nothing more is written; open the store "
            f"again."
        )

    def _open_journal(self) -> Journal:
        stored = self._state.stored
        self._manifest_file = self._known_manifest()
        return Journal(self._lock, stored.manifest, stored.journal, durable=self._durable)


def _described(
    folder: Directory,
    manifest: Manifest,
    subwords: Subwords | None,
    provenance: Mapping[str, Any] | None,
) -> Manifest:
    if subwords:
        if subwords.dim != manifest.dim:
            raise ValueError(f"`subwords` must have dim {manifest.dim}; got {subwords.dim}.")
        manifest = manifest.adding(write_subwords(folder, manifest.next_number, subwords))
    if provenance is None:
        return manifest
    source = stamped(provenance, manifest.generation + 1)
    return replace(manifest, provenance=(*manifest.provenance, source))
