"""``vecstore hubs``: keys that are neighbours of many others."""

import click

import vecstore
from vecstore.cli.options import k_option, output_options, threads_option, with_store
from vecstore.cli.output import Style
from vecstore.cli.progress import progress
from vecstore.cli.questions.frame import write_frame

__all__ = ["hubs"]

SHOWN = 20  # rows in the table


@click.command()
@with_store
@k_option
@threads_option
@output_options
def hubs(store: vecstore.Store, k: int, threads: int | None, style: Style) -> None:
    """Count how often each key is a nearest neighbour of others.

    The most frequent keys come first; on a terminal, only these are shown. When the output is
    piped, each line holds a key and its count. The skewness of the counts is printed on standard
    error; it is 0 if no key is preferred.

    \b
      vecstore hubs words.vecs
      vecstore hubs words.vecs --k 1 | head
    """
    from vecstore.analysis import hubness

    with progress("Searching"):
        found = hubness(store, k, threads=threads)
    never = len(found.counts.filter(count=0))
    write_frame(found.counts.head(SHOWN) if style == "table" else found.counts, style)
    click.echo(
        f"Skewness {found.skewness:.2f}; {never:,} of {len(store):,} keys are among the "
        f"{found.k} nearest of none.",
        err=True,
    )
