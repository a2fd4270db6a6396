"""Pipes given in place of files: copied to a temporary file, which can be read more than once."""

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from vecstore.errors import IngestError, KeyNotFoundError, VecstoreError

__all__ = ["STDIN", "is_pipe", "open_once", "spool", "whole_file"]

#: Name of standard input in commands.
STDIN = "-"

_COPIED_BYTES = 1 << 20
_STDIN_PATHS = {"/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"}


def is_pipe(path: str | PathLike[str]) -> bool:
    """Return whether a path can be read only once: a pipe, a terminal, standard input."""
    if str(path) == STDIN or str(path) in _STDIN_PATHS:
        return True
    mode = Path(path).stat().st_mode
    if stat.S_ISBLK(mode) or (stat.S_ISCHR(mode) and not _is_terminal(path)):
        raise IngestError(f"{path} is a device; a file or a pipe is needed.")
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def spool(path: str | PathLike[str]) -> Path:
    """Copy a pipe to a temporary file, which the caller removes."""
    descriptor, name = tempfile.mkstemp(prefix="vecstore-", suffix="-pipe")
    os.close(descriptor)
    copy = Path(name)
    try:
        _copy(path, copy)
    except BaseException:
        copy.unlink(missing_ok=True)
        raise
    return copy


def _copy(path: str | PathLike[str], copy: Path) -> None:
    try:
        with copy.open("wb") as file, open_once(path) as stream:
            shutil.copyfileobj(stream, file, _COPIED_BYTES)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise IngestError(
                f"{path} is a pipe whose content does not fit in {copy.parent}: {error.strerror}. "
                f"Set TMPDIR to a folder with more room."
            ) from error
        raise


@contextmanager
def whole_file(path: str | PathLike[str]) -> Iterator[Path]:
    """Yield a path that can be read more than once: `path`, or a copy of the pipe that it is.

    The copy has the name of the pipe, and errors name the pipe itself.
    """
    if not is_pipe(path):
        yield Path(path)
        return
    with tempfile.TemporaryDirectory(prefix="vecstore-") as folder:
        copy = Path(folder, "stdin" if str(path) == STDIN else Path(path).name)
        try:
            _copy(path, copy)
            yield copy
        except KeyNotFoundError:
            raise  # names keys, not the copy
        except (VecstoreError, ValueError) as error:
            error.args = tuple(
                one.replace(str(copy), str(path)) if isinstance(one, str) else one
                for one in error.args
            )
            raise


def open_once(path: str | PathLike[str]) -> BinaryIO:
    """Open a file or pipe to be read once; STDIN is standard input."""
    if str(path) == STDIN or str(path) in _STDIN_PATHS:
        return os.fdopen(os.dup(0), "rb")  # a socket cannot be opened by its path
    return Path(path).open("rb")


def _is_terminal(path: str | PathLike[str]) -> bool:
    with Path(path).open("rb", buffering=0) as file:
        return file.isatty()
