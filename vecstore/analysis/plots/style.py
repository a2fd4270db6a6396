"""How every picture looks, and how it becomes a file.

Figures are made without pyplot, which keeps every figure of a process alive and belongs to the
program that uses us. A figure here belongs to who asked for it.
"""

from functools import partial
from os import PathLike
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from vecstore.storage import files

__all__ = [
    "ACCENT",
    "DIVERGING",
    "FAINT",
    "INK",
    "MUTED",
    "NOTHING",
    "PALETTE",
    "SEQUENTIAL",
    "along",
    "literal",
    "new_figure",
    "save",
    "set_window",
    "settle",
    "strip",
    "title",
]

#: Ten categories that anybody tells apart, with any kind of colour blindness (Petroff, 2021,
#: arXiv:2107.02270); greys come last.
PALETTE = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#92dadd",
    "#717581",
    "#94a4a2",
)
#: What belongs to none of the categories, of which there are nine then.
NOTHING = PALETTE[-1]
#: The one thing that a picture is about.
ACCENT = PALETTE[2]
#: Text; text that explains; lines that only guide the eye.
INK, MUTED, FAINT = "#22262a", "#6b7278", "#dfe3e6"
#: Colour maps of quantities, and of quantities with a middle. Both are safe for the colour-blind.
SEQUENTIAL, DIVERGING = "viridis", "RdBu_r"

_LONGEST = 40  # characters of a key in a picture
_DPI = 120
_PAD = 0.12  # inches, around everything
_PHOTOGRAPHS = 1 << 17  # colours: nothing else has so many
_UNSEEN = 20  # of 255 in red, green or blue: by so much may one pixel differ
_MARGIN = 0.03  # of a map, on each side of its outermost points
_SUFFIXES = (".png", ".svg")


def new_figure(width: float = 9.0, height: float = 7.0) -> Figure:
    """Return an empty figure that no global state knows of.

    Parameters
    ----------
    width, height : float
        In inches, of 120 pixels each.

    Returns
    -------
    Figure
        With a layout that leaves room for titles, labels and legends.
    """
    figure = Figure(
        figsize=(width, height),
        dpi=_DPI,
        layout=ConstrainedLayoutEngine(w_pad=_PAD, h_pad=_PAD),
        facecolor="white",
    )
    FigureCanvasAgg(figure)
    return figure


def settle(figure: Figure) -> None:
    """Lay everything out now and for good, so that what comes next can count on pixels."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")


def set_window(axes: Axes, points: npt.NDArray[np.floating]) -> None:
    """Show all points, with as many pixels to a unit across as up: distances are true.

    Parameters
    ----------
    axes : Axes
        Of a figure that is settled.
    points : ndarray, shape (n, 2)
        Finite.
    """
    box = axes.get_window_extent()
    pixels = np.array([box.width, box.height])
    low, high = points.min(axis=0), points.max(axis=0)
    unit = np.max((high - low) / (pixels * (1 - 2 * _MARGIN))) or 1.0
    (left, bottom), (right, top) = ((low + high + side * unit * pixels) / 2 for side in (-1, 1))
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)


def along(
    start: npt.NDArray[np.floating], end: npt.NDArray[np.floating]
) -> npt.NDArray[np.float64]:
    """Return points on a line, for names to keep off it: shape (50, 2)."""
    return np.linspace(start, end, 50)


def strip(axes: Axes, *, frame: bool = False) -> None:
    """Take away ticks, and the frame, where the numbers on them mean nothing."""
    axes.tick_params(left=False, bottom=False, labelleft=False, labelbottom=False)
    axes.spines[:].set_visible(frame)
    axes.spines[:].set_color(FAINT)


def title(axes: Axes, text: str, note: str = "") -> None:
    """Write what a picture shows over its left edge, and how to read it in small print below.

    Parameters
    ----------
    axes : Axes
        What to write over.
    text : str
        Plain text; `literal` makes it of a key.
    note : str
        Plain text, a line at most.
    """
    if note:
        axes.set_title(note, loc="left", fontsize=9, color=MUTED, pad=6)
        axes.annotate(
            text,
            (0, 1),
            (0, 24),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=13,
            fontweight="bold",
            color=INK,
        )
    else:
        axes.set_title(text, loc="left", fontsize=13, fontweight="bold", color=INK, pad=8)


def literal(key: object) -> str:
    r"""Return a key as matplotlib shall show it: as it is, on one line, and not endless.

    Parameters
    ----------
    key : object
        A key, or a value of an attribute.

    Returns
    -------
    str
        Dollar signs would begin a formula.

    Examples
    --------
    >>> literal("a$b$c"), literal("two\nlines"), literal(7)
    ('a\\$b\\$c', 'two lines', '7')
    >>> len(literal("long" * 100))
    40
    """
    text = " ".join(str(key).split())
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "\N{HORIZONTAL ELLIPSIS}"
    return text.replace("$", r"\$")


def save(figure: Figure, path: str | PathLike[str]) -> Path:
    """Write a figure to a new file: all of it or nothing.

    Parameters
    ----------
    figure : Figure
        From any function of this package.
    path : path-like
        Ends in ``.png`` or ``.svg``.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ValueError
        If the path ends in anything else.
    FileExistsError
        If there is such a file.
    """
    path = Path(path)
    if path.suffix not in _SUFFIXES:
        raise ValueError(f'`path` must end in {" or ".join(_SUFFIXES)}; got "{path}".')
    if path.exists():
        raise FileExistsError(f"{path} exists already; remove it or choose another name.")
    files.publish(path, partial(_write, figure, path.suffix[1:]))
    return path


def _write(figure: Figure, form: str, path: Path) -> None:
    if form == "svg":
        figure.savefig(
            path, format="svg", metadata={"Date": None}
        )  # the same picture, the same file
    else:
        _write_png(figure, path)


def _write_png(figure: Figure, path: Path) -> None:
    """Write with 256 colours, in a third of the bytes, unless somebody could see the difference."""
    from PIL import Image

    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = np.asarray(canvas.buffer_rgba())[..., :3]  # type: ignore[no-untyped-call]
    image = Image.fromarray(pixels)
    if image.getcolors(_PHOTOGRAPHS) is not None:
        few = image.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        wrong = np.abs(np.asarray(few.convert("RGB"), np.int16) - pixels).max()
        image = few if wrong <= _UNSEEN else image
    image.save(path, format="png", optimize=True, dpi=(figure.dpi, figure.dpi))
