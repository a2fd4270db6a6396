"""All exceptions of vecstore.

Wrong arguments raise builtins (`ValueError`, `TypeError`). Whatever depends on the content of a
disk or a store is a `VecstoreError`::

    VecstoreError
    ├── StoreNotFoundError   (FileNotFoundError)
    ├── StoreExistsError     (FileExistsError)
    ├── StoreLockedError
    ├── StoreMovedError
    ├── ReadOnlyError
    ├── CorruptStoreError
    ├── StoreChangedError
    ├── FormatVersionError
    ├── KeyNotFoundError     (KeyError)
    ├── DuplicateKeyError    (ValueError)
    └── IngestError          (ValueError)
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from vecstore.terminal import printable

__all__ = [
    "CorruptStoreError",
    "DuplicateKeyError",
    "FormatVersionError",
    "IngestError",
    "KeyNotFoundError",
    "ReadOnlyError",
    "StoreChangedError",
    "StoreExistsError",
    "StoreLockedError",
    "StoreMovedError",
    "StoreNotFoundError",
    "VecstoreError",
]


class VecstoreError(Exception):
    """Base class of all exceptions of vecstore.

    Examples
    --------
    >>> import vecstore
    >>> try:
    ...     vecstore.open("no-such-place.vecs")
    ... except vecstore.VecstoreError as error:
    ...     print(type(error).__name__)
    StoreNotFoundError
    """

    def __str__(self) -> str:
        # A key or a path in the message may hold escape sequences.
        return printable(super().__str__(), lines=True)


class StoreNotFoundError(VecstoreError, FileNotFoundError):
    """There is no store at the path."""


class StoreExistsError(VecstoreError, FileExistsError):
    """The path already exists; nothing is ever overwritten silently."""


class StoreLockedError(VecstoreError):
    """Somebody else has the store open for writing, or this writer has lost its lock."""


class StoreMovedError(VecstoreError):
    """The folder of an open writer was moved, removed or replaced; nothing more is written.

    Rows that were acknowledged are in the folder that was opened: open it again, where it is now.
    """


class ReadOnlyError(VecstoreError):
    """The store was opened for reading, or vecstore may not write to it."""


class CorruptStoreError(VecstoreError):
    """A file of the store is damaged, truncated or missing.

    Attributes
    ----------
    path : Path or None
        The file.
    what : str
        What is wrong with it, without the path.
    """

    def __init__(self, message: str, *, path: Path | None = None, what: str = "") -> None:
        super().__init__(message)
        self.path = path
        self.what = what


class StoreChangedError(VecstoreError):
    """An open file was overwritten, or another store has taken its path; open the store again.

    Attributes
    ----------
    path : Path or None
        The file or the store.
    what : str
        What changed, without the path.
    """

    def __init__(self, message: str, *, path: Path | None = None, what: str = "") -> None:
        super().__init__(message)
        self.path = path
        self.what = what


class FormatVersionError(VecstoreError):
    """The store or saved trainer has a format that this version of vecstore does not read."""


class KeyNotFoundError(VecstoreError, KeyError):
    """No vector has this key.

    Attributes
    ----------
    key : str or int
        The first key that was not found.

    Notes
    -----
    Similar spellings are looked up only when they, or the message, are read, so a missing key costs
    no more than one that exists.

    Examples
    --------
    >>> import vecstore
    >>> store = vecstore.from_arrays([[0, 1]], keys=["north"])
    >>> try:
    ...     store["nort"]
    ... except vecstore.KeyNotFoundError as error:
    ...     print(error.key, error.suggestions)
    nort ('north',)
    """

    def __init__(
        self,
        message: str,
        *,
        key: str | int | None = None,
        suggestions: Iterable[str] | Callable[[], Iterable[str]] = (),
    ) -> None:
        super().__init__(message)
        self.key = key
        # Suggestions that are still to be looked up are put at the end of the message.
        self._suggest = suggestions if callable(suggestions) else None
        self._suggestions = None if callable(suggestions) else tuple(suggestions)

    @property
    def suggestions(self) -> tuple[str, ...]:
        """The existing keys of the most similar spelling: tuple of str."""
        if self._suggestions is None:
            try:
                self._suggestions = tuple(self._suggest() if self._suggest else ())
            except VecstoreError:  # the store was damaged meanwhile; this error is about the key
                self._suggestions = ()
        return self._suggestions

    @property
    def args(self) -> tuple[Any, ...]:  # type: ignore[override]
        """The message, as in `BaseException`: tuple of one str."""
        return (self._message,)

    @property
    def _message(self) -> str:
        said = str(Exception.__str__(self))
        quoted = [f'"{key}"' for key in self.suggestions] if self._suggest else []
        near = " or ".join(filter(None, [", ".join(quoted[:-1]), *quoted[-1:]]))
        return f"{said} Did you mean {near}?" if near else said

    # KeyError prints the repr of its message; a sentence reads better without quotes around it.
    def __str__(self) -> str:
        return printable(self._message, lines=True)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._message!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        said, suggestions = self._message, self.suggestions
        return type(self), (said,), {"key": self.key, "_suggestions": suggestions}


class DuplicateKeyError(VecstoreError, ValueError):
    """A key to be added is already in the store, or appears twice in the same call."""


class IngestError(VecstoreError, ValueError):
    """A file of vectors cannot be read: its format is unknown, or its content damaged."""
