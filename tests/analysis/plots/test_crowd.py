"""Points of any number, in the pixels that come out."""

import numpy as np
import polars as pl
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from vecstore.analysis.plots.crowd import DOTS, draw_points
from vecstore.analysis.plots.layout import set_window, settle
from vecstore.analysis.plots.shades import shades
from vecstore.analysis.plots.style import PALETTE, new_figure, strip

BLUE, ORANGE = (np.array(to_rgb(color)) for color in PALETTE[:2])


def draw(points: np.ndarray, values: list[object] | None) -> tuple[Axes, np.ndarray]:
    """Return the axes, and red, green and blue of every pixel of the figure."""
    figure = new_figure(4, 3)
    axes = figure.add_subplot()
    strip(axes)
    settle(figure)
    set_window(axes, points)
    draw_points(axes, points, None if values is None else shades(pl.Series("kind", values)))
    figure.canvas.draw()
    return axes, np.asarray(figure.canvas.buffer_rgba())[..., :3] / 255


def color_at(axes: Axes, pixels: np.ndarray, point: tuple[float, float]) -> np.ndarray:
    """The strongest colour within a pixel: axes need not begin at a whole one."""
    column, row = axes.transData.transform(point).astype(int)
    row = len(pixels) - 1 - row
    near = pixels[row - 1 : row + 2, column - 1 : column + 2].reshape(-1, 3)
    return near[near.sum(axis=1).argmin()]


def is_like(color: np.ndarray, wanted: np.ndarray) -> bool:
    """Whether a colour is a mixture of the wanted one and white."""
    tint, full = 1 - color, 1 - wanted
    return bool(np.linalg.norm(tint - full * (tint @ full) / (full @ full)) < 0.1)


@pytest.mark.parametrize("n", [200, DOTS + 5_000])
def test_points_have_the_colour_of_their_category(n: int) -> None:
    corners = np.array([[0.0, 0.0], [1.0, 1.0]])
    points = np.tile(corners, (n // 2, 1))
    axes, pixels = draw(points, ["cat", "dog"] * (n // 2))
    assert is_like(color_at(axes, pixels, (0, 0)), BLUE)
    assert is_like(color_at(axes, pixels, (1, 1)), ORANGE)


def test_the_last_category_does_not_hide_the_others() -> None:
    n = DOTS + 5_000
    rng = np.random.default_rng(0)
    points = np.vstack([[[0.0, 0.0], [1.0, 1.0]], rng.normal(0.5, 0.02, (n, 2))])
    kinds = ["cat"] * (2 + n // 5 * 4) + ["dog"] * (n // 5)  # dogs come last, and are fewer
    _, pixels = draw(points, kinds)
    colored = pixels[(pixels < 0.9).any(axis=2)]
    blue = sum(is_like(color, BLUE) for color in colored[::20])
    assert blue > 0.7 * len(colored[::20])


def test_a_crowd_is_darker_than_a_few() -> None:
    crowd = np.zeros((DOTS, 2))
    points = np.vstack([crowd, [[1.0, 1.0]], [[1.0, 0.0]]])
    axes, pixels = draw(points, None)
    crowded, alone = color_at(axes, pixels, (0, 0)), color_at(axes, pixels, (1, 1))
    assert crowded.sum() < alone.sum() < 3
    assert is_like(alone, BLUE)


def test_every_point_of_many_can_be_seen(rng: np.random.Generator) -> None:
    grid = np.stack(np.meshgrid(np.arange(20.0), np.arange(15.0)), axis=-1).reshape(-1, 2)
    points = np.repeat(grid, DOTS // len(grid) + 1, axis=0)
    axes, pixels = draw(points, None)
    assert all((color_at(axes, pixels, tuple(point)) < 0.95).any() for point in grid)


def test_quantities_are_averaged_by_pixel() -> None:
    half = DOTS // 2 + 10
    points = np.vstack([np.zeros((half, 2)), np.ones((half, 2))])
    values = [0.0, 10.0] * (half // 2) + [10.0] * half
    axes, pixels = draw(points, values)
    middle, high = color_at(axes, pixels, (0, 0)), color_at(axes, pixels, (1, 1))
    np.testing.assert_allclose(middle, to_rgb("#21918c"), atol=0.05)  # viridis half-way
    np.testing.assert_allclose(high, to_rgb("#fde725"), atol=0.05)  # and at its end
