"""How damage is reported: one sentence with the path, what is wrong, and the way out."""

from pathlib import Path

from vecstore.errors import CorruptStoreError

__all__ = ["damaged"]


def damaged(path: Path | str, what: str) -> CorruptStoreError:
    """Return the error that says what is wrong with a file of a store.

    Parameters
    ----------
    path : Path or str
        The file.
    what : str
        What was expected and what was found, without a full stop.

    Returns
    -------
    CorruptStoreError
        To be raised by the caller.

    Examples
    --------
    >>> print(damaged("segment-00000003.h5", "8192 bytes expected, 8001 found"))
    segment-00000003.h5 is damaged: 8192 bytes expected, 8001 found.
    Restore it from a copy; to find all damage, run "vecstore check".
    """
    return CorruptStoreError(
        f"{path} is damaged: {what}. "
        f'Restore it from a copy; to find all damage, run "vecstore check".',
        path=Path(path),
        what=what,
    )
