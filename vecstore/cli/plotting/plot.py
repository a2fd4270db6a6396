"""``vecstore plot``: pictures, each drawn by a command of this group."""

import click

from vecstore.cli.plotting import curves, images, keys, map

__all__ = ["plot"]


@click.group()
def plot() -> None:
    """Draw a store.

    \b
      vecstore plot map words.vecs --color cluster --out map.png
      vecstore plot neighbours words.vecs piano --out piano.svg
    """


for command in (
    map.map_,
    keys.neighbours,
    keys.analogy,
    keys.matrix,
    map.extremes,
    images.images,
    curves.curves,
):
    plot.add_command(command)
