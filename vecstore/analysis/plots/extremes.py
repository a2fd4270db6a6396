"""Draw what a dimension stands for, if for anything: the keys with its extreme values."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vecstore.analysis.maps.dimensions import Extremes, Place, axis, ends
from vecstore.analysis.plots.style import (
    INK,
    MUTED,
    NOTHING,
    PALETTE,
    literal,
    new_figure,
    title,
)
from vecstore.analysis.selection import Selection
from vecstore.arrays import check_count
from vecstore.filters import Where
from vecstore.store import Store

__all__ = ["draw_extremes"]

_MOST = 24  # panels
_ACROSS = 3  # panels in a row
_LONGEST = 26  # characters of a key that fit into half a panel


def draw_extremes(
    store: Store, dimensions: Sequence[int], n: int = 8, *, where: Where = None
) -> Figure:
    """Draw the keys with the largest and the smallest values of some dimensions.

    Parameters
    ----------
    store : Store
        A store of any metric. Under cosine, vectors are scaled to unit length first.
    dimensions : sequence of int
        1 to 24 dimensions, numbered from 0.
    n : int, default 8
        Keys at each end.
    where : str, polars.Expr, array_like of bool, or None
        The rows to look at; see `Store.search`.

    Returns
    -------
    Figure
        A panel of bars for each dimension, all on one scale. A dimension along which the rows
        hardly differ (`Extremes.dead`) is grey and marked as dead.

    Raises
    ------
    ValueError
        If there is no such dimension, or there are too many.

    Examples
    --------
    >>> import vecstore
    >>> store = vecstore.from_arrays([[3, 1], [1, 0], [-2, 1]], ["red", "rosé", "white"])
    >>> figure = draw_extremes(store, [0, 1], n=1)
    """
    n = check_count(n, "n")
    chosen = list(dict.fromkeys(dimensions))
    if not 1 <= len(chosen) <= _MOST:
        raise ValueError(f"`dimensions` must be 1 to {_MOST}; got {len(chosen)}.")
    directions = np.array([axis(store, number, "dimensions") for number in chosen])
    found = ends(Selection(store, where), directions, n)
    across = min(len(chosen), _ACROSS)
    down = -(-len(chosen) // across)
    bars = max(len(_bars(one)) for one in found)
    reach = max(abs(value) for one in found for _, value in _bars(one)) or 1.0
    figure = new_figure(4 * across + 0.6, (0.2 * bars + 0.7) * down + 0.3)
    panels = figure.subplots(down, across, squeeze=False)
    for axes, number, one in zip(panels.flat, chosen, found, strict=False):
        _draw_panel(axes, number, one, reach)
    for axes in panels.flat[len(chosen) :]:
        axes.set_visible(False)
    return figure


def _bars(found: Extremes) -> list[Place]:
    """Return the places of one dimension, descending; if rows are few, some are at both ends."""
    high = {place.key for place in found.highest}
    return [*found.highest, *(place for place in found.lowest[::-1] if place.key not in high)]


def _draw_panel(axes: Axes, number: int, found: Extremes, reach: float) -> None:
    places = _bars(found)
    values = [place.value for place in places]
    colors = [PALETTE[0] if value >= 0 else PALETTE[1] for value in values]
    colors = [NOTHING] * len(values) if found.dead else colors
    axes.barh(range(len(places)), values, color=colors, height=0.75)
    axes.axvline(0, color=MUTED, linewidth=0.8)
    # Names stand across zero from their bars.
    for height, (key, value) in enumerate(places):
        side = -1 if value >= 0 else 1
        name = axes.annotate(
            literal(key, _LONGEST),
            (0, height),
            (4 * side, 0),
            textcoords="offset points",
            ha="right" if value >= 0 else "left",
            va="center",
            fontsize=8.5,
            color=INK,
        )
        name.set_in_layout(False)  # it fits into its half, so the layout can ignore it
    axes.set_xlim(-1.15 * reach, 1.15 * reach)
    axes.invert_yaxis()
    axes.set_yticks([])
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.spines["bottom"].set_color(MUTED)
    axes.tick_params(labelsize=8, color=MUTED, labelcolor=MUTED)
    title(axes, f"Dimension {number}" + (", dead" if found.dead else ""))
