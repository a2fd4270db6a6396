"""Plot recall against queries per second, as ann-benchmarks does."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vecstore.bench.measuring import Measurement

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw", "front"]

# Okabe and Ito's colours, safe for the colour-blind, and two more. The first two are ours.
_COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]
_COLORS += ["#8B8B00", "#777777", "#000000"]
# Lower recall is not drawn: nobody wants it, and it would take space from the rest.
_LEAST = 0.75
_OURS = ("vecstore-hnsw", "vecstore")
_PANELS = {"single": "one query to a call", "batch": "all queries in one call"}


def front(found: Sequence[Measurement], mode: str) -> list[Measurement]:
    """Return the settings that no other beats in both recall and speed, by ascending recall."""
    best: list[Measurement] = []
    for one in sorted(found, key=lambda m: (m.recall, getattr(m, mode)), reverse=True):
        if not best or getattr(one, mode) > getattr(best[-1], mode):
            best.append(one)
    return best[::-1]


def draw(path: Path, found: Sequence[Measurement], title: str) -> None:
    """Draw two panels, single queries and batches, as PNG or SVG by the suffix of `path`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(one.algorithm for one in found))
    names.sort(key=lambda name: _OURS.index(name) if name in _OURS else len(_OURS))
    colors = dict(zip(names, (_COLORS * len(names))[: len(names)], strict=True))
    picture = Figure(figsize=(12, 5), layout="constrained")
    FigureCanvasAgg(picture)
    picture.suptitle(f"{title}: up and to the right is better", fontweight="bold")
    panels = picture.subplots(1, 2, sharey=True)
    for axes, mode in zip(panels, _PANELS, strict=True):
        for name in names:
            best = front([one for one in found if one.algorithm == name], mode)
            _draw_front(axes, best, mode, name, colors[name])
        threads = "one thread" if found[0].threads == 1 else f"{found[0].threads} threads"
        axes.set_title(f"{_PANELS[mode]}, {threads}", fontsize="medium")
        axes.set_xlabel(f"recall@{found[0].k}")
        axes.set_yscale("log")
        axes.grid(alpha=0.3, which="both")
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_xlim(left=max(_LEAST, min(one.recall for one in found) - 0.01), right=1.005)
    panels[0].set_ylabel("queries per second")
    panels[1].legend(fontsize="small", loc="lower left")
    picture.savefig(path, dpi=150)


def _draw_front(axes: "Axes", best: list[Measurement], mode: str, name: str, color: str) -> None:
    recalls, speeds = [one.recall for one in best], [getattr(one, mode) for one in best]
    width = 2.5 if name in _OURS else 1.3
    if len(best) == 1:  # no knob: draw its speed as a line across all recalls
        axes.axhline(speeds[0], color=color, linewidth=width, linestyle="--", label=name)
    else:
        axes.plot(
            recalls, speeds, color=color, linewidth=width, marker="o", markersize=4, label=name
        )
