"""``vecstore plot map`` and ``extremes``: pictures of all keys."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

import vecstore
from vecstore.cli.options import parse_key, where_option, with_store
from vecstore.cli.plotting.picture import picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["extremes", "map_"]


@click.command("map")
@with_store
@click.option("--color", metavar="COLUMN", help="Attribute to colour the points by.")
@click.option(
    "--name", "names", metavar="KEY", multiple=True, help="Label KEY on the map; may be repeated."
)
@click.option(
    "--names",
    "most",
    type=click.IntRange(min=0),
    default=0,
    help="Label this many more keys, starting with the first, where there is room.",
)
@where_option
@click.option(
    "--columns",
    metavar="X Y",
    nargs=2,
    default=("x", "y"),
    show_default=True,
    help="Attributes with the coordinates.",
)
@click.option("--title", help="Title of the picture.  [default: the name of the store]")
@picture
def map_(
    store: vecstore.Store,
    color: str | None,
    names: Sequence[str],
    most: int,
    where: str | None,
    columns: tuple[str, str],
    title: str | None,
) -> "Figure":
    """Draw the map of STORE that "vecstore project" made.

    \b
      vecstore plot map images.vecs --color label --out map.png
      vecstore plot map words.vecs --names 200 --out words.svg
      vecstore plot map words.vecs --name king --name queen --out royals.png
    """
    from vecstore.analysis.plots import draw_map

    keys = [parse_key(store, name) for name in names]
    return draw_map(
        store, color=color, names=keys, most=most, where=where, columns=columns, heading=title
    )


@click.command()
@with_store
@click.argument("dimensions", metavar="DIMENSION...", nargs=-1, type=int, required=True)
@click.option(
    "--count",
    "-n",
    type=click.IntRange(min=1),
    default=8,
    show_default=True,
    help="Number of keys at each end.",
)
@where_option
@picture
def extremes(
    store: vecstore.Store, dimensions: Sequence[int], count: int, where: str | None
) -> "Figure":
    """Draw the keys at both ends of each DIMENSION.

    These are the keys with its largest and smallest values. Dimensions are numbered from 0. All are
    drawn on one scale. A dead dimension, whose values are almost the same for all keys, is grey.

    \b
      vecstore plot extremes words.vecs 0 1 2 --out dimensions.png
    """
    from vecstore.analysis.plots import draw_extremes

    return draw_extremes(store, dimensions, count, where=where)
