"""``vecstore outliers``: keys that are far from all others."""

import click

import vecstore
from vecstore.cli.options import k_option, output_options, threads_option, with_store
from vecstore.cli.output import Style
from vecstore.cli.progress import progress
from vecstore.cli.questions.frame import write_frame

__all__ = ["outliers"]


@click.command()
@with_store
@k_option
@click.option(
    "--count",
    "-n",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="Number of keys to print.",
)
@threads_option
@output_options
def outliers(store: vecstore.Store, k: int, count: int, threads: int | None, style: Style) -> None:
    """Find the keys of STORE that are far from all others.

    They are the keys with the largest mean distance to their nearest neighbours. When the output is
    piped, each line holds a key and its mean distance.

    \b
      vecstore outliers images.vecs
      vecstore outliers words.vecs --k 5 --count 100
    """
    from vecstore.analysis import outliers as find_outliers

    with progress("Searching"):
        found = find_outliers(store, k, count, threads=threads)
    write_frame(found, style)
