"""From files to pixels: the same ones that Pillow sees, and an account of damage."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")
Image = pytest.importorskip("PIL.Image")

from vecstore.images.pixels import (  # noqa: E402 (after what may be skipped)
    labelled_batches,
    pixel_batches,
    pixels_of,
    why_unreadable,
)

pytestmark = pytest.mark.keras

SIZE = (96, 96, 3)


def pixels(path: Path, size: tuple[int, int, int] = SIZE) -> np.ndarray:
    return pixels_of(str(path), size)[0].numpy()


def decoded(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"), np.float32)


def gradient(height: int, width: int) -> Any:
    """A picture whose colours run from corner to corner."""
    rows, columns = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    channels = np.stack([rows, columns, 1 - rows], axis=-1)
    return Image.fromarray((255 * channels).astype(np.uint8))


# Pixels.


def test_pixels_of_the_right_size_are_those_of_the_file(lime: Path) -> None:
    found, stored = pixels_of(str(lime), SIZE)
    assert stored.numpy().tolist() == [96, 96]
    assert found.dtype == "float32"
    np.testing.assert_array_equal(found, decoded(lime))


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.webp", "a.jpg"])
def test_formats_are_told_by_their_content(lime: Path, tmp_path: Path, name: str) -> None:
    options = {"lossless": True} if name == "a.webp" else {}
    Image.open(lime).save(tmp_path / name, **options)
    misnamed = (tmp_path / name).rename(tmp_path / "misnamed.jpg")
    np.testing.assert_array_equal(pixels(misnamed), decoded(misnamed))


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "1"])
def test_every_kind_of_colour_becomes_rgb(lime: Path, tmp_path: Path, mode: str) -> None:
    path = tmp_path / f"a.{'jpg' if mode == 'CMYK' else 'png'}"
    Image.open(lime).convert(mode).save(path)
    assert np.abs(pixels(path) - decoded(path)).max() <= 4


def test_grey_is_one_channel(lime: Path) -> None:
    assert pixels(lime, (32, 32, 1)).shape == (32, 32, 1)


def test_of_an_animation_it_is_the_first_picture(tmp_path: Path) -> None:
    first, second = (Image.new("RGB", (8, 8), colour) for colour in ("red", "blue"))
    first.save(tmp_path / "a.gif", save_all=True, append_images=[second])
    np.testing.assert_array_equal(pixels(tmp_path / "a.gif", (8, 8, 3))[0, 0], [255, 0, 0])


@pytest.mark.parametrize("height", [100, 199, 200, 399, 400, 801])
def test_a_jpeg_of_any_size_keeps_its_colours_in_place(tmp_path: Path, height: int) -> None:
    """Whatever part of the shrinking is done by the decoder."""
    gradient(height, 300).save(tmp_path / "a.jpg", quality=95)
    found, stored = pixels_of(str(tmp_path / "a.jpg"), (50, 40, 3))
    assert stored.numpy().tolist() == [height, 300]
    expected = np.asarray(gradient(height, 300).resize((40, 50), Image.Resampling.BOX))
    assert np.abs(found.numpy() - expected).max() < 6


# Batches.


def damaged(folder: Path, lime: Path) -> list[str]:
    """Four files of which only the second and the last are images."""
    content = lime.read_bytes()
    (folder / "cut.jpg").write_bytes(content[:1500])
    (folder / "text.jpg").write_bytes(b"no image at all")
    (folder / "empty.png").write_bytes(b"")
    names = ["cut.jpg", lime, "text.jpg", "empty.png", lime]
    return [str(folder / name) for name in names]


def test_batches_leave_out_what_cannot_be_read_and_say_which(tmp_path: Path, lime: Path) -> None:
    batches = list(pixel_batches(damaged(tmp_path, lime), SIZE, 8))
    [(places, found, stored)] = batches
    assert places.numpy().tolist() == [1, 4]
    assert stored.numpy().tolist() == [[96, 96], [96, 96]]
    np.testing.assert_array_equal(found[0], found[1])


def test_the_last_batch_may_have_fewer(lime: Path) -> None:
    places = [len(places) for places, _, _ in pixel_batches([str(lime)] * 7, SIZE, 3)]
    assert places == [3, 3, 1]


def test_what_is_wrong_with_an_image_is_said_in_words(tmp_path: Path, lime: Path) -> None:
    files = damaged(tmp_path, lime)
    said = [why_unreadable(file, SIZE) for file in files]
    assert said[0].startswith("Invalid JPEG data")
    assert said[2].startswith("Unknown image file format")
    assert said[3] == "Input is empty"
    assert "No such file" in why_unreadable(str(tmp_path / "gone.jpg"), SIZE)
    assert "second try" in said[1]


# Batches to learn from.


@pytest.fixture
def batches(fruit: Path) -> Callable[[bool], Any]:
    files = sorted(map(str, fruit.rglob("*.jpg")))
    numbers = np.arange(len(files), dtype=np.int32)
    return lambda shuffle: labelled_batches(files, numbers, (8, 8, 3), 10, shuffle=shuffle)


def order(batches: Any) -> list[int]:
    return [int(number) for _, numbers in batches for number in numbers]


def test_every_epoch_has_all_images_in_another_order(batches: Callable[[bool], Any]) -> None:
    shuffled = batches(True)
    first, second = order(shuffled), order(shuffled)
    assert sorted(first) == sorted(second) == list(range(24))
    assert first != second
    assert order(batches(False)) == list(range(24))


def test_a_seed_gives_the_same_orders_again(batches: Callable[[bool], Any]) -> None:
    found = []
    for seed in (1, 2, 1):
        tf.random.set_seed(seed)
        shuffled = batches(True)
        tf.random.set_seed(77)  # what is drawn later has no part in it
        found.append([order(shuffled), order(shuffled)])
    assert found[0] == found[2] != found[1]


def test_labels_stay_with_their_images(fruit: Path, batches: Callable[[bool], Any]) -> None:
    files = sorted(map(str, fruit.rglob("*.jpg")))
    for found, numbers in batches(True):
        for one, number in zip(found, numbers, strict=True):
            np.testing.assert_array_equal(one, pixels(Path(files[int(number)]), (8, 8, 3)))
