"""Who holds a lock: a process of one computer, told from a later process with the same number."""

import os
import platform
from pathlib import Path
from typing import NamedTuple, Self

from vecstore.storage.disk.directory import Identity

__all__ = ["Holder"]


class Holder(NamedTuple):
    """A process that writes, or wrote, to a folder; unknown fields are empty."""

    process: int
    started: str  # in the units of the system; process numbers are used again
    computer: str
    folder: str  # of the store: a lock file that was copied with its store says nothing

    @classmethod
    def here(cls, folder: Identity) -> Self:
        """Return this process."""
        process = os.getpid()
        return cls(process, _started(process) or "", platform.node(), _shown(folder))

    @classmethod
    def unknown(cls) -> Self:
        """Return a process of which nothing is known."""
        return cls(0, "", "", "")

    @classmethod
    def from_bytes(cls, content: bytes) -> Self | None:
        """Read what `to_bytes` wrote, or version 0.1.0, which wrote only the process number."""
        lines = content.decode("utf-8", "replace").splitlines()
        if not lines or not lines[0].isascii() or not lines[0].isdigit():
            return None
        process, started, computer, folder = (lines + [""] * 3)[:4]
        return cls(int(process), started, computer, folder)

    def to_bytes(self) -> bytes:
        """Return the fields as four lines."""
        return "".join(f"{field}\n" for field in self).encode("utf-8", "replace")

    @property
    def is_here(self) -> bool:
        """Whether it is, or was, a process of this computer."""
        return self.process > 0 and self.computer in ("", platform.node())

    def lives(self, folder: Identity) -> bool:
        """Return whether the process may still write to a folder; True if nobody can tell."""
        if self.folder not in ("", _shown(folder)):
            return False
        if not self.is_here:
            return True
        return _lives(self.process) and self.started in ("", _started(self.process) or self.started)

    def described(self) -> str:
        """Return the process in words."""
        if self.process == os.getpid() and self.is_here:
            return "this process"
        who = f"process {self.process}" if self.process else "another process"
        return who if self.is_here or not self.computer else f"{who} on {self.computer}"


def _shown(folder: Identity) -> str:
    return f"{folder.device}:{folder.inode}"


def _started(process: int) -> str | None:
    """Return when a process began, and in which boot of the computer; None if unknown."""
    fields = _fields(process)
    if len(fields) < 20:
        return None
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return None
    return f"{fields[19]}@{boot}"


def _fields(process: int) -> list[str]:
    """Return the fields of `/proc/<process>/stat` from the state on; empty outside Linux."""
    try:
        told = Path(f"/proc/{process}/stat").read_bytes()
    except OSError:
        return []
    # The name of the program, in parentheses, may hold blanks.
    return told.rpartition(b")")[2].decode("ascii", "replace").split()


def _lives(process: int) -> bool:
    if os.name == "nt":  # os.kill may end the process
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # it lives, and belongs to another user
        return True
    # A zombie has ended, but its parent has not collected it yet.
    return _fields(process)[:1] not in (["Z"], ["X"])
