"""Which way up images are, as Pillow reads it from the same files."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from vecstore.images.orientation import orientation_of
from vecstore.images.pixels import pixel_batches, why_unreadable

RNG = np.random.default_rng(5)
NOISE = RNG.integers(0, 256, (40, 60, 3)).astype(np.uint8)
# Smooth, so that it survives JPEG; no two of its turns are alike.
SMOOTH = np.stack(np.broadcast_arrays(np.arange(48)[:, None] * 5, np.arange(64) * 3, 40), axis=-1)


def written(path: Path, pixels: np.ndarray, noted: int) -> Path:
    exif = Image.Exif()
    exif[0x010F] = "A maker of cameras"
    exif[0x0112] = noted
    Image.fromarray(pixels.astype(np.uint8)).save(path, exif=exif, quality=95)
    return path


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
@pytest.mark.parametrize("noted", range(10))
def test_it_is_what_the_camera_has_noted(tmp_path: Path, name: str, noted: int) -> None:
    path = written(tmp_path / name, NOISE, noted)
    assert orientation_of(str(path)) == (noted if 1 <= noted <= 8 else 1)
    assert orientation_of(bytes(path)) == orientation_of(str(path))


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_a_file_that_is_cut_anywhere_is_upright_or_as_noted(tmp_path: Path, name: str) -> None:
    content = written(tmp_path / name, NOISE, 6).read_bytes()
    for end in range(200):
        (tmp_path / name).write_bytes(content[:end])
        assert orientation_of(str(tmp_path / name)) in (1, 6)


def test_what_says_nothing_is_upright(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8" + b"\xff" * 100)
    (tmp_path / "b.jpg").write_bytes(b"\xff\xd8\xff\xe1\x00\x10Exif\0\0MM\0*\xff\xff\xff\xff")
    assert orientation_of(str(tmp_path / "a.jpg")) == orientation_of(str(tmp_path / "b.jpg")) == 1
    assert orientation_of(str(tmp_path / "nowhere.jpg")) == 1


@pytest.mark.images
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_pixels_are_those_that_pillow_turns(tmp_path: Path, name: str) -> None:
    pytest.importorskip("tensorflow")
    files = [written(tmp_path / f"{noted}{name}", SMOOTH, noted) for noted in range(1, 9)]
    for orient in (True, False):
        [batch] = pixel_batches([str(file) for file in files], (48, 64, 3), 8, orient=orient)
        places, pixels, stored = (part.numpy() for part in batch)
        assert places.tolist() == [*range(8)]
        for file, found, sides in zip(files, pixels, stored, strict=True):
            with Image.open(file) as image:
                shown = ImageOps.exif_transpose(image) if orient else image
                expected = shown.convert("RGB").resize((64, 48), Image.Resampling.BILINEAR)
                assert sides.tolist() == [shown.height, shown.width]
            assert np.abs(found - np.asarray(expected, np.float32)).mean() < 4


@pytest.mark.images
def test_sizes_that_are_only_claimed_are_not_believed(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    for name, at, side in (("a.png", 16, 4), ("a.gif", 6, 2)):
        Image.fromarray(NOISE[:, :, 0]).save(tmp_path / name)
        content = bytearray((tmp_path / name).read_bytes())
        order = "big" if name == "a.png" else "little"
        content[at : at + 2 * side] = 2 * (20_000).to_bytes(side, order)  # type: ignore[call-overload]
        (tmp_path / name).write_bytes(content)
        said = why_unreadable(str(tmp_path / name), (32, 32, 3))
        assert "claims more than 268,435,456 pixels" in said
        assert "\n" not in said
