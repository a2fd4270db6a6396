"""Options and checks that several training commands share."""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from vecstore.trainers import Trainer

__all__ = ["check_labels", "draw_history", "learning_rate_option", "sizes_option"]

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def learning_rate_option(default: float) -> Decorator:
    """Add the option ``--learning-rate``."""
    return click.option(
        "--learning-rate",
        type=click.FloatRange(min=0, min_open=True),
        default=default,
        show_default=True,
        help="Learning rate of the optimizer Adam.",
    )


def sizes_option(name: str, default: str, text: str) -> Decorator:
    """Add an option for sizes of layers, such as "100,50,20"; an empty text means no layers."""

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


def check_labels(*parts: Sequence[Any] | None) -> None:
    """Raise TypeError, before the training, unless labels are all str, all int, or all bool."""
    kinds = {type(label) for part in parts for label in part or ()}
    if len(kinds) > 1 or not kinds <= {str, int, bool}:
        names = " and ".join(
            sorted("null" if kind is NoneType else kind.__name__ for kind in kinds)
        )
        raise TypeError(
            f"Labels must all be texts, all whole numbers, or all true or false; got {names}. "
            "Name another column, or leave rows out."
        )


def draw_history(trainer: "Trainer", picture: Path | None) -> None:
    """Draw the curves of a training into a new file, if one was asked for and an epoch is done."""
    if picture is not None and not trainer.history.is_empty():
        from vecstore.analysis.plots import draw_curves, save

        save(draw_curves(trainer.history), picture)
