"""Where things are on the page, in pixels, once it is settled."""

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vecstore.analysis.plots.style import set_fonts

__all__ = ["along", "set_window", "settle"]

_MARGIN = 0.03  # of a map, on each side of its outermost points


def settle(figure: Figure) -> None:
    """Lay everything out now and for good, so that what comes next can count on pixels."""
    set_fonts(figure)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")


def set_window(axes: Axes, points: npt.NDArray[np.floating]) -> None:
    """Show all points, with as many pixels to a unit across as up: distances are true.

    Parameters
    ----------
    axes : Axes
        Of a figure that is settled.
    points : ndarray, shape (n, 2)
        Finite.
    """
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
    """Return points on a line, for names to keep off it: shape (50, 2)."""
    return np.linspace(start, end, 50)
