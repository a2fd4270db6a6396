"""``vecstore duplicates``: groups of vectors that are nearly the same."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

import vecstore
from vecstore.cli.fields import field
from vecstore.cli.options import output_options, threads_option, with_store
from vecstore.cli.output import Style, say, write_objects
from vecstore.cli.progress import progress

if TYPE_CHECKING:
    from vecstore.analysis import Group

__all__ = ["duplicates"]

SHOWN = 20  # groups in the table
NAMED = 8  # keys per group in the table


@click.command()
@with_store
@click.option(
    "--within",
    type=click.FloatRange(min=0),
    default=0.02,
    show_default=True,
    help="Largest distance at which two vectors are nearly the same.",
)
@threads_option
@output_options
def duplicates(store: vecstore.Store, within: float, threads: int | None, style: Style) -> None:
    """Find groups of keys with nearly the same vector.

    Keys whose distance is at most --within are put into the same group; no such pair is missed. On
    a terminal, only the largest groups are shown. When the output is piped, each line holds the
    number of a group, its distance and one of its keys. The distance of a group is the largest
    distance from one of its keys to that key's nearest neighbour.

    \b
      vecstore duplicates images.vecs
      vecstore duplicates words.vecs --within 0.1 --jsonl
    """
    from vecstore.analysis import duplicates as find_groups

    with progress("Searching"):
        groups = find_groups(store, within, threads=threads)
    if style == "table":
        _print(groups)
        keys = sum(len(group.keys) for group in groups)
        more = f"; the largest {SHOWN} are shown" if len(groups) > SHOWN else ""
        counted = "1 group" if len(groups) == 1 else f"{len(groups):,} groups"
        say(f"{counted} of {keys:,} among {len(store):,} keys{more}.")
    elif style == "lines":
        for number, group in enumerate(groups):
            for key in group.keys:
                click.echo(f"{number}\t{group.distance!r}\t{field(key)}")
    else:
        write_objects((group._asdict() for group in groups), style)


def _print(groups: Sequence["Group"]) -> None:
    from vecstore.cli.tables import console, plain_table

    if not groups:
        return
    table = plain_table()
    table.add_column("keys", justify="right")
    table.add_column("distance", justify="right")
    table.add_column("which", style="cyan", overflow="fold")
    for group in groups[:SHOWN]:
        named = ", ".join(map(field, group.keys[:NAMED]))
        more = f" and {len(group.keys) - NAMED:,} more" if len(group.keys) > NAMED else ""
        table.add_row(f"{len(group.keys):,}", f"{group.distance:.4f}", named + more)
    console().print(table)
