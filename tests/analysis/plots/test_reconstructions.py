"""Originals over reconstructions: which images are where, and what is no image."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from vecstore.analysis.plots.reconstructions import draw_reconstructions
from vecstore.analysis.plots.style import save


@pytest.fixture
def images(rng: np.random.Generator) -> np.ndarray:
    return rng.random((4, 8, 6))


def test_each_image_is_over_its_reconstruction(images: np.ndarray) -> None:
    figure = draw_reconstructions(images, 1 - images)
    shown = [axes.images[0].get_array() for axes in figure.axes]
    assert len(shown) == 8
    for place in range(4):
        np.testing.assert_array_equal(shown[place], images[place])
        np.testing.assert_array_equal(shown[4 + place], 1 - images[place])
    assert [axes.get_ylabel() for axes in figure.axes[::4]] == ["originals", "reconstructed"]


def test_noisy_images_are_between(images: np.ndarray) -> None:
    figure = draw_reconstructions(images, images, noisy=images / 2)
    labels = [axes.get_ylabel() for axes in figure.axes[::4]]
    assert labels == ["originals", "noisy", "reconstructed"]


def test_bytes_and_shares_of_white_look_the_same(images: np.ndarray) -> None:
    figure = draw_reconstructions((images * 255).astype(np.uint8), images)
    white = [axes.images[0].get_clim() for axes in figure.axes]
    assert white == [(0, 255)] * 4 + [(0, 1)] * 4


def test_images_in_color_become_a_file(tmp_path: Path, rng: np.random.Generator) -> None:
    colored = rng.random((3, 5, 5, 3))
    assert save(draw_reconstructions(colored, colored), tmp_path / "a.svg").stat().st_size > 1_000


@pytest.mark.parametrize("shape", [(4, 64), (0, 8, 8), (4, 8, 8, 2)])
def test_what_is_no_image_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="`originals` must have shape"):
        draw_reconstructions(np.zeros(shape), np.zeros(shape))


def test_another_shape_is_refused(images: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"`reconstructed` must have the shape of `originals`"):
        draw_reconstructions(images, images[:2])
