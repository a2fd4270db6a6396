"""Draw how similar some keys are, each to each."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from vecstore.analysis.plots.pairwise import pairwise
from vecstore.analysis.plots.style import (
    DIVERGING,
    INK,
    MUTED,
    SEQUENTIAL,
    literal,
    new_figure,
    title,
)
from vecstore.metrics import similarities
from vecstore.store import Store

__all__ = ["draw_matrix"]

Floats = npt.NDArray[np.float64]

_FEWEST, _MOST = 2, 80  # keys
_WRITTEN = 16  # keys; with more, the cells have no numbers


def draw_matrix(store: Store, keys: Sequence[Any], *, ordered: bool = True) -> Figure:
    """Draw the similarities of keys, or their distances if the metric has no similarity.

    Parameters
    ----------
    store : Store
        A store of any metric.
    keys : sequence of keys
        2 to 80 different keys.
    ordered : bool, default True
        Whether to put similar keys side by side; otherwise they stay in the given order.

    Returns
    -------
    Figure
        A heat map; up to 16 keys, with the numbers in it.

    Raises
    ------
    KeyNotFoundError
        If a key is missing.
    ValueError
        If there are too few or too many different keys.

    Examples
    --------
    >>> import vecstore
    >>> store = vecstore.from_arrays([[1, 0], [2, 1], [0, 1]], keys=["cat", "dog", "car"])
    >>> figure = draw_matrix(store, ["cat", "car", "dog"])
    """
    names = list(dict.fromkeys(keys))
    if not _FEWEST <= len(names) <= _MOST:
        raise ValueError(f"`keys` must be {_FEWEST} to {_MOST} different keys; got {len(names)}.")
    distances = pairwise(store, names)
    if ordered:
        order = _order(distances)
        names, distances = [names[row] for row in order], distances[np.ix_(order, order)]
    alike = store.metric in ("cosine", "dot")
    values = similarities(distances, str(store.metric)) if alike else distances
    apart = values[~np.eye(len(names), dtype=bool)]
    size = float(np.clip(0.45 * len(names) + 2.5, 5, 14))
    figure = new_figure(size + 1, size)
    axes = figure.add_subplot()
    image = axes.imshow(values, **_scale(apart, alike))
    labels = [literal(name) for name in names]
    axes.set_xticks(range(len(names)), labels, rotation=90 if len(names) > 6 else 0)
    axes.set_yticks(range(len(names)), labels)
    axes.tick_params(labelsize=9 if len(names) <= 40 else 7)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if len(names) <= _WRITTEN:
        _write_numbers(axes, values, image)
    what = {"cosine": "cosine similarity", "dot": "dot product"}.get(str(store.metric), "distance")
    title(axes, f"{len(names)} keys, each with each")
    bar = figure.colorbar(image, ax=axes, shrink=0.6, aspect=25)
    bar.set_label(what, color=MUTED)
    bar.outline.set_visible(False)
    bar.ax.tick_params(color=MUTED, labelcolor=MUTED, labelsize=8)
    return figure


def _scale(apart: Floats, alike: bool) -> dict[str, Any]:
    """Return colours for the values between different keys; those on the diagonal do not count."""
    low, high = float(apart.min()), float(apart.max())
    most = max(-low, high)
    if alike and low < -0.1 * most:  # some are opposite: centre the colours on zero
        return {"cmap": DIVERGING, "vmin": -most, "vmax": most}
    return {"cmap": SEQUENTIAL if alike else f"{SEQUENTIAL}_r", "vmin": low, "vmax": high}


def _order(distances: Floats) -> list[int]:
    """Return an order that puts similar keys side by side."""
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    # Dot products give negative distances; only their order matters here.
    apart = distances - distances.min()
    apart = (apart + apart.T) / 2
    np.fill_diagonal(apart, 0)
    tree = linkage(squareform(apart), method="average", optimal_ordering=True)
    return [int(row) for row in leaves_list(tree)]


def _write_numbers(axes: Axes, values: Floats, image: AxesImage) -> None:
    for (row, column), value in np.ndenumerate(values):
        red, green, blue, _ = image.to_rgba(np.array([value]))[0]
        dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.55
        axes.text(
            column,
            row,
            f"{value:.2f}",
            ha="center",
            va="center",
            fontsize=8,
            color="white" if dark else INK,
        )
