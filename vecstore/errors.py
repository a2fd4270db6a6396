"""Every exception that vecstore raises on its own account.

Wrong arguments raise the builtins (`ValueError`, `TypeError`); everything that depends on what is
on disk or in a store is a `VecstoreError`::

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

from collections.abc import Iterable
from pathlib import Path

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
    """Base of every error that is vecstore's own.

    Examples
    --------
    >>> import vecstore
    >>> try:
    ...     vecstore.open("no-such-place.vecs")
    ... except vecstore.VecstoreError as error:
    ...     print(type(error).__name__)
    StoreNotFoundError
    """


class StoreNotFoundError(VecstoreError, FileNotFoundError):
    """There is no store at the path."""


class StoreExistsError(VecstoreError, FileExistsError):
    """The path is taken; nothing is ever overwritten silently."""


class StoreLockedError(VecstoreError):
    """Somebody else holds the store open for writing, or this writer has lost its lock."""


class StoreMovedError(VecstoreError):
    """The folder of an open writer was moved, removed or replaced; nothing is written any more.

    Rows that were acknowledged are in the folder that was opened: open it again, where it is now.
    """


class ReadOnlyError(VecstoreError):
    """The store was opened for reading, or is not ours to write."""


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
    """What is open was written over, or another store has taken its path; open it again.

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
    """The store, or saved trainer, was written in a format that this version does not read."""


class KeyNotFoundError(VecstoreError, KeyError):
    """No vector has this key.

    Attributes
    ----------
    key : str or int
        The first key that was not found.
    suggestions : tuple of str
        The nearest existing spellings, best first.
    """

    # KeyError prints the repr of its message; a sentence reads better without quotes around it.
    __str__ = Exception.__str__

    def __init__(
        self, message: str, *, key: str | int | None = None, suggestions: Iterable[str] = ()
    ) -> None:
        super().__init__(message)
        self.key = key
        self.suggestions = tuple(suggestions)


class DuplicateKeyError(VecstoreError, ValueError):
    """A key to be added is in the store already, or twice in the same call."""


class IngestError(VecstoreError, ValueError):
    """A file of vectors cannot be read: unknown format, ragged or damaged content."""
