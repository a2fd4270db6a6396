"""``vecstore plot``: the group of commands that draw pictures."""

import click

from vecstore.cli.plotting import curves, images, keys, map

__all__ = ["plot"]


@click.group()
def plot() -> None:
    """Draw pictures of a store or of a training.

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
