"""Draw images with the images nearest to them."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vecstore.analysis.plots.style import (
    ACCENT,
    FAINT,
    INK,
    MUTED,
    PALETTE,
    literal,
    new_figure,
    strip,
)
from vecstore.arrays import check_count
from vecstore.errors import VecstoreError
from vecstore.filters import Where
from vecstore.images import problem_of
from vecstore.search import Matches
from vecstore.store import Store

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["draw_images"]

_MOST = 20  # rows, and columns
_LONGEST = 20  # characters that fit under an image
_SIDE = 224  # pixels; larger images are shrunk to it


def draw_images(
    store: Store,
    keys: Sequence[Any],
    k: int = 7,
    *,
    folder: str | PathLike[str] = ".",
    column: str | None = None,
    label: str | None = None,
    where: Where = None,
) -> Figure:
    """Draw images, each with the images nearest to it.

    Parameters
    ----------
    store : Store
        A store of vectors of images.
    keys : sequence of keys
        1 to 20 images, one for each row of the grid.
    k : int, default 7
        Neighbours of each image, at most 20.
    folder : path-like, default "."
        The folder that relative paths start from.
    column : str or None
        The attribute with the path of each image. None takes ``path``, which `ImageExtractor`
        writes, or else the keys themselves.
    label : str or None
        An attribute to write under the images. Neighbours with the same value as their image are
        framed in blue, others in red.
    where : str, polars.Expr, array_like of bool, or None
        The rows that may be neighbours; see `Store.search`.

    Returns
    -------
    Figure
        A row for each image: the image, then its neighbours with their distances.

    Raises
    ------
    KeyNotFoundError
        If a key is missing.
    ValueError
        If there are no keys, `keys` or `k` are too many, or there is no such attribute.
    VecstoreError
        If an image cannot be read.

    Examples
    --------
    >>> import vecstore
    >>> from PIL import Image
    >>> for name in ("red", "blue"):
    ...     Image.new("RGB", (8, 8), name).save(f"{name}.png")
    >>> store = vecstore.from_arrays([[1, 0], [1, 1]], keys=["red.png", "blue.png"])
    >>> figure = draw_images(store, ["red.png"], k=1)
    """
    k = check_count(k, "k")
    names = list(dict.fromkeys(keys))
    if k > _MOST:
        raise ValueError(f"`k` must be at most {_MOST}, to be seen; got {k}.")
    if not 1 <= len(names) <= _MOST:
        raise ValueError(f"`keys` must be 1 to {_MOST} different keys; got {len(names)}.")
    there = store.frame([]).columns
    for name, argument in ((column, "column"), (label, "label")):
        if name is not None and name not in there:
            raise ValueError(f'`{argument}` must name a column of the store; got "{name}".')
    column = column or ("path" if "path" in there else "key")
    matches = store.similar(names, k=k, where=where)
    rows = [
        _tiles(store, name, found, column, label, Path(folder))
        for name, found in zip(names, matches, strict=True)
    ]
    figure = new_figure(1.35 * (k + 1) + 0.3, 1.65 * len(names) + 0.3)
    if label is not None:
        figure.suptitle(
            f"blue: the same {literal(label)}    red: another",
            x=0.01,
            ha="left",
            fontsize=9,
            color=MUTED,
        )
    grid = figure.subplots(len(names), k + 1, squeeze=False)
    for axes in grid.flat:
        strip(axes)
    for row, tiles in zip(grid, rows, strict=True):
        for axes, tile in zip(row, tiles, strict=False):  # a row may have fewer neighbours than k
            _draw_tile(axes, tile)
    return figure


class _Tile(NamedTuple):
    """An image of the grid, and the text under it."""

    image: "Image"
    text: str
    distance: float | None  # None for the image in the first column
    color: str  # of the frame


def _tiles(
    store: Store, key: Any, found: Matches, column: str, label: str | None, folder: Path
) -> list[_Tile]:
    """Return an image and those nearest to it."""
    table = store.frame([key, *(match.key for match in found)])
    texts = table[label or "key"].to_list()
    distances = [None, *(match.distance for match in found)]
    tiles = []
    for name, path, text, distance in zip(
        table["key"].to_list(), table[column].to_list(), texts, distances, strict=True
    ):
        color = FAINT
        if label and distance is not None:
            color = PALETTE[0] if text == texts[0] else ACCENT
        tiles.append(_Tile(_read(folder, name, path), _caption(text), distance, color))
    return tiles


def _caption(text: object) -> str:
    """Return what fits under an image: the end of a long text, because paths end with the name."""
    shown = str(text)
    if len(shown) > _LONGEST:
        shown = "\N{HORIZONTAL ELLIPSIS}" + shown[1 - _LONGEST :]
    return literal(shown)


def _read(folder: Path, key: Any, path: Any) -> "Image":
    """Return an image, upright and small enough for its place in the grid."""
    from PIL import Image, ImageOps

    if not isinstance(path, str):
        raise VecstoreError(f'"{key}" has no path to an image; name the column that has.')
    unreadable = VecstoreError(
        f'The image of "{key}" cannot be read: {folder / path}. Name the folder it is in; '
        "images in an archive must be unpacked."
    )
    try:
        if problem_of(str(folder / path)):  # opening a pipe would block
            raise unreadable
        with Image.open(folder / path) as image:
            image.draft("RGB", (_SIDE, _SIDE))
            small = ImageOps.exif_transpose(image).convert("RGB")
            small.thumbnail((_SIDE, _SIDE))
            return small
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise unreadable from error


def _draw_tile(axes: Axes, tile: _Tile) -> None:
    itself = tile.distance is None
    axes.imshow(np.asarray(tile.image))
    axes.set_xlabel(
        tile.text if itself else f"{tile.text}\n{tile.distance:.3f}",
        fontsize=8,
        fontweight="bold" if itself else "normal",
        color=INK if itself else MUTED,
        labelpad=3,
    )
    axes.spines[:].set_visible(True)
    axes.spines[:].set_color(tile.color)
    axes.spines[:].set_linewidth(2.5)
