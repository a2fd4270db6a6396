"""Draw which classes a classifier confuses."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from vecstore.analysis.plots.style import INK, MUTED, literal, new_figure, title

__all__ = ["draw_confusion"]

_WRITTEN = 30  # classes; with more, the cells have no numbers


def draw_confusion(counts: npt.NDArray[np.int64], classes: Sequence[object]) -> Figure:
    """Draw how often each class was predicted as each other.

    Parameters
    ----------
    counts : ndarray of int64, shape (n, n)
        Rows are true classes, columns are predicted classes; see `Validation.confusion`.
    classes : sequence of n str, bool or int
        The names of the classes.

    Returns
    -------
    Figure
        Shades are shares of a row. Up to 30 classes, the counts are written into the cells.

    Raises
    ------
    ValueError
        If there is not a row and a column for each class.

    Examples
    --------
    >>> import numpy as np
    >>> figure = draw_confusion(np.array([[8, 2], [1, 9]]), ["cat", "dog"])
    """
    n = len(classes)
    if counts.shape != (n, n):
        raise ValueError(f"`counts` must have shape ({n}, {n}), as `classes`; got {counts.shape}.")
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    size = float(np.clip(0.5 * n + 2.5, 4.5, 14))
    figure = new_figure(size + 0.5, size)
    axes = figure.add_subplot()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    labels = [literal(one) for one in classes]
    axes.set_xticks(range(n), labels, rotation=90 if n > 5 else 0)
    axes.set_yticks(range(n), labels)
    axes.tick_params(length=0, labelsize=9 if n <= 40 else 6)
    axes.set_xlabel("taken for", color=MUTED)
    axes.set_ylabel("is", color=MUTED)
    axes.spines[:].set_visible(False)
    if n <= _WRITTEN:
        for (row, column), count in np.ndenumerate(counts):
            if count:
                color = "white" if shares[row, column] > 0.6 else INK
                axes.text(
                    column, row, f"{count:,}", ha="center", va="center", fontsize=8, color=color
                )
    right = np.trace(counts) / max(1, counts.sum())
    title(axes, f"{right:.1%} of {counts.sum():,} are right")
    return figure
