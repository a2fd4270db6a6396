"""The one writer: the operating system's lock on a file of the store.

The lock belongs to the process, not to the file: when the process ends, however it ends, the lock
is gone and there is nothing to clean up. The file stays, and says who held it last.
"""

import errno
import os
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self

from vecstore.errors import ReadOnlyError, StoreLockedError
from vecstore.storage import names

__all__ = ["WriterLock", "is_held"]

# Windows locks the first byte against reading too, so the process id stands behind it.
_HOLDER_AT = 1
_HOLDER_BYTES = 20

_NOT_WRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS)


class WriterLock:
    """The right to change a store, from construction until `release` or the end of the process.

    Parameters
    ----------
    folder : Path
        The store.

    Raises
    ------
    StoreLockedError
        If somebody has it, naming their process id.
    ReadOnlyError
        If the folder may not be written.

    Examples
    --------
    >>> with WriterLock(Path()):
    ...     names.LOCK in [path.name for path in Path().iterdir()]
    True
    """

    def __init__(self, folder: Path) -> None:
        # Loads its asyncio half and logging, so not at `import vecstore`.
        from filelock import FileLock, Timeout

        self._path = folder / names.LOCK
        # The lock is the store's, not a thread's: any thread may close the store.
        self._lock = FileLock(self._path, timeout=0, thread_local=False)
        try:
            self._lock.acquire()
        except Timeout:
            raise StoreLockedError(f"{folder} is open for writing by {self._holder()}.") from None
        except OSError as error:
            if error.errno not in _NOT_WRITABLE:
                raise
            raise ReadOnlyError(
                f'{folder} cannot be written by this process; open it with mode="r".'
            ) from None
        self._write(f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let somebody else write; nothing happens the second time."""
        if self._lock.is_locked:
            self._write(b"")
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def _write(self, holder: bytes) -> None:
        with FileIO(self._path, "r+") as file:
            file.truncate(_HOLDER_AT)
            file.seek(_HOLDER_AT)
            file.write(holder)

    def _holder(self) -> str:
        with FileIO(self._path) as file:
            file.seek(_HOLDER_AT)
            text = file.read(_HOLDER_BYTES)
        # Empty in the moment between taking the lock and writing the id.
        if not text.strip().isdigit():
            return "another process"
        holder = int(text)
        return "this process" if holder == os.getpid() else f"process {holder}"


def is_held(folder: Path) -> bool:
    """Return whether somebody seems to be writing, without getting into their way.

    Parameters
    ----------
    folder : Path
        The store.

    Returns
    -------
    bool
        True also if the process that held the lock when it died has a namesake by now, or if
        nobody can tell.
    """
    try:
        with FileIO(folder / names.LOCK) as file:
            file.seek(_HOLDER_AT)
            text = file.read(_HOLDER_BYTES).strip()
    except OSError:  # there is none, or it is no file
        return False
    if not text.isdigit():
        return False
    if os.name == "nt":  # where asking a process whether it lives may end it
        return True
    try:
        os.kill(int(text), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # it lives, and is somebody else's
        return True
    return True
