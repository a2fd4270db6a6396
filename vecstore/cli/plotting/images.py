"""``vecstore plot images``: images and those nearest to them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

import vecstore
from vecstore.cli.options import keys_from_option, parse_keys, where_option, with_store
from vecstore.cli.plotting.picture import picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["images"]


@click.command()
@with_store
@click.argument("keys", metavar="[KEY]...", nargs=-1)
@keys_from_option
@click.option(
    "--k",
    "-k",
    type=click.IntRange(min=1),
    default=7,
    show_default=True,
    help="Number of nearest neighbours.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path(),
    help="Folder that the paths of images are relative to.  [default: the current one]",
)
@click.option(
    "--column",
    metavar="COLUMN",
    help="Attribute with the paths of images.  [default: path, or else the keys]",
)
@click.option("--label", metavar="COLUMN", help="Attribute to write under the images.")
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
    """Draw the image of each KEY with the images nearest to it.

    \b
      vecstore plot images photos.vecs cat/1.jpg dog/7.jpg --folder photos --out near.png
    """
    from vecstore.analysis.plots import draw_images

    wanted = parse_keys(store, keys, keys_from)
    return draw_images(store, wanted, k, folder=folder, column=column, label=label, where=where)
