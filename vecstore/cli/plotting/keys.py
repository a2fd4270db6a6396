"""``vecstore plot neighbours``, ``analogy`` and ``matrix``: pictures of a few keys."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

import click

import vecstore
from vecstore.cli.options import (
    keys_from_option,
    parse_key,
    parse_keys,
    where_option,
    with_store,
)
from vecstore.cli.plotting.picture import picture
from vecstore.cli.questions.expression import parse_terms

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["analogy", "matrix", "neighbours"]

ANALOGY_TERMS = (2, 1)  # keys to add, keys to subtract


@click.command()
@with_store
@click.argument("key")
@click.option(
    "--k",
    "-k",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="Number of nearest neighbours.",
)
@where_option
@picture
def neighbours(store: vecstore.Store, key: str, k: int, where: str | None) -> "Figure":
    """Draw KEY and its nearest keys at their true distances.

    \b
      vecstore plot neighbours words.vecs piano --out piano.png
    """
    from vecstore.analysis.plots import draw_neighbourhood

    return draw_neighbourhood(store, parse_key(store, key), k, where=where)


@click.command()
@with_store
@click.argument("expression", metavar="[EXPRESSION]...", nargs=-1)
@click.option(
    "--pair",
    "pairs",
    metavar="FROM TO",
    nargs=2,
    multiple=True,
    help="Draw an arrow from one key to another instead; repeat for at least two pairs.",
)
@click.option(
    "--k",
    "-k",
    type=click.IntRange(min=1),
    default=8,
    show_default=True,
    help="Number of nearest neighbours.",
)
@click.option("--title", default="", help="Title of the picture.")
@picture
def analogy(
    store: vecstore.Store,
    expression: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    k: int,
    title: str,
) -> "Figure":
    """Draw an analogy, or pairs of keys, as arrows.

    EXPRESSION is an analogy of three keys, such as king - man + woman.

    \b
      vecstore plot analogy words.vecs king - man + woman --out queen.png
      vecstore plot analogy words.vecs --pair france paris --pair italy rome --out capitals.png
    """
    from vecstore.analysis.plots import draw_analogy, draw_pairs

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


@click.command()
@with_store
@click.argument("keys", metavar="[KEY]...", nargs=-1)
@keys_from_option
@click.option(
    "--keep-order",
    is_flag=True,
    help="Keep the given order, instead of putting similar keys side by side.",
)
@picture
def matrix(
    store: vecstore.Store, keys: Sequence[str], keys_from: TextIO | None, keep_order: bool
) -> "Figure":
    """Draw the similarity of every KEY to every other.

    \b
      vecstore plot matrix words.vecs king queen man woman paris rome --out alike.png
    """
    from vecstore.analysis.plots import draw_matrix

    return draw_matrix(store, parse_keys(store, keys, keys_from), ordered=not keep_order)
