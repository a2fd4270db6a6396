"""A double of `files.disk` that fails at one operation, or forgets what was never synced."""

import os
import re
from collections.abc import Callable
from io import FileIO
from pathlib import Path

from vecstore.storage.disk.files import Disk


class Crash(BaseException):
    """The process died: nothing may catch this and go on."""


class FaultyDisk(Disk):
    """Does what it is told until operation number `fail_at`, counting from 0, then raises.

    With a `Crash` every later operation fails too, as for a process that is dead; an OSError is
    raised once, as by a disk that was full for a moment. An operation that writes does half of it
    first. Nothing is really synced: what the device would have is kept here.
    """

    def __init__(self, fail_at: int | None, error: BaseException | None = None) -> None:
        self.operations: list[str] = []
        self._fail_at = fail_at
        self._error = error or Crash()
        self._identities: dict[Path, int] = {}
        self._next = 0
        self._synced: dict[int, bytes] = {}
        self._durable_names: dict[Path, dict[str, int]] = {}

    def adopt(self, folder: Path) -> None:
        """Take what `folder` holds now as durable."""
        for path in folder.iterdir():
            self._synced[self._identity(path)] = path.read_bytes()
        self.sync_names(folder)

    def lose_power(self, folder: Path, *, keep_names: bool) -> None:
        """Leave of `folder` what the device had: synced content, and synced names or all of them.

        A file system may or may not have written names that were never synced: both happen.
        """
        if keep_names:
            self.sync_names(folder)
        for path in folder.iterdir():
            path.unlink()
        for name, identity in self._durable_names[folder].items():
            (folder / name).write_bytes(self._synced.get(identity, b""))

    def sync_names(self, folder: Path) -> None:
        self._durable_names[folder] = {path.name: self._identity(path) for path in folder.iterdir()}

    def create(self, path: Path, write: Callable[[Path], object]) -> None:
        failing = self._count(f"create {_shown(path)}")
        self._identities.pop(path, None)
        super().create(path, write)
        if failing:
            os.truncate(path, path.stat().st_size // 2)
            raise self._error

    def append(self, file: FileIO, data: bytes) -> None:
        failing = self._count(f"append {len(data)}")
        super().append(file, data[: len(data) // 2] if failing else data)
        if failing:
            raise self._error

    def truncate(self, file: FileIO, size: int) -> None:
        self._step("truncate")
        super().truncate(file, size)

    def sync(self, file: FileIO) -> None:
        path = Path(str(file.name))
        self._step(f"sync {_shown(path)}")
        self._synced[self._identity(path)] = path.read_bytes()

    def sync_folder(self, folder: Path, opened: int | None = None) -> None:
        self._step("sync folder")
        self.sync_names(folder)

    def rename(self, old: Path, new: Path) -> None:
        self._step(f"rename to {new.name}")
        super().rename(old, new)
        self._identities[new] = self._identities.pop(old)

    def claim(self, old: Path, new: Path, folder: int | None) -> None:
        self._step(f"rename to {new.name}")
        super().claim(old, new, folder)
        self._identities[new] = self._identities.pop(old)

    def remove(self, path: Path, folder: int | None = None) -> None:
        self._step(f"remove {_shown(path)}")
        super().remove(path, folder)
        self._identities.pop(path, None)

    def make_folder(self, path: Path) -> None:
        self._step(f"make {path.name}")
        super().make_folder(path)

    def _identity(self, path: Path) -> int:
        # Not the inode: that of a removed file is used again.
        if path not in self._identities:
            self._next += 1
            self._identities[path] = self._next
        return self._identities[path]

    def _count(self, operation: str) -> bool:
        """Note an operation; whether it is the one that fails half-way."""
        at = len(self.operations)
        self.operations.append(operation)
        if self._fail_at is None or at < self._fail_at:
            return False
        if at > self._fail_at:
            if isinstance(self._error, Crash):
                raise self._error
            return False
        return True

    def _step(self, operation: str) -> None:
        if self._count(operation):
            raise self._error


def _shown(path: Path) -> str:
    """Return a name without what is random in it."""
    return re.sub(r"\.[0-9a-f]{8}\.tmp$", ".tmp", path.name)
