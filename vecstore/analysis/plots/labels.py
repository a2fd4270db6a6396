"""Place names beside points so that no name covers another.

Greedy: each name goes to the nearest ring around its point that has a free place, and there to the
place that covers the fewest other points. From the second ring on, a line leads to the point.
"""

from collections.abc import Sequence
from typing import cast

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation

from vecstore.analysis.plots.style import INK, MUTED, fonts, literal

__all__ = ["Labels"]

Floats = npt.NDArray[np.float64]

# Distances of the rings from the point, and between two names, in pixels.
_RINGS = (3.0, 14.0, 28.0, 46.0, 70.0, 100.0, 140.0)
_GAP = 2.0
# Places on a ring: right, left, above, below, and the diagonals.
_SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
_CELL = 4  # pixels: side of a cell of the grid that counts points
_SHORTEST = np.array([3.5, 6.0])  # pixels: half the extent of a name of one thin letter
_AT_ONCE = 1_000  # points tested together
_MISSES = 300  # names in a row without a place; then the page counts as full


class Labels:
    """The names in one set of axes, whose figure must be settled.

    `crowd`, (m, 2), holds all drawn points, and points on lines: names avoid covering them.
    `marker` is half the width of a point's marker, in typographic points.
    """

    def __init__(self, axes: Axes, crowd: npt.NDArray[np.floating], marker: float = 2) -> None:
        figure = cast(Figure, axes.get_figure())
        self._axes = axes
        self._points_per_pixel = 72 / figure.dpi
        self._marker = marker / self._points_per_pixel
        box = axes.get_window_extent()
        self._low, self._high = np.array(box.min), np.array(box.max)
        # Boxes of names and markers, (left, bottom, right, top) in pixels. `_full` marks the pixels
        # where no name can have its middle, and `_sums` counts the crowd, as a summed-area table.
        self._taken = np.empty((0, 4))
        self._full = np.zeros((self._high - self._low).astype(int) + 1, bool)
        self._sums = self._counted(crowd)

    def add(self, points: npt.NDArray[np.floating], names: Sequence[object]) -> None:
        """Name all of the points, even where no place is free."""
        here = self._axes.transData.transform(points)
        self._take(np.hstack([here - self._marker, here + self._marker]))
        for point, name in zip(points, names, strict=True):
            if not self._put(point, name, _RINGS, bold=True):
                self._put(point, name, _RINGS, bold=True, anywhere=True)

    def add_over(self, points: npt.NDArray[np.floating], names: Sequence[object]) -> None:
        """Name regions rather than points: a name covers its point, or is as near as is free."""
        for point, name in zip(points, names, strict=True):
            self._put(point, name, (0.0, *_RINGS[:3]), size=11, bold=True, line=False)

    def add_what_fits(
        self, points: npt.NDArray[np.floating], names: Sequence[object], most: int
    ) -> int:
        """Name at most `most` points, in their order, where there is room; return how many."""
        named = missed = 0
        for first in range(0, len(points), _AT_ONCE):
            near = np.flatnonzero(self._have_room(points[first : first + _AT_ONCE]))
            for place in (first + near).tolist():
                if named == most or missed == _MISSES:
                    return named
                fits = self._put(points[place], names[place], _RINGS[:1], size=8)
                named += fits
                missed = 0 if fits else missed + 1
        return named

    def _have_room(self, points: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
        """Tell beside which points a short name may fit: cheap, unlike laying out its text."""
        pixels = self._axes.transData.transform(points)
        room = np.zeros(len(points), bool)
        for side in _SIDES:
            middles = pixels + self._offset(np.array(side, float), _SHORTEST, _RINGS[0])
            columns, rows = np.clip(middles - self._low, 0, self._high - self._low).astype(int).T
            room |= ~self._full[columns, rows]
        return room

    def _put(
        self,
        point: npt.NDArray[np.floating],
        name: object,
        rings: Sequence[float],
        *,
        size: float = 9,
        bold: bool = False,
        line: bool = True,
        anywhere: bool = False,
    ) -> bool:
        """Write a name at the best free place of the first ring that has one, if any has."""
        label = self._axes.annotate(
            literal(name),
            (float(point[0]), float(point[1])),
            (0, 0),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=size,
            fontfamily=fonts(),
            fontweight="bold" if bold else "normal",
            color=INK,
            zorder=5,
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
            annotation_clip=False,
        )
        extent = label.get_window_extent()
        half = np.array([extent.width, extent.height]) / 2 + _GAP
        pixel = self._axes.transData.transform(point)
        # A ring of 0 is the point itself.
        for ring in rings:
            offsets = [self._offset(np.array(side, float), half, ring) for side in _SIDES]
            costs = [0.0 if anywhere else self._cost(pixel + offset, half) for offset in offsets]
            best = int(np.argmin(costs))
            if np.isfinite(costs[best]):
                self._settle(label, pixel, offsets[best], half, line=line and ring > rings[0])
                return True
        label.remove()
        return False

    def _offset(self, side: Floats, half: Floats, ring: float) -> Floats:
        """Return the offset of the middle of a name that touches the ring on this side."""
        if not ring:
            return np.zeros(2)
        return np.asarray(side * (half + (self._marker + ring) / np.linalg.norm(side)))

    def _cost(self, middle: Floats, half: Floats) -> float:
        """Return how many points a name here would cover; infinity where it may not be."""
        low, high = middle - half, middle + half
        if (low < self._low).any() or (high > self._high).any():
            return np.inf
        taken = self._taken
        apart = (taken[:, :2] > high).any(axis=1) | (taken[:, 2:] < low).any(axis=1)
        if not apart.all():
            return np.inf
        (left, bottom), (right, top) = self._cells(low), self._cells(high) + 1
        sums = self._sums
        inside = sums[right, top] - sums[left, top] - sums[right, bottom] + sums[left, bottom]
        return float(inside)

    def _settle(
        self, label: Annotation, pixel: Floats, offset: Floats, half: Floats, *, line: bool
    ) -> None:
        label.set_position(tuple(offset * self._points_per_pixel))
        low, high = pixel + offset - half, pixel + offset + half
        self._take(np.hstack([low, high])[np.newaxis])
        if line:
            ends = np.array([pixel, np.clip(pixel, low, high)])
            x, y = self._axes.transData.inverted().transform(ends).T
            self._axes.plot(x, y, color=MUTED, linewidth=0.6, zorder=4)

    def _take(self, boxes: Floats) -> None:
        self._taken = np.vstack([self._taken, boxes])
        # No short name can have its middle here. Rounded inwards, so that names that just fit still
        # do.
        low = np.ceil(boxes[:, :2] - _SHORTEST - self._low).clip(0).astype(int)
        high = np.floor(boxes[:, 2:] + _SHORTEST - self._low).clip(0).astype(int)
        for (left, bottom), (right, top) in zip(low, high, strict=True):
            self._full[left:right, bottom:top] = True

    def _cells(self, pixels: Floats) -> npt.NDArray[np.int64]:
        last = np.array(self._sums.shape) - 2
        cells = (pixels - self._low) // _CELL
        return np.asarray(np.clip(cells, 0, last), np.int64)

    def _counted(self, crowd: npt.NDArray[np.floating]) -> Floats:
        """Return how many points are left of and below each corner of the grid."""
        shape = np.maximum((self._high - self._low) // _CELL + 1, 1).astype(int)
        sums = np.zeros(shape + 1)
        self._sums = sums
        columns, rows = self._cells(self._axes.transData.transform(crowd)).T
        np.add.at(sums, (columns + 1, rows + 1), 1)
        return np.asarray(sums.cumsum(axis=0).cumsum(axis=1))
