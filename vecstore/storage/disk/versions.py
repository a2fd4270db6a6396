"""The version of the format on disk, and the refusal of every other."""

from pathlib import Path

from vecstore.errors import FormatVersionError

__all__ = ["FORMAT", "check_format"]

#: The format that this library writes and reads; `FORMAT.md` describes it.
FORMAT = 1


def check_format(path: Path, found: int) -> None:
    """Raise FormatVersionError unless `found` is `FORMAT`; `path` is for the message."""
    if found != FORMAT:
        hint = " Upgrade vecstore to open it." if found > FORMAT else ""
        raise FormatVersionError(
            f"{path} uses format {found}; this vecstore reads format {FORMAT}.{hint}"
        )
