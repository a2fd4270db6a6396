"""Only the format that this library knows is read."""

from pathlib import Path

import pytest

from vecstore.errors import FormatVersionError
from vecstore.storage.disk.versions import FORMAT, check_format


def test_our_own_format_is_read() -> None:
    check_format(Path("words.vecs"), FORMAT)


@pytest.mark.parametrize("found", [FORMAT - 1, FORMAT + 1, -1])
def test_every_other_is_refused(found: int) -> None:
    with pytest.raises(FormatVersionError, match=f"words.vecs uses format {found}; "):
        check_format(Path("words.vecs"), found)
