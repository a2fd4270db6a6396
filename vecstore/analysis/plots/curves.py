"""Draw the course of a training: loss and accuracy over the epochs, on two axes."""

from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from vecstore.analysis.plots.style import FAINT, MUTED, PALETTE, new_figure, title

if TYPE_CHECKING:
    import polars as pl

__all__ = ["draw_curves"]

LOSS_COLOR, METRIC_COLOR = PALETTE[2], PALETTE[0]
HELD_OUT = "val_"


def draw_curves(history: "pl.DataFrame", *, metric: str | None = None) -> Figure:
    """Draw the loss, and a metric beside it, over the epochs.

    Parameters
    ----------
    history : polars.DataFrame
        `Trainer.history`: a row per epoch, with the columns ``epoch``, ``loss`` and others. Columns
        that begin with ``val_`` are about held-out rows, and are drawn dashed.
    metric : str or None
        The column for the right axis. None takes ``accuracy`` if there is one, else no right axis.

    Returns
    -------
    Figure
        The loss on the left axis, the metric on the right.

    Raises
    ------
    ValueError
        If there are no epochs, or no such columns.

    Examples
    --------
    >>> import polars as pl
    >>> history = pl.DataFrame({"epoch": [1, 2], "loss": [0.7, 0.4], "accuracy": [0.5, 0.8]})
    >>> figure = draw_curves(history)
    """
    if metric is None and "accuracy" in history.columns:
        metric = "accuracy"
    for name in ("epoch", "loss", *([metric] if metric else [])):
        if name not in history.columns:
            raise ValueError(
                f'`history` must have a column "{name}"; got {", ".join(history.columns)}.'
            )
    if history.is_empty():
        raise ValueError("`history` must have at least one epoch; got none.")
    figure = new_figure(8.0, 5.0)
    left = figure.add_subplot()
    title(left, "Training", _last(history))
    left.set_xlabel("epoch", color=MUTED)
    left.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    left.grid(axis="y", color=FAINT)
    left.set_axisbelow(True)
    lines = _draw(left, history, "loss", LOSS_COLOR)
    if metric:
        right = left.twinx()
        lines += _draw(right, history, metric, METRIC_COLOR)
    for axes in figure.axes:
        axes.spines[["top", "left", "right", "bottom"]].set_visible(False)
        axes.tick_params(length=0)
    if len(lines) > 1:
        figure.legend(handles=lines, loc="outside lower center", ncols=len(lines), frameon=False)
    return figure


def _draw(axes: Axes, history: "pl.DataFrame", name: str, color: str) -> list[Line2D]:
    """Draw a column and, dashed, its held-out counterpart; colour the axis like the lines."""
    axes.set_ylabel(name, color=color)
    axes.tick_params(axis="y", labelcolor=color)
    lines = []
    for column, style, label in (
        (name, "-", name),
        (HELD_OUT + name, "--", f"{name}, held out"),
    ):
        if column in history.columns:
            known = history.drop_nulls(column)
            lines += axes.plot(
                known["epoch"],
                known[column],
                style,
                color=color,
                label=label,
                marker="o" if len(known) == 1 else None,
            )
    return lines


def _last(history: "pl.DataFrame") -> str:
    """Describe the last epoch."""
    last = history.row(-1, named=True)
    shown = []
    for name, value in last.items():
        if name in ("epoch", "seconds") or name.startswith(HELD_OUT) or value is None:
            continue
        held_out = last.get(HELD_OUT + name)
        shown.append(
            f"{name} {value:.4f}" + (f" ({held_out:.4f} held out)" if held_out is not None else "")
        )
    return f"after epoch {last['epoch']}: {', '.join(shown)}"
