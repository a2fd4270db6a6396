"""What all drawing commands share: ``--out FILE``, and saving the figure there."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vecstore.cli.fields import field
from vecstore.cli.options import out_option

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["picture"]


def picture(draw: "Callable[..., Figure]") -> Callable[..., Any]:
    """Turn a function that returns a figure into a command that saves it to ``--out``."""

    @wraps(draw)
    def command(*arguments: Any, out: Path | None, **rest: Any) -> None:
        if out is None:
            raise click.UsageError("Say where to draw: --out FILE, which ends in .png or .svg.")
        from vecstore.analysis.plots import save

        click.echo(field(save(draw(*arguments, **rest), out)))

    return out_option("Draw the picture in a new .png or .svg file.", ".png", ".svg")(command)
