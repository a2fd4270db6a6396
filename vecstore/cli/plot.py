"""``vecstore plot``: pictures, each drawn by a command of this group."""

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

import vecstore
from vecstore.analysis.extras import need
from vecstore.cli.expression import parse_terms
from vecstore.cli.options import (
    keys_from_option,
    out_option,
    parse_key,
    parse_keys,
    where_option,
    with_store,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["plot"]

Command = Callable[..., Any]

ANALOGY_TERMS = (2, 1)  # keys to add, keys to take away


def picture(draw: "Callable[..., Figure]") -> Command:
    """Make a command of a function that draws: add ``--out FILE``, and save the figure there."""

    @wraps(draw)
    def command(*arguments: Any, out: Path | None, **rest: Any) -> None:
        if out is None:
            raise click.UsageError("Say where to draw: --out FILE, which ends in .png or .svg.")
        need("matplotlib")
        from vecstore.analysis.plots.style import save

        click.echo(save(draw(*arguments, **rest), out))

    return out_option("The picture: a new .png or .svg file.", ".png", ".svg")(command)


@click.group()
def plot() -> None:
    """Draw a store.

    \b
      vecstore plot map words.vecs --color cluster --out map.png
      vecstore plot neighbours words.vecs piano --out piano.svg
    """


@plot.command("map")
@with_store
@click.option("--color", metavar="COLUMN", help="An attribute to colour by.")
@click.option("--name", "names", metavar="KEY", multiple=True, help="Name KEY; any number.")
@click.option(
    "--names",
    "most",
    type=click.IntRange(min=0),
    default=0,
    help="Name so many more, from the first key on, where there is room.",
)
@where_option
@click.option(
    "--columns",
    metavar="X Y",
    nargs=2,
    default=("x", "y"),
    show_default=True,
    help="The attributes with the coordinates.",
)
@click.option("--title", help="Over the picture.  [default: the name of the store]")
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
    from vecstore.analysis.plots.map import draw_map

    keys = [parse_key(store, name) for name in names]
    return draw_map(
        store, color=color, names=keys, most=most, where=where, columns=columns, heading=title
    )


@plot.command()
@with_store
@click.argument("key")
@click.option(
    "--k", "-k", type=click.IntRange(min=1), default=20, show_default=True, help="Neighbours."
)
@where_option
@picture
def neighbours(store: vecstore.Store, key: str, k: int, where: str | None) -> "Figure":
    """Draw KEY with its nearest keys around it, each at its true distance.

    \b
      vecstore plot neighbours words.vecs piano --out piano.png
    """
    from vecstore.analysis.plots.neighbourhood import draw_neighbourhood

    return draw_neighbourhood(store, parse_key(store, key), k, where=where)


@plot.command()
@with_store
@click.argument("expression", metavar="[EXPRESSION]...", nargs=-1)
@click.option(
    "--pair",
    "pairs",
    metavar="FROM TO",
    nargs=2,
    multiple=True,
    help="Draw an arrow from key to key instead; two pairs at least.",
)
@click.option(
    "--k", "-k", type=click.IntRange(min=1), default=8, show_default=True, help="Answers."
)
@click.option("--title", default="", help="Over the picture.")
@picture
def analogy(
    store: vecstore.Store,
    expression: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    k: int,
    title: str,
) -> "Figure":
    """Draw EXPRESSION, king - man + woman, as arrows; or pairs that share a relation.

    \b
      vecstore plot analogy words.vecs king - man + woman --out queen.png
      vecstore plot analogy words.vecs --pair france paris --pair italy rome --out capitals.png
    """
    from vecstore.analysis.plots.analogy import draw_analogy, draw_pairs

    if bool(expression) == bool(pairs):
        raise click.UsageError("Give an expression like king - man + woman, or --pair FROM TO.")
    if pairs:
        keys = [(parse_key(store, one), parse_key(store, other)) for one, other in pairs]
        return draw_pairs(store, keys, title)
    terms = parse_terms(expression)
    plus = [parse_key(store, key) for key, sign in terms if sign > 0]
    minus = [parse_key(store, key) for key, sign in terms if sign < 0]
    if (len(plus), len(minus)) != ANALOGY_TERMS:
        raise click.UsageError("Arrows need three keys, as in king - man + woman.")
    return draw_analogy(store, minus[0], plus[0], plus[1], k, title)


@plot.command()
@with_store
@click.argument("keys", metavar="[KEY]...", nargs=-1)
@keys_from_option
@click.option("--keep-order", is_flag=True, help="Do not put keys that are alike side by side.")
@picture
def matrix(
    store: vecstore.Store, keys: Sequence[str], keys_from: TextIO | None, keep_order: bool
) -> "Figure":
    """Draw how alike KEYs are, each to each.

    \b
      vecstore plot matrix words.vecs king queen man woman paris rome --out alike.png
    """
    from vecstore.analysis.plots.matrix import draw_matrix

    return draw_matrix(store, parse_keys(store, keys, keys_from), ordered=not keep_order)


@plot.command()
@with_store
@click.argument("dimensions", metavar="DIMENSION...", nargs=-1, type=int, required=True)
@click.option(
    "--k", "-k", type=click.IntRange(min=1), default=8, show_default=True, help="Keys at each end."
)
@where_option
@picture
def extremes(
    store: vecstore.Store, dimensions: Sequence[int], k: int, where: str | None
) -> "Figure":
    """Draw the keys with the largest and smallest values of each DIMENSION, the first being 0.

    \b
      vecstore plot extremes words.vecs 0 1 2 --out dimensions.png
    """
    from vecstore.analysis.plots.extremes import draw_extremes

    return draw_extremes(store, dimensions, k, where=where)


@plot.command()
@with_store
@click.argument("keys", metavar="[KEY]...", nargs=-1)
@keys_from_option
@click.option(
    "--k", "-k", type=click.IntRange(min=1), default=7, show_default=True, help="Neighbours each."
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path(),
    help="Where the paths of the images begin.  [default: here]",
)
@click.option(
    "--column", metavar="COLUMN", help="The attribute with the paths.  [default: the keys]"
)
@click.option("--label", metavar="COLUMN", help="An attribute to write under the images.")
@where_option
@picture
def images(
    store: vecstore.Store,
    keys: Sequence[str],
    keys_from: TextIO | None,
    k: int,
    folder: Path,
    column: str | None,
    label: str | None,
    where: str | None,
) -> "Figure":
    """Draw the images of KEYs, each with the images nearest to it.

    \b
      vecstore plot images photos.vecs cat/1.jpg dog/7.jpg --folder photos --out near.png
    """
    from vecstore.analysis.plots.images import draw_images

    wanted = parse_keys(store, keys, keys_from)
    return draw_images(store, wanted, k, folder=folder, column=column, label=label, where=where)
