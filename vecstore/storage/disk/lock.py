"""The one writer: the operating system's lock on a file of the store, and on its folder.

The lock belongs to the process: when the process ends, however it ends, the lock is gone and there
is nothing to clean up. The file stays, and says who held the lock last. Where the system allows it
the folder is locked too, so that removing the lock file by hand lets nobody in.

Some file systems, mostly of networks, have no locks. There the writer claims the store by a file
that only one process can create, and that says who it is: process, start time, computer. A writer
takes over the claim of a process that has ended. It cannot tell whether a process of another
computer still lives; the message then says what to do.
"""

import errno
import os
import sys
from contextlib import suppress
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self
from weakref import WeakSet, finalize

from vecstore.errors import CorruptStoreError, ReadOnlyError, StoreLockedError
from vecstore.storage.disk import names
from vecstore.storage.disk.directory import Directory, Identity
from vecstore.storage.disk.holder import Holder

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["WriterLock", "is_held"]

# Windows locks the first byte against reading as well, so the holder is written after it.
_HOLDER_AT = 1
_HOLDER_BYTES = 1024

_NOT_WRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS)
# Errors of file systems without locks. EBADF: NFS, when a folder is locked.
_NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL, errno.EBADF)


class WriterLock(Directory):
    """The right to change a store, from construction until `release` or the end of the process.

    Raises StoreLockedError if another writer has it, ReadOnlyError if the folder is not writable.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._process = os.getpid()
        self._claimed = False
        self._locked: Identity | None = None
        _held.add(self)  # before locking: a fork may come at any time
        try:
            self._file = self._opened()
            self._acquire()
        except OSError as error:
            self._let_go()
            if error.errno not in _NOT_WRITABLE:
                raise
            raise ReadOnlyError(
                f'{self.path} cannot be written by this process; open it with mode="r".'
            ) from None
        except BaseException:
            self._let_go()
            raise

    def verify(self) -> None:
        """Raise unless the folder and the lock file are still those that were opened."""
        super().verify()
        if self._locked is None:
            raise StoreLockedError(f"{self.path} is not locked by this writer any more.")
        if self.identity_of(names.LOCK) != self._locked:
            raise StoreLockedError(
                f"{self / names.LOCK} was removed or replaced while this writer had it, and "
                f"somebody else may write. Nothing more is written here; close the store and open "
                f"it again. Rows that were acknowledged are in it."
            )

    def release(self) -> None:
        """Let others write; a second call does nothing."""
        if self._locked is None:
            return
        self._locked = None
        if os.getpid() == self._process:
            with suppress(OSError):  # the content only tells people who holds the lock
                _write(self._file, b"")
            if self._claimed:
                with suppress(OSError):
                    self.remove(names.CLAIM)
            # A child process that is just starting has a copy of each descriptor for a moment.
            # Unlock explicitly: after a mere close the child would still hold the lock.
            for descriptor in (self._file.fileno(), self._descriptor):
                with suppress(OSError):
                    _unlock(descriptor)
        self._let_go()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def _let_go(self) -> None:
        """Close the descriptors, and with them drop the lock."""
        if hasattr(self, "_unlocking"):
            self._unlocking()
        self.close()

    def _opened(self) -> FileIO:
        """Open the lock file; make it if it is missing."""
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NONBLOCK", 0)
        where = {} if self._descriptor is None else {"dir_fd": self._descriptor}
        target = self / names.LOCK if self._descriptor is None else names.LOCK
        try:
            os.close(os.open(target, flags, 0o666, **where))
            with self.open(names.LOCK, "r+") as file:
                descriptor = os.dup(file.fileno())
        except (CorruptStoreError, IsADirectoryError) as error:
            raise CorruptStoreError(
                f"{self / names.LOCK} is not a regular file, and nobody can lock it. Remove it.",
                path=self / names.LOCK,
            ) from error
        # A store that is collected unclosed drops its lock without a ResourceWarning.
        self._unlocking = finalize(self, os.close, descriptor)
        return FileIO(descriptor, "r+", closefd=False)

    def _acquire(self) -> None:
        lock = self / names.LOCK
        possible = True
        try:
            _lock(self._file.fileno())
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise self._refused(_read(self._file)) from None
            possible = False
        if self._descriptor is not None:
            try:
                _lock(self._descriptor)
            except OSError as error:
                if error.errno not in _NO_LOCKS:
                    raise self._refused(None) from None
        holder = Holder.here(self.identity)
        self._claim(holder, possible)
        self._locked = self.identity_of(names.LOCK)
        found = os.fstat(self._file.fileno())
        if self._locked != (found.st_dev, found.st_ino):
            raise StoreLockedError(f"{lock} was replaced in this moment; open the store again.")
        _write(self._file, holder.to_bytes())

    def _claim(self, holder: Holder, possible: bool) -> None:
        """Refuse if a living process claims the store; claim it if locks are not `possible`."""
        path = self / names.CLAIM
        while (known := _claimant(self)) is not None:
            if known.lives(self.identity):
                raise self._refused(known)
            aside = self / names.temporary_name(names.CLAIM)
            with suppress(FileNotFoundError):
                # Rename first: if two writers find the same dead claim, only one gets it.
                path.rename(aside)
                aside.unlink()
        if possible:
            return
        try:
            with FileIO(path, "x") as file:
                file.write(holder.to_bytes())
        except FileExistsError:
            raise self._refused(_claimant(self)) from None
        self._claimed = True

    def _refused(self, holder: Holder | None) -> StoreLockedError:
        who = "another process" if holder is None else holder.described()
        message = f"{self.path} is open for writing by {who}."
        if holder is not None and not holder.is_here:
            message += (
                f" Whether that process still lives cannot be told from here: if it has ended, "
                f"remove {self / names.CLAIM} and open the store again."
            )
        return StoreLockedError(message)


def is_held(folder: Path) -> bool:
    """Return whether somebody seems to be writing, without locking anything.

    True also if nobody can tell, or if a living process has the number of the dead holder.
    """
    try:
        home = Directory(folder)
        with home.open(names.LOCK) as file:
            holder = _read(file)
    except (OSError, CorruptStoreError):  # missing, or not a regular file
        return False
    return holder is not None and holder.lives(home.identity)


def _claimant(home: Directory) -> Holder | None:
    try:
        with home.open(names.CLAIM) as file:
            content = file.read(_HOLDER_BYTES)
    except FileNotFoundError:
        return None
    return Holder.from_bytes(content) or Holder.unknown()


def _read(file: FileIO) -> Holder | None:
    file.seek(_HOLDER_AT)
    # Empty between taking the lock and writing its holder.
    return Holder.from_bytes(file.read(_HOLDER_BYTES))


def _write(file: FileIO, holder: bytes) -> None:
    file.truncate(_HOLDER_AT)
    file.seek(_HOLDER_AT)
    file.write(holder)


if sys.platform == "win32":

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _unlock(descriptor: int | None) -> None:
        pass  # closing unlocks, and no other process has the handle

else:

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(descriptor: int | None) -> None:
        if descriptor is not None:
            fcntl.flock(descriptor, fcntl.LOCK_UN)


# A forked child shares the parent's locks, and would keep them after the parent has ended.
_held: WeakSet[WriterLock] = WeakSet()


def _let_all_go() -> None:
    for lock in list(_held):
        lock._locked = None
        lock._let_go()
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_all_go)
