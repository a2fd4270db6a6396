"""Draw any number of points: few as dots, many as counts by pixel.

Among 100,000 dots, those drawn last hide the others. A pixel shows instead how many points it has,
and their most frequent category or the mean of their values.
"""

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, to_rgb

from vecstore.analysis.plots.shades import Categories, Quantities
from vecstore.analysis.plots.style import NOTHING, PALETTE, SEQUENTIAL

__all__ = ["DOTS", "draw_points", "scale"]

Floats = npt.NDArray[np.float64]
Look = Categories | Quantities | None

#: The most points that are drawn as dots.
DOTS = 20_000

_INK_SHARE = 0.10  # share of the axes that dots may cover if none overlap
_SMALLEST, _LARGEST = 2.0, 40.0  # area of a dot in square points
_FAINTEST = 0.4  # opacity of a pixel with one point; one with many is opaque
# A pixel alone is hard to see: each point is drawn as a cross of five.
_CROSS = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))


def draw_points(axes: Axes, points: Floats, look: Look) -> None:
    """Draw finite points, (n, 2), so that their number stays visible; settle the figure first."""
    if len(points) <= DOTS:
        _draw_dots(axes, points, look)
    else:
        _draw_counts(axes, points, look)


def scale(look: Quantities) -> ScalarMappable:
    """Return what a colour bar shows."""
    return ScalarMappable(Normalize(look.low, look.high), SEQUENTIAL)


def _draw_dots(axes: Axes, points: Floats, look: Look) -> None:
    box = axes.get_window_extent()
    area = box.width * box.height * (72 / axes.figure.dpi) ** 2
    size = np.clip(_INK_SHARE * area / len(points), _SMALLEST, _LARGEST)
    # Shuffled: a store may be in order of category, and the last category would hide the others.
    order = np.random.default_rng(0).permutation(len(points))
    x, y = points[order].T
    axes.scatter(
        x,
        y,
        s=size,
        c=_colors(look, len(points))[order],
        alpha=0.8 if len(points) < 2_000 else 0.6,
        linewidths=0,
        zorder=2,
        rasterized=len(points) > 2_000,  # an SVG of many dots takes viewers seconds
    )


def _colors(look: Look, n: int) -> Floats:
    if look is None:
        return np.tile(to_rgb(PALETTE[0]), (n, 1))
    if isinstance(look, Categories):
        return np.asarray(look.colors[look.codes])
    colors = scale(look).to_rgba(look.values)[:, :3]
    colors[np.isnan(look.values)] = to_rgb(NOTHING)
    return np.asarray(colors, np.float64)


def _draw_counts(axes: Axes, points: Floats, look: Look) -> None:
    box = axes.get_window_extent()
    shape = int(box.height), int(box.width)
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    columns = (points[:, 0] - left) / (right - left) * shape[1]
    rows = (points[:, 1] - bottom) / (top - bottom) * shape[0]
    cells = rows.astype(np.int64) * shape[1] + columns.astype(np.int64)
    counts = _spread(cells, None, shape)
    image = np.zeros((*shape, 4))
    image[..., :3] = _pixel_colors(cells, look, counts, shape)
    there = counts > 0
    strength = np.log1p(counts) / np.log1p(np.percentile(counts[there], 99))
    image[..., 3][there] = _FAINTEST + (1 - _FAINTEST) * np.minimum(strength[there], 1)
    axes.imshow(
        image,
        extent=(left, right, bottom, top),
        origin="lower",
        interpolation="nearest",
        aspect="auto",
        zorder=2,
    )


def _pixel_colors(
    cells: npt.NDArray[np.int64], look: Look, counts: Floats, shape: tuple[int, int]
) -> Floats:
    if look is None:
        return np.broadcast_to(to_rgb(PALETTE[0]), (*shape, 3))
    if isinstance(look, Quantities):
        known = ~np.isnan(look.values)
        there = _spread(cells[known], None, shape)
        total = _spread(cells[known], look.values[known], shape)
        mean = np.divide(total, there, out=np.zeros(shape), where=there > 0)
        colors = colormaps[SEQUENTIAL](Normalize(look.low, look.high)(mean))[..., :3]
        colors[there == 0] = to_rgb(NOTHING)
        return np.asarray(colors)
    # The most frequent category. A single point with a category beats any number without.
    most, winner = np.zeros(shape), np.full(shape, -1)
    for code in range(len(look.names)):
        found = _spread(cells[look.codes == code], None, shape)
        winner[found > most] = code
        most = np.maximum(most, found)
    return np.asarray(look.colors[winner])


def _spread(cells: npt.NDArray[np.int64], weights: Floats | None, shape: tuple[int, int]) -> Floats:
    """Return the sum of weights, or else the number of points, of each pixel and its neighbours."""
    sums = np.bincount(cells, weights, minlength=shape[0] * shape[1])[: shape[0] * shape[1]]
    padded = np.pad(sums.reshape(shape).astype(np.float64), 1)
    rows, columns = shape
    return np.asarray(sum(padded[1 + i : 1 + i + rows, 1 + j : 1 + j + columns] for i, j in _CROSS))
