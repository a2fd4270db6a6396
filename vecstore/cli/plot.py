"""``vecstore plot``: pictures, each drawn by a command of this group."""

import click

from vecstore.cli import plot_curves, plot_images, plot_keys, plot_map

__all__ = ["plot"]


@click.group()
def plot() -> None:
    """Draw a store.

    \b
      vecstore plot map words.vecs --color cluster --out map.png
      vecstore plot neighbours words.vecs piano --out piano.svg
    """


for command in (
    plot_map.map_,
    plot_keys.neighbours,
    plot_keys.analogy,
    plot_keys.matrix,
    plot_map.extremes,
    plot_images.images,
    plot_curves.curves,
):
    plot.add_command(command)
