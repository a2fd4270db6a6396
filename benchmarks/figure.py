"""The comparison of peers as a picture that needs no explanation."""

from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.machine import Machine
from benchmarks.measurement import Measurement

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw"]

_OURS, _EXACT, _APPROXIMATE = "#1f6feb", "#8b949e", "#e3b778"
_PANELS = {"batch": "many queries in one call", "single": "one query to a call"}

# Of an approximate peer: the fastest setting that reaches each of these.
_RECALLS = (0.95, 0.99)


def draw(path: Path, found: list[Measurement], title: str, limits: Machine) -> None:
    """Draw two panels of bars, queries per second: whole batches, and one query at a time.

    Of each exact peer only its best setting is drawn, of an approximate one the fastest settings
    with a recall of 0.95 and of 0.99.

    Parameters
    ----------
    path : Path
        Of the PNG file.
    found : list of Measurement
        Ours in blue, exact peers in grey, approximate ones in yellow with their recall.
    title : str
        What was searched.
    limits : Machine
        For the small print.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = {
        panel: sorted(_worth_showing(found, panel), key=attrgetter(panel)) for panel in _PANELS
    }
    most = max(map(len, shown.values()))
    picture = Figure(figsize=(12, 1.8 + 0.32 * most), layout="constrained")
    FigureCanvasAgg(picture)
    picture.suptitle(f"{title}\nqueries per second: longer is better", fontweight="bold")
    for axes, panel in zip(picture.subplots(1, 2), _PANELS, strict=True):
        _draw_panel(axes, shown[panel], panel)
    picture.supxlabel(
        f"blue: vecstore, exact    grey: exact    yellow: approximate, with its recall\n{limits}",
        fontsize="small",
        color="dimgrey",
    )
    picture.savefig(path, dpi=150)


def _worth_showing(found: list[Measurement], panel: str) -> set[Measurement]:
    """Return what a reader wants to see: ours, everybody's best, and the price of recall."""
    shown = {one for one in found if one.ours}
    for peer in {one.peer for one in found if not one.ours}:
        settings = [one for one in found if one.peer == peer]
        exact = [[one for one in settings if one.exact]]
        near = [[one for one in settings if not one.exact and one.recall >= r] for r in _RECALLS]
        shown |= {max(some, key=attrgetter(panel)) for some in exact + near if some}
    return shown


def _draw_panel(axes: "Axes", ranked: list[Measurement], panel: str) -> None:
    rates = [getattr(one, panel) for one in ranked]
    bars = axes.barh([_label(one) for one in ranked], rates, color=[_color(one) for one in ranked])
    axes.bar_label(bars, [f"{rate:,.0f}" for rate in rates], padding=3, fontsize="small")
    axes.set_title(_PANELS[panel], fontsize="medium")
    axes.set_xlim(0, 1.15 * max(rates))
    axes.xaxis.set_visible(False)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.tick_params(left=False)


def _label(one: Measurement) -> str:
    return one.name if one.exact else f"{one.name} (recall {one.recall:.3f})"


def _color(one: Measurement) -> str:
    if one.ours:
        return _OURS
    return _EXACT if one.exact else _APPROXIMATE
