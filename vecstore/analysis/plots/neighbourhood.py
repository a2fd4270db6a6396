"""Draw what is near a key: distances from it are true, directions as good as a plane allows."""

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.ticker import MaxNLocator

from vecstore.analysis.plots.labels import Labels
from vecstore.analysis.plots.layout import along, set_window, settle
from vecstore.analysis.plots.pairwise import pairwise
from vecstore.analysis.plots.style import (
    ACCENT,
    FAINT,
    MUTED,
    PALETTE,
    literal,
    new_figure,
    strip,
    title,
)
from vecstore.arrays import check_count
from vecstore.filters import Where
from vecstore.store import Store

__all__ = ["draw_neighbourhood"]

Floats = npt.NDArray[np.float64]

_MOST = 60  # keys around the middle; more could not be told apart
_RINGS = 4  # circles of equal distance, approximately


def draw_neighbourhood(store: Store, key: Any, k: int = 20, *, where: Where = None) -> Figure:
    """Draw a key with its nearest keys around it.

    Parameters
    ----------
    store : Store
        A store of any metric but the dot product.
    key : str or int
        The key in the middle.
    k : int, default 20
        The number of keys around it, at most 60.
    where : str, polars.Expr, array_like of bool, or None
        The rows that may be neighbours; see `Store.search`.

    Returns
    -------
    Figure
        Every key is as far from the middle as it is in the store. The directions are those that
        distort the distances between neighbours least.

    Raises
    ------
    KeyNotFoundError
        If the key is not in the store.
    ValueError
        If `k` is too large, the metric is the dot product, or no row qualifies.

    Examples
    --------
    >>> import vecstore
    >>> store = vecstore.from_arrays([[1, 0], [2, 1], [0, 1]], keys=["cat", "dog", "car"])
    >>> figure = draw_neighbourhood(store, "cat", k=2)
    """
    k = check_count(k, "k")
    if k > _MOST:
        raise ValueError(f"`k` must be at most {_MOST}, to be seen; got {k}.")
    if store.metric == "dot":
        raise ValueError("`store` must have distances for this picture; it has the dot product.")
    matches = store.similar(key, k=k, where=where)
    if not len(matches):
        raise ValueError(f'`where` must leave neighbours; "{key}" has none.')
    names, radii = matches.keys[: len(matches)].tolist(), matches.distances[: len(matches)]
    angles = _angles(store, names, radii)
    points = radii[:, np.newaxis] * np.column_stack([np.cos(angles), np.sin(angles)])
    reach = float(radii.max()) or 1.0
    figure = new_figure(8, 8)
    axes = figure.add_subplot()
    strip(axes)
    title(
        axes,
        f"The neighbourhood of {literal(key)}",
        f"{len(names)} nearest keys; from the middle, distances are true ({_metric(store)})",
    )
    settle(figure)
    set_window(axes, reach * np.array([[-1.0, -1.0], [1.0, 1.0]]))
    _draw_rings(axes, reach)
    for x, y in points:
        axes.plot([0, x], [0, y], color=FAINT, linewidth=1, zorder=1)
    axes.plot(*points.T, "o", ms=7, color=PALETTE[0], zorder=2)
    axes.plot(0, 0, "o", ms=10, color=ACCENT, zorder=3)
    middle = np.zeros(2)
    spokes = [along(point / 5, point) for point in points]
    labels = Labels(axes, np.vstack([middle, *spokes]), marker=4)
    labels.add(np.vstack([middle, points]), [key, *names])
    return figure


def _metric(store: Store) -> str:
    return store.metric if isinstance(store.metric, str) else "a metric of yours"


def _angles(store: Store, names: list[Any], radii: Floats) -> Floats:
    """Return the directions that distort distances among neighbours least (metric scaling)."""
    from scipy.optimize import minimize

    n = len(names)
    if n < 3:
        return np.linspace(0, np.pi, n, endpoint=False)
    wanted = pairwise(store, names)
    product = np.outer(radii, radii)
    squares = np.add.outer(radii**2, radii**2)

    def stress(angles: Floats) -> tuple[float, Floats]:
        apart = np.subtract.outer(angles, angles)
        drawn = np.sqrt(np.maximum(squares - 2 * product * np.cos(apart), 1e-12))
        wrong = drawn - wanted
        slope = 2 * (wrong * product * np.sin(apart) / drawn).sum(axis=1)
        return float((wrong**2).sum() / 2), slope

    # From several starts, because the stress has many local minima.
    starts = np.random.default_rng(0).uniform(0, 2 * np.pi, (8, n))
    results = [minimize(stress, start, jac=True, method="L-BFGS-B") for start in starts]
    return np.asarray(min(results, key=lambda result: result.fun).x)


def _draw_rings(axes: Axes, reach: float) -> None:
    for radius in MaxNLocator(_RINGS, steps=[1, 2, 5, 10]).tick_values(0, reach)[1:]:
        if radius <= reach * 1.02:
            axes.add_patch(Circle((0, 0), radius, fill=False, color=FAINT, linewidth=1, zorder=0))
            axes.annotate(
                f"{radius:g}",
                (0, -radius),
                ha="center",
                va="center",
                fontsize=8,
                color=MUTED,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
                zorder=1,
            )
