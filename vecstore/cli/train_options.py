"""Options that several training commands have; what they get is checked before the training."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from vecstore.trainers.trainer import Trainer

__all__ = ["draw_history", "picture_option", "sizes_option"]

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

SUFFIXES = (".png", ".svg")


def picture_option(name: str, text: str) -> Decorator:
    """Add an option for a picture: a new file, and matplotlib to draw it with.

    Parameters
    ----------
    name : str
        Of the option.
    text : str
        Its help.

    Returns
    -------
    callable
        A decorator.
    """

    def check(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
        if path is None:
            return None
        if path.suffix not in SUFFIXES:
            raise click.BadParameter(f'must end in {" or ".join(SUFFIXES)}; got "{path}".')
        if path.exists():
            raise FileExistsError(f"{path} exists already; remove it or choose another name.")
        from vecstore.extras import need

        need("matplotlib")
        return path

    return click.option(
        name, metavar="FILE", type=click.Path(path_type=Path), callback=check, help=text
    )


def sizes_option(name: str, default: str, text: str) -> Decorator:
    """Add an option for the sizes of layers, such as "100,50,20".

    Parameters
    ----------
    name, default, text : str
        Of the option; the text is its help.

    Returns
    -------
    callable
        A decorator. The command receives a list of int; an empty text is no layer at all.
    """

    def read(_: click.Context, __: click.Parameter, given: str) -> list[int]:
        try:
            sizes = [int(size) for size in given.split(",") if size.strip()]
        except ValueError:
            sizes = [0]
        if any(size < 1 for size in sizes):
            raise click.BadParameter(
                f'must be whole numbers with commas between them; got "{given}".'
            )
        return sizes

    return click.option(
        name, metavar="SIZES", default=default, show_default=bool(default), callback=read, help=text
    )


def draw_history(trainer: "Trainer", picture: Path | None) -> None:
    """Draw how the training went, if that was asked for and there is an epoch to draw.

    Parameters
    ----------
    trainer : Trainer
        Fitted, wholly or until Ctrl-C.
    picture : Path or None
        From `picture_option`.
    """
    if picture is not None and not trainer.history.is_empty():
        from vecstore.analysis.plots import draw_curves, save

        save(draw_curves(trainer.history), picture)
