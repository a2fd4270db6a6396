"""Images through a network, and those that cannot be read."""

import shutil
from pathlib import Path

import pytest

pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from vecstore.images.batches import find_unread, why_unread
from vecstore.images.files import open_images

pytestmark = [pytest.mark.keras, pytest.mark.images]

SIZE = (16, 16, 3)


def test_images_that_cannot_be_read_are_found_and_explained(lime: Path, tmp_path: Path) -> None:
    for number in range(9):
        shutil.copy(lime, tmp_path / f"{number}.jpg")
    for damaged in (0, 3, 7, 8):  # the first, the last, and some between
        (tmp_path / f"{damaged}.jpg").write_bytes(b"")
    with open_images(tmp_path, None) as images:
        assert find_unread(images, SIZE, batch_size=2) == [0, 3, 7, 8]
        [(key, reason)] = why_unread(images, [3], SIZE)
    assert key == "3.jpg"
    assert reason.startswith("Input is empty")


def test_none_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    with open_images(tmp_path, None) as images:
        assert find_unread(images, SIZE, batch_size=2) == [0]
