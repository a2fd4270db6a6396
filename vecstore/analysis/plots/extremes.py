"""What a dimension stands for, if for anything: the keys with its largest and smallest values."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vecstore.analysis.plots.style import (
    INK,
    MUTED,
    PALETTE,
    literal,
    new_figure,
    title,
)
from vecstore.analysis.selection import Selection
from vecstore.arrays import check_count
from vecstore.reader import Where
from vecstore.store import Store

__all__ = ["draw_extremes"]

_MOST = 24  # panels
_ACROSS = 3  # panels in a row
_LONGEST = 26  # characters of a key that half a panel has room for


class _Ends(NamedTuple):
    """The keys at both ends of one dimension, and their values, descending."""

    keys: list[Any]
    values: npt.NDArray[np.float32]


def draw_extremes(
    store: Store, dimensions: Sequence[int], k: int = 8, *, where: Where = None
) -> Figure:
    """Draw the keys with the largest and the smallest values of some dimensions.

    Parameters
    ----------
    store : Store
        Of any metric. Vectors are scaled to unit length first where it is cosine.
    dimensions : sequence of int
        1 to 24 of them, from 0.
    k : int, default 8
        Keys at each end.
    where : str, polars.Expr, array_like of bool, or None
        Which rows; see `Store.search`.

    Returns
    -------
    Figure
        A panel of bars for each dimension.

    Raises
    ------
    ValueError
        If there is no such dimension, or there are too many.
    """
    k = check_count(k, "k")
    chosen = list(dict.fromkeys(dimensions))
    if not 1 <= len(chosen) <= _MOST:
        raise ValueError(f"`dimensions` must be 1 to {_MOST}; got {len(chosen)}.")
    for number in chosen:
        if not 0 <= number < store.dim:
            raise ValueError(
                f"`dimensions` must be from 0 to {store.dim - 1}, as the vectors have; "
                f"got {number}."
            )
    ends = _ends(Selection(store, where), chosen, k)
    across = min(len(chosen), _ACROSS)
    down = -(-len(chosen) // across)
    bars = len(ends[0].keys)
    figure = new_figure(4 * across + 0.6, (0.2 * bars + 0.7) * down + 0.3)
    panels = figure.subplots(down, across, squeeze=False)
    for axes, number, found in zip(panels.flat, chosen, ends, strict=False):
        _draw_panel(axes, number, found)
    for axes in panels.flat[len(chosen) :]:
        axes.set_visible(False)
    return figure


def _ends(selection: Selection, dimensions: list[int], k: int) -> list[_Ends]:
    """Go through the rows once, and keep both ends of each dimension."""
    columns = np.concatenate([vectors[:, dimensions] for vectors in selection.batches()])
    ends = []
    for values in columns.T:
        order = np.argsort(-values, kind="stable")
        rows = order if len(order) <= 2 * k else np.concatenate([order[:k], order[-k:]])
        ends.append(_Ends(selection.keys[rows].tolist(), values[rows]))
    return ends


def _draw_panel(axes: Axes, number: int, ends: _Ends) -> None:
    places = np.arange(len(ends.keys))
    colors = [PALETTE[0] if value >= 0 else PALETTE[1] for value in ends.values]
    axes.barh(places, ends.values, color=colors, height=0.75)
    axes.axvline(0, color=MUTED, linewidth=0.8)
    reach = float(np.abs(ends.values).max()) or 1.0
    # Names stand on the side of zero where no bar is.
    for place, key, value in zip(places, ends.keys, ends.values, strict=True):
        side = -1 if value >= 0 else 1
        name = axes.annotate(
            literal(key, _LONGEST),
            (0, float(place)),
            (4 * side, 0),
            textcoords="offset points",
            ha="right" if value >= 0 else "left",
            va="center",
            fontsize=8.5,
            color=INK,
        )
        name.set_in_layout(False)  # it fits into its half of the panel
    axes.set_xlim(-1.15 * reach, 1.15 * reach)
    axes.invert_yaxis()
    axes.set_yticks([])
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.spines["bottom"].set_color(MUTED)
    axes.tick_params(labelsize=8, color=MUTED, labelcolor=MUTED)
    title(axes, f"Dimension {number}")
