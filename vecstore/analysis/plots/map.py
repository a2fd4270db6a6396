"""Draw a map: every row at its coordinates, coloured by an attribute."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from vecstore.analysis.plots.crowd import draw_points, scale
from vecstore.analysis.plots.labels import Labels
from vecstore.analysis.plots.layout import set_window, settle
from vecstore.analysis.plots.shades import Categories, Quantities, shades
from vecstore.analysis.plots.style import INK, MUTED, literal, new_figure, strip, title
from vecstore.analysis.selection import Selection
from vecstore.errors import VecstoreError
from vecstore.filters import Where
from vecstore.store import Store

__all__ = ["draw_map"]

_CELLS = 32  # per side of the grid that finds the middle of a category


def draw_map(
    store: Store,
    *,
    color: str | None = None,
    names: Sequence[Any] = (),
    most: int = 0,
    where: Where = None,
    columns: tuple[str, str] = ("x", "y"),
    heading: str | None = None,
) -> Figure:
    """Draw the map that `project` made.

    Parameters
    ----------
    store : Store
        A store with coordinates.
    color : str or None
        An attribute. Categories get a legend, and their names on the map unless keys are named
        there; quantities get a scale.
    names : sequence of keys
        Points to name, all of them.
    most : int, default 0
        How many more points to name, in the order of insertion, where there is room. In a file of
        word vectors that is usually the order of frequency.
    where : str, polars.Expr, array_like of bool, or None
        The rows to draw; see `Store.search`.
    columns : pair of str, default ("x", "y")
        The attributes with the coordinates; rows without them are left out.
    heading : str or None
        The title; None takes the name of the store.

    Returns
    -------
    Figure
        Up to 20,000 points are dots; more are counted by pixel.

    Raises
    ------
    ValueError
        If there is no such attribute, or it has no values for these points.
    TypeError
        If coordinates are not numbers, or `color` is a column of dates.
    VecstoreError
        If no row has coordinates, or a key in `names` has none.
    KeyNotFoundError
        If a name is not a key of the store.

    Examples
    --------
    >>> import vecstore
    >>> with vecstore.create("places.vecs", dim=2, metric="euclidean") as store:
    ...     points = {"x": [0.0, 3.0, 4.0], "y": [0.0, 1.0, 2.0], "kind": ["sea", "land", "land"]}
    ...     store.add(["a", "b", "c"], [[0, 0], [3, 1], [4, 2]], points)
    ...     figure = draw_map(store, color="kind", names=["a"])
    """
    selection = Selection(store, where)
    points = _points(selection, columns)
    placed = np.asarray(np.isfinite(points).all(axis=1))
    if not placed.any():
        raise VecstoreError(
            f'None of {len(placed):,} rows has both "{columns[0]}" and "{columns[1]}"; '
            "project them first."
        )
    keys, points = selection.keys[placed], points[placed]
    look = None if color is None else shades(selection.column(color, "color").filter(placed))
    named = _named_points(store, names, columns)
    figure = new_figure()
    axes = figure.add_subplot()
    strip(axes, frame=True)
    default = store.path.name if store.path else "Map"
    note = f"{len(points):,} points" + (f", coloured by {literal(color)}" if color else "")
    title(axes, literal(heading or default), note)
    _add_key(figure, axes, look, literal(color))
    settle(figure)
    set_window(axes, points)
    draw_points(axes, points, look)
    labels = Labels(axes, points)
    if len(named):
        axes.plot(*named.T, "o", ms=5, mfc="white", mec=INK, mew=1.2, zorder=3)
        labels.add(named, names)
    elif isinstance(look, Categories) and not most:
        labels.add_over(*_middles(points, look))
    if most:
        given = set(names)
        others = [place for place, key in enumerate(keys.tolist()) if key not in given]
        labels.add_what_fits(points[others], keys[others].tolist(), most)
    return figure


def _points(selection: Selection, columns: tuple[str, str]) -> npt.NDArray[np.float64]:
    """Return coordinates, (n, 2), NaN where there are none."""
    missing = [name for name in columns if name not in selection.frame.columns]
    if missing:
        raise VecstoreError(
            f"The store has no map: it lacks the column {' and '.join(missing)}; project it first."
        )
    found = [selection.column(name, "columns") for name in columns]
    for values in found:
        if not values.dtype.is_numeric():
            raise TypeError(f'`columns` must hold numbers; "{values.name}" holds {values.dtype}.')
    return np.column_stack([values.cast(float).to_numpy() for values in found])


def _named_points(
    store: Store, names: Sequence[Any], columns: tuple[str, str]
) -> npt.NDArray[np.float64]:
    if not len(names):
        return np.empty((0, 2))
    points = store.frame(list(names)).select(columns).to_numpy().astype(np.float64)
    nowhere = np.isnan(points).any(axis=1)
    if nowhere.any():
        raise VecstoreError(f'"{names[int(nowhere.argmax())]}" is not on the map.')
    return points


def _add_key(figure: Figure, axes: Axes, look: Categories | Quantities | None, name: str) -> None:
    """Explain the colours beside the map."""
    if isinstance(look, Quantities):
        bar = figure.colorbar(scale(look), ax=axes, shrink=0.5, aspect=25, extend="both")
        bar.set_label(name, color=MUTED)
        bar.outline.set_visible(False)
        bar.ax.tick_params(color=MUTED, labelcolor=MUTED, labelsize=8)
    elif isinstance(look, Categories):
        texts = [f"{literal(n)}  {c:,}" for n, c in zip(look.names, look.counts, strict=True)]
        texts += [look.rest] if look.rest else []
        dots = [
            Line2D([], [], marker="o", linestyle="", markersize=7, color=tuple(color))
            for color in look.colors
        ]
        figure.legend(
            dots[: len(texts)],
            texts,
            loc="outside right upper",
            title=name,
            frameon=False,
            fontsize=9,
            title_fontproperties={"weight": "bold", "size": 10},
            alignment="left",
        )


def _middles(
    points: npt.NDArray[np.float64], look: Categories
) -> tuple[npt.NDArray[np.float64], list[str]]:
    """Return where most of each category is."""
    # The fullest 3 x 3 cells of a grid, because a mean may lie where there are no points.
    low, high = points.min(axis=0), points.max(axis=0)
    edges = [np.linspace(low[axis], high[axis], _CELLS + 1) for axis in (0, 1)]
    middles = []
    for code in range(len(look.names)):
        x, y = points[look.codes == code].T
        counts = np.histogram2d(x, y, bins=(edges[0], edges[1]))[0]
        padded = np.pad(counts, 1)
        around = sum(padded[i : i + _CELLS, j : j + _CELLS] for i in range(3) for j in range(3))
        cell = np.unravel_index(np.argmax(around), counts.shape)
        middles.append([(edges[a][cell[a]] + edges[a][cell[a] + 1]) / 2 for a in (0, 1)])
    return np.array(middles), look.names
