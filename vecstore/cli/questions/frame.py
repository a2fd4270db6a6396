"""Print a polars table of keys and numbers."""

from typing import TYPE_CHECKING

import click

from vecstore.cli.fields import field
from vecstore.cli.output import Style, write_objects

if TYPE_CHECKING:
    import polars

__all__ = ["write_frame"]


def write_frame(frame: "polars.DataFrame", style: Style) -> None:
    """Print a frame with two columns: keys, and counts or distances."""
    if style == "table":
        _print(frame)
    elif style == "lines":
        for row in frame.iter_rows():
            click.echo("\t".join(map(field, row)))
    else:
        write_objects(frame.iter_rows(named=True), style)


def _print(frame: "polars.DataFrame") -> None:
    from vecstore.cli.tables import console, plain_table

    table = plain_table()
    table.add_column(frame.columns[0], style="cyan", overflow="fold")
    table.add_column(frame.columns[1], justify="right")
    for key, number in frame.iter_rows():
        table.add_row(field(key), f"{number:.4f}" if isinstance(number, float) else f"{number:,}")
    console().print(table)
