"""A store on disk, as it is opened, followed and closed."""

import os
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any, Self
from weakref import WeakSet

from vecstore.errors import (
    CorruptStoreError,
    ReadOnlyError,
    StoreChangedError,
    StoreExistsError,
)
from vecstore.snapshot import Snapshot, State
from vecstore.storage import (
    Directory,
    Manifest,
    Subwords,
    WriterLock,
    commit,
    read_generation,
    read_journal,
    read_latest,
    readable_origins,
)
from vecstore.storage.disk import journal_name, make_folder, manifest_name, open_regular
from vecstore.writing import Writer, described

__all__ = ["Folder"]

# Bytes compared at the end of a journal: the last values of its last commit.
_MARK_BYTES = 64


class Folder:
    """A store on disk, open for reading, or for writing by `writer`, which then has the state."""

    def __init__(self, path: Path, state: State, writer: Writer | None = None) -> None:
        self.path = path
        self._state = state
        self._writer = writer
        self._is_closed = False
        self._mark = None if writer else _mark(path, state)
        # Held to move on: the generations that a store shows never go backwards.
        self._moving = Lock()
        _open_folders.add(self)

    @classmethod
    def create(cls, path: Path, new: Manifest, *, durable: bool) -> Self:
        """Make an empty store and open it for writing.

        Raises StoreExistsError if the path is taken, FileNotFoundError if its parent is no folder.
        """
        if not path.parent.is_dir():
            raise FileNotFoundError(f"{path.parent} is not a folder; make it first.")
        try:
            make_folder(path)
        except FileExistsError:
            raise StoreExistsError(
                f"{path} exists already; open it, or choose another path."
            ) from None
        try:
            lock = WriterLock(path)
        except BaseException:
            with suppress(OSError):  # it holds a lock file at most
                Directory(path).discard()
            raise
        try:
            commit(lock, new)
            return cls._with(lock, durable)
        except BaseException:
            # Without a manifest it is no store, and would block the next try.
            lock.discard()
            lock.release()
            raise

    @classmethod
    def open(cls, path: Path, mode: str, *, durable: bool) -> Self:
        """Open a store at its newest generation; mode ``"a"`` takes the lock, ``"r"`` none.

        Raises StoreNotFoundError if there is none, StoreLockedError if somebody else is writing.
        """
        if mode == "r":
            return cls(path, State(read_generation(path)))
        read_latest(path)  # fails first, so a folder that is no store gets no lock file
        lock = WriterLock(path)
        try:
            return cls._with(lock, durable)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def _with(cls, lock: WriterLock, durable: bool) -> Self:
        writer = Writer(lock, durable=durable)
        return cls(lock.path, writer.state, writer)

    @property
    def state(self) -> State:
        """What the store holds now."""
        return self._writer.state if self._writer else self._state

    @property
    def snapshot(self) -> Snapshot:
        """What searches see now."""
        return self.state.snapshot

    @property
    def writer(self) -> Writer:
        """The writer; ReadOnlyError if the store is open for reading."""
        if self._writer is None:
            raise ReadOnlyError(
                f'{self.path} is open for reading; open it with mode="a" to change it.'
            )
        return self._writer

    @property
    def generation(self) -> int:
        """The generation that the snapshot shows."""
        return self.state.generation

    @property
    def metric(self) -> str:
        """The metric of the store."""
        return self.state.manifest.metric

    @property
    def subwords(self) -> Subwords | None:
        """The source of vectors for unknown words, if the store has it."""
        return self.state.stored.subwords

    def refresh(self) -> None:
        """Move on to the newest generation; whatever did not change stays mapped.

        If it raises, because the store is gone, damaged or replaced by one of another kind, what
        was open stays open.
        """
        if self._writer:
            return  # nobody else writes
        with self._moving:
            state = self._state
            latest = read_latest(self.path)
            _refuse_another(self.path, state.manifest, latest)
            # A store put in place of this one may have the same generation, but not the same id.
            same = (latest.generation, latest.journal) == (
                state.manifest.generation,
                state.manifest.journal,
            )
            if same and self._mark == _mark(self.path, state):
                with suppress(CorruptStoreError):  # a new manifest has just replaced the journal
                    new = read_journal(
                        self.path, state.manifest, state.journal_end, state.generation
                    )
                    state.apply(new.records, new.end)
                    self._mark = _mark(self.path, state)
                    return
            try:
                state.snapshot.check()
            except StoreChangedError:  # the files were overwritten: keep nothing of them
                self._state = self._same_kind(State(read_generation(self.path)))
            else:
                self._state = self._same_kind(
                    State(read_generation(self.path, state.stored), state)
                )

    def _same_kind(self, state: State) -> State:
        """Return the next state to show, once it is known to be of the same kind of store."""
        _refuse_another(self.path, self._state.manifest, state.manifest)
        self._mark = _mark(self.path, state)
        return state

    def close(self) -> None:
        """Give up the right to write."""
        if self._writer:
            self._writer.close()
        else:
            self._is_closed = True

    @property
    def is_closed(self) -> bool:
        """Whether `close` has done its work."""
        return self._writer.is_closed if self._writer else self._is_closed

    def info(self) -> dict[str, Any]:
        """Return what the manifest says about the store, as JSON values; see `Store.info`."""
        state = self.state
        manifest, snapshot = state.manifest, state.snapshot
        unnamed = (manifest_name(manifest.generation), journal_name(manifest.generation))
        sizes = {entry.name: entry.size for entry in manifest.files}
        dead = snapshot.rows - len(snapshot)
        return {
            "created": manifest.created,
            "committed": manifest.committed,
            "library": manifest.library,
            "segments": len(manifest.segments),
            "deleted": dead,
            "dead_fraction": dead / snapshot.rows if snapshot.rows else 0.0,
            "journal_rows": len(state.tail),
            "files": sizes | {name: _size(self.path / name) for name in unnamed},
            "indexes": described(state),
            "provenance": readable_origins(manifest.provenance),
        }


# If a process forks while another of its threads moves a store on, the lock is held in the child,
# and no thread there releases it.
_open_folders: WeakSet[Folder] = WeakSet()


def _release_locks() -> None:
    for folder in _open_folders:
        folder._moving = Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_release_locks)


def _mark(path: Path, state: State) -> tuple[int, int, bytes] | None:
    """Return what tells the journal that was read from one put in its place."""
    with (
        suppress(OSError, CorruptStoreError),
        open_regular(path / journal_name(state.manifest.generation)) as file,
    ):
        status = os.fstat(file.fileno())
        start = max(0, state.journal_end - _MARK_BYTES)
        file.seek(start)
        return status.st_dev, status.st_ino, file.read(state.journal_end - start)
    return None


def _refuse_another(path: Path, old: Manifest, new: Manifest) -> None:
    """Raise StoreChangedError if questions to the old store make no sense to the new one."""
    for name, known, found in (
        ("metric", old.metric, new.metric),
        ("dim", old.dim, new.dim),
        ("kind of keys", old.key_kind, new.key_kind),
    ):
        if known != found:
            what = f"its {name} is {found}, no longer {known}"
            raise StoreChangedError(
                f"Another store has taken the place of {path}: {what}. What was open is still "
                f"there; open the new one.",
                path=path,
                what=what,
            )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # the writer has moved on
        return 0
