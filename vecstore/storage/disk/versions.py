"""The version of the format on disk, and the refusal of every other."""

from pathlib import Path

from vecstore.errors import FormatVersionError

__all__ = ["FORMAT", "check_format"]

#: What this library writes and reads; `FORMAT.md` is its text.
FORMAT = 1


def check_format(path: Path, found: int) -> None:
    """Refuse a file of a format that this library does not read.

    Parameters
    ----------
    path : Path
        What the reader of the error can find: the store, or a file on its own.
    found : int
        The version that the file claims.

    Raises
    ------
    FormatVersionError
        If it is not `FORMAT`.
    """
    if found != FORMAT:
        hint = " Upgrade vecstore to open it." if found > FORMAT else ""
        raise FormatVersionError(
            f"{path} uses format {found}; this vecstore reads format {FORMAT}.{hint}"
        )
