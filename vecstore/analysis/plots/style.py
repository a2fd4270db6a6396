"""The look of every figure, and writing it to a file.

Figures are made without pyplot, which keeps every figure of the process alive and belongs to the
calling program. A figure here belongs to its caller.
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

#: Colours of ten categories, distinguishable with any kind of colour blindness (Petroff, 2021,
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
#: The colour of points in no category; then there are at most nine categories.
NOTHING = PALETTE[-1]
#: The colour of the one thing that a figure is about.
ACCENT = PALETTE[2]
#: Colours of text, of explaining text, and of lines that only guide the eye.
INK, MUTED, FAINT = "#22262a", "#6b7278", "#dfe3e6"
#: Colour maps of quantities, and of quantities with a middle. Both are safe for the colour-blind.
SEQUENTIAL, DIVERGING = "viridis", "RdBu_r"

# Families with letters that matplotlib's own font lacks, used where they are installed.
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

_LONGEST = 40  # characters of a key in a figure
_DPI = 120
_PAD = 0.12  # inches, around everything
_PHOTOGRAPHS = 1 << 17  # colours: only photographs have as many
_UNSEEN = 20  # of 255 in red, green or blue: a pixel may differ by this much
_SUFFIXES = (".png", ".svg")


def new_figure(width: float = 9.0, height: float = 7.0) -> Figure:
    """Return an empty figure, in inches of 120 pixels, that pyplot does not know of."""
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
    """Return the font families in order of preference: each letter uses the first that has it."""
    installed = set(fontManager.get_font_names())
    return [_FONT, *(name for name in _MORE_FONTS if name in installed)]


def strip(axes: Axes, *, frame: bool = False) -> None:
    """Remove ticks, and the frame, of axes whose numbers mean nothing."""
    axes.tick_params(left=False, bottom=False, labelleft=False, labelbottom=False)
    axes.spines[:].set_visible(frame)
    axes.spines[:].set_color(FAINT)


def title(axes: Axes, text: str, note: str = "") -> None:
    """Write a title over the left edge, and a note of one line in small print below it."""
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
    r"""Return a key as plain text for matplotlib: on one line, shortened, dollar signs escaped.

    >>> literal("a$b$c"), literal("two\nlines"), literal(7)
    ('a\\$b\\$c', 'two lines', '7')
    """
    text = " ".join(str(key).split())
    if len(text) > longest:
        text = text[: longest - 1] + "\N{HORIZONTAL ELLIPSIS}"
    # Dollar signs would begin a formula.
    return text.replace("$", r"\$")


def save(figure: Figure, path: str | PathLike[str]) -> Path:
    """Write a figure to a new file, all of it or nothing.

    Parameters
    ----------
    figure : Figure
        A figure from any function of this package.
    path : path-like
        A path that ends in ``.png`` or ``.svg``.

    Returns
    -------
    Path
        The path of the file.

    Raises
    ------
    ValueError
        If the path ends in anything else.
    FileExistsError
        If the file exists.

    Examples
    --------
    >>> import vecstore
    >>> from vecstore.analysis.plots import draw_matrix, save
    >>> store = vecstore.from_arrays([[1, 0], [2, 1], [0, 1]], keys=["cat", "dog", "car"])
    >>> save(draw_matrix(store, ["cat", "dog", "car"]), "animals.png").name
    'animals.png'
    """
    path = Path(path)
    if path.suffix not in _SUFFIXES:
        raise ValueError(f'`path` must end in {" or ".join(_SUFFIXES)}; got "{path}".')
    if path.exists():
        raise FileExistsError(f"{path} exists already; remove it or choose another name.")
    publish_output(path, partial(_write, figure, path.suffix[1:]))
    return path


def set_fonts(figure: Figure) -> None:
    """Let every text use letters that matplotlib's own font lacks."""
    for text in figure.findobj(Text):
        text.set_fontfamily(fonts())


def _write(figure: Figure, form: str, path: Path) -> None:
    set_fonts(figure)
    if form == "svg":
        # A fixed salt for the ids, which is random by default: the same figure gives the same file.
        with rc_context({"svg.hashsalt": "vecstore"}):
            figure.savefig(path, format="svg", metadata={"Date": None})
    else:
        _write_png(figure, path)


def _write_png(figure: Figure, path: Path) -> None:
    """Write with 256 colours, in a third of the bytes, unless the difference would be visible."""
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
