"""How every picture looks, and how it becomes a file.

Figures are made without pyplot, which keeps every figure of a process alive and belongs to the
program that uses us. A figure here belongs to who asked for it.
"""

from functools import cache, partial
from os import PathLike
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text

from vecstore.storage.disk import publish_output

__all__ = [
    "ACCENT",
    "DIVERGING",
    "FAINT",
    "INK",
    "MUTED",
    "NOTHING",
    "PALETTE",
    "SEQUENTIAL",
    "fonts",
    "literal",
    "new_figure",
    "save",
    "set_fonts",
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

# Families that have the letters which matplotlib's own lacks, where the system has them.
_FONT = "DejaVu Sans"
_MORE_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans CJK KR",
    "WenQuanYi Micro Hei",
    "PingFang SC",
    "Hiragino Sans",
    "Microsoft YaHei",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
)

_LONGEST = 40  # characters of a key in a picture
_DPI = 120
_PAD = 0.12  # inches, around everything
_PHOTOGRAPHS = 1 << 17  # colours: nothing else has so many
_UNSEEN = 20  # of 255 in red, green or blue: by so much may one pixel differ
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


@cache
def fonts() -> list[str]:
    """Return the families that text is written in: each letter in the first that has it."""
    installed = set(fontManager.get_font_names())
    return [_FONT, *(name for name in _MORE_FONTS if name in installed)]


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


def literal(key: object, longest: int = _LONGEST) -> str:
    r"""Return a key as matplotlib shall show it: as it is, on one line, and not endless.

    Parameters
    ----------
    key : object
        A key, or a value of an attribute.
    longest : int, default 40
        Characters that it may have; a longer one ends in an ellipsis.

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
    if len(text) > longest:
        text = text[: longest - 1] + "\N{HORIZONTAL ELLIPSIS}"
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
    publish_output(path, partial(_write, figure, path.suffix[1:]))
    return path


def set_fonts(figure: Figure) -> None:
    """Let every text have letters that only other fonts than matplotlib's own have."""
    for text in figure.findobj(Text):
        text.set_fontfamily(fonts())


def _write(figure: Figure, form: str, path: Path) -> None:
    set_fonts(figure)
    if form == "svg":
        # The same picture, the same file: ids come from a salt, which is random if it is not given.
        with rc_context({"svg.hashsalt": "vecstore"}):
            figure.savefig(path, format="svg", metadata={"Date": None})
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
