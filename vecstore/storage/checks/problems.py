"""What is wrong with a store: one sentence each, and how an error becomes one."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vecstore.errors import CorruptStoreError, VecstoreError

__all__ = ["Problem", "guarded", "problem_of"]

#: Reading damaged files raises these; a wrong number of rows may ask for any amount of memory.
_DAMAGE = (VecstoreError, OSError, MemoryError)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a store.

    Attributes
    ----------
    path : Path
        The file, or the folder.
    what : str
        What is wrong with it.
    expected, found : str or None
        The two values that differ, if values were compared.
    harmless : bool
        Whether the store is whole all the same: a writer that died left the file behind.

    Examples
    --------
    >>> print(Problem(Path("segment-00000003.h5"), "its size in bytes", "8192", "8001"))
    segment-00000003.h5: its size in bytes: 8192 expected, 8001 found
    """

    path: Path
    what: str
    expected: str | None = None
    found: str | None = None
    harmless: bool = False

    def __str__(self) -> str:
        compared = (
            "" if self.expected is None else f": {self.expected} expected, {self.found} found"
        )
        return f"{self.path}: {self.what}{compared}"


def problem_of(path: Path, error: Exception) -> Problem:
    """Return an error as a problem of `path`, or of the file that the error names."""
    if isinstance(error, CorruptStoreError) and error.what:
        return Problem(error.path or path, error.what)
    if isinstance(error, OSError) and not isinstance(error, VecstoreError):
        return Problem(path, f"it cannot be read ({error.strerror or error})")
    if isinstance(error, MemoryError):
        return Problem(path, "it needs more memory than there is")
    return Problem(path, str(error).rstrip("."))


def guarded(path: Path, problems: Iterator[Problem]) -> Iterator[Problem]:
    """Yield problems; turn an error that damage raises into the last of them."""
    try:
        yield from problems
    except _DAMAGE as error:
        yield problem_of(path, error)
