"""Places on the page, in pixels, once its layout is settled."""

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vecstore.analysis.plots.style import set_fonts

__all__ = ["along", "set_window", "settle"]

_MARGIN = 0.03  # share of the page on each side of the outermost points


def settle(figure: Figure) -> None:
    """Fix the layout now, so that later code can rely on pixels."""
    set_fonts(figure)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")


def set_window(axes: Axes, points: npt.NDArray[np.floating]) -> None:
    """Show all points, which must be finite, at the same scale across and up; settle first."""
    box = axes.get_window_extent()
    pixels = np.array([box.width, box.height])
    low, high = points.min(axis=0), points.max(axis=0)
    unit = np.max((high - low) / (pixels * (1 - 2 * _MARGIN))) or 1.0
    (left, bottom), (right, top) = ((low + high + side * unit * pixels) / 2 for side in (-1, 1))
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)


def along(
    start: npt.NDArray[np.floating], end: npt.NDArray[np.floating]
) -> npt.NDArray[np.float64]:
    """Return 50 points on a line, (50, 2), so that names keep off it."""
    return np.linspace(start, end, 50)
