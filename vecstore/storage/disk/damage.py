"""How damage is reported: one sentence with the path, what is wrong, and the way out."""

from pathlib import Path

from vecstore.errors import CorruptStoreError

__all__ = ["damaged"]


def damaged(path: Path | str, what: str) -> CorruptStoreError:
    """Return the error to raise; `what` was expected and found, without a full stop."""
    return CorruptStoreError(
        f"{path} is damaged: {what}. "
        f'Restore it from a copy; to find all damage, run "vecstore check".',
        path=Path(path),
        what=what,
    )
