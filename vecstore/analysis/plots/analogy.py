"""Draw an analogy, "man is to king as woman is to ...", as arrows in the plane of the three."""

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vecstore.analysis.plots.labels import Labels
from vecstore.analysis.plots.layout import along, set_window, settle
from vecstore.analysis.plots.style import (
    ACCENT,
    INK,
    MUTED,
    NOTHING,
    PALETTE,
    literal,
    new_figure,
    strip,
    title,
)
from vecstore.analysis.selection import unit_vectors
from vecstore.store import Store

__all__ = ["draw_analogy", "draw_pairs"]

Floats = npt.NDArray[np.float64]

_FEWEST = 2  # pairs


def draw_analogy(
    store: Store, start: Any, end: Any, other: Any, k: int = 8, heading: str = ""
) -> Figure:
    """Draw the keys that are to `other` as `end` is to `start`.

    Parameters
    ----------
    store : Store
        A store of any metric.
    start, end, other : str or int
        Keys: `start` is to `end` as `other` is to the answer.
    k : int, default 8
        The number of answers; the best is red.
    heading : str
        The title; empty writes the analogy as a sum.

    Returns
    -------
    Figure
        The plane through the three keys. The tip of the lower arrow is the point whose neighbours
        are searched; the answers are projected onto the plane.

    Raises
    ------
    KeyNotFoundError
        If a key is missing.
    ValueError
        If the three keys are on a line, or the store has no other keys.

    Examples
    --------
    >>> import vecstore
    >>> people = {"man": [1, 0, 9], "king": [1, 5, 9], "woman": [5, 0, 9], "queen": [5, 5, 9]}
    >>> store = vecstore.from_arrays(list(people.values()), list(people), metric="euclidean")
    >>> figure = draw_analogy(store, "man", "king", "woman")
    """
    answers = [match.key for match in store.analogy([end, other], [start], k=k)]
    if not answers:
        raise ValueError("`store` must have more keys than these three; it has no others.")
    names = [start, end, other, *answers]
    vectors = _vectors(store, names)
    points = (vectors - vectors[0]) @ _plane(vectors[1] - vectors[0], vectors[2] - vectors[0]).T
    target = points[1] + points[2]
    figure, axes = _new_axes(
        literal(heading)
        or f"{literal(end)} - {literal(start)} + {literal(other)} = {literal(names[3])}",
        f"the plane of {literal(start)}, {literal(end)} and {literal(other)}; "
        "other answers in grey",
        np.vstack([points, target]),
    )
    _arrow(axes, points[0], points[1], PALETTE[0])
    _arrow(axes, points[2], target, PALETTE[0])
    across = (points[0], points[2]), (points[1], target)
    for pair in across:
        axes.plot(*np.array(pair).T, color=NOTHING, linewidth=1, linestyle="--", zorder=1)
    axes.plot(*np.array([target, points[3]]).T, color=ACCENT, lw=1, ls=":", zorder=2)
    axes.plot(*points[4:].T, "o", ms=6, color=MUTED, alpha=0.6, zorder=2)
    axes.plot(*points[:3].T, "o", ms=8, color=INK, zorder=3)
    axes.plot(*points[3], "o", ms=8, color=ACCENT, zorder=3)
    ends = (points[0], points[1]), (points[2], target), (target, points[3]), *across
    lines = [along(start, stop) for start, stop in ends]
    Labels(axes, np.vstack([points, *lines]), marker=4.5).add(points, names)
    return figure


def draw_pairs(store: Store, pairs: list[tuple[Any, Any]], heading: str = "") -> Figure:
    """Draw an arrow for each pair of keys; the arrows of one relation are parallel.

    Parameters
    ----------
    store : Store
        A store of any metric.
    pairs : list of pairs of keys
        The start and the end of each arrow; at least two pairs.
    heading : str
        The title; empty names the first pair.

    Returns
    -------
    Figure
        The two principal components of all these keys.

    Raises
    ------
    KeyNotFoundError
        If a key is missing.
    ValueError
        If there are fewer than two pairs.

    Examples
    --------
    >>> import vecstore
    >>> people = {"man": [1, 0, 9], "king": [1, 5, 9], "woman": [5, 0, 9], "queen": [5, 5, 9]}
    >>> store = vecstore.from_arrays(list(people.values()), list(people), metric="euclidean")
    >>> figure = draw_pairs(store, [("man", "king"), ("woman", "queen")])
    """
    if len(pairs) < _FEWEST:
        raise ValueError(f"`pairs` must be at least {_FEWEST}; got {len(pairs)}.")
    names = list(dict.fromkeys(key for pair in pairs for key in pair))
    vectors = _vectors(store, names)
    centered = vectors - vectors.mean(axis=0)
    *_, directions = np.linalg.svd(centered, full_matrices=False)
    points = np.zeros((len(names), 2))
    points[:, : store.dim] = centered @ directions[:2].T
    place = dict(zip(names, points, strict=True))
    figure, axes = _new_axes(
        literal(heading or f"{pairs[0][0]} to {pairs[0][1]}, and so on"),
        f"{len(pairs)} pairs; the two directions in which these {len(names)} keys differ most",
        points,
    )
    for start, end in pairs:
        _arrow(axes, place[start], place[end], PALETTE[0])
    starts = [place[start] for start, _ in pairs]
    ends = [place[end] for _, end in pairs]
    axes.plot(*np.transpose(starts), "o", ms=7, color=INK, zorder=3)
    axes.plot(*np.transpose(ends), "o", ms=7, color=ACCENT, zorder=3)
    lines = [along(place[start], place[end]) for start, end in pairs]
    Labels(axes, np.vstack(lines), marker=4.5).add(points, names)
    return figure


def _vectors(store: Store, names: list[Any]) -> Floats:
    """Return vectors as `Store.analogy` adds them."""
    return unit_vectors(store[names], store.metric)


def _plane(first: Floats, second: Floats) -> Floats:
    """Return two orthonormal directions, the first of them up: shape (2, dim)."""
    up = first / (np.linalg.norm(first) or 1.0)
    across = second - (second @ up) * up
    length = np.linalg.norm(across)
    if not np.any(first) or length <= 1e-6 * np.linalg.norm(second):
        raise ValueError("The three keys must not be on a line; these are.")
    return np.array([across / length, up])


def _new_axes(text: str, note: str, points: Floats) -> tuple[Figure, Axes]:
    figure = new_figure(9, 7)
    axes = figure.add_subplot()
    strip(axes, frame=True)
    title(axes, text, note)
    settle(figure)
    margin = 0.1 * np.ptp(points, axis=0).max()  # room for names
    set_window(axes, np.vstack([points - margin, points + margin]))
    return figure, axes


def _arrow(axes: Axes, start: Floats, end: Floats, color: str) -> None:
    axes.annotate(
        "",
        (float(end[0]), float(end[1])),
        (float(start[0]), float(start[1])),
        arrowprops={"arrowstyle": "-|>", "color": color, "lw": 1.8, "shrinkA": 6, "shrinkB": 5},
        zorder=2,
    )
