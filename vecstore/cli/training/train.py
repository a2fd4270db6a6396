"""``vecstore train``: a group whose commands each train one kind of model.

A command lives in a module of its own, ``train_<name>.py``, where it is called `command`. The
module is imported when the command is named, and itself imports the trainer when the command runs:
the models need Keras, for which no ``--help`` shall wait.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vecstore.cli.options import metric_option, new_path, output_options
from vecstore.cli.output import Style, say, write_record

if TYPE_CHECKING:
    from vecstore.trainers import Trainer

__all__ = ["finish", "kept", "train", "training_options"]

# Name of the command, and what `vecstore train --help` says of it.
COMMANDS = {
    "words": "Word vectors from text.",
    "categories": "Vectors of the categories in a table.",
    "text": "Vectors of words and documents from labelled texts.",
    "autoencoder": "Short codes of images or of any vectors.",
    "images": "A classifier of images, and their vectors.",
}

Command = Callable[..., Any]


class TrainGroup(click.Group):
    """A group that imports the module of a command when the command is named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, which need no import."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of the command."""
        if cmd_name not in COMMANDS:
            return None
        # TensorFlow writes on standard error how it was compiled, unless told before its import.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        module = import_module(f"vecstore.cli.training.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=TrainGroup)
def train() -> None:
    """Learn vectors from data, with Keras, into a new store.

    Ctrl-C ends the training and keeps what was learned so far.

    \b
      vecstore train words novel.txt --out words.vecs
      vecstore train words --help
    """


def training_options(
    *, epochs: int | None, batch_size: int | None, metric: str = "cosine"
) -> Callable[[Command], Command]:
    """Add the options that all commands here have.

    Parameters
    ----------
    epochs, batch_size : int or None
        The defaults; None leaves it to the trainer.
    metric : str, default "cosine"
        The default.

    Returns
    -------
    callable
        A decorator. The command receives `epochs`, `batch_size`, `seed`, `out`, `metric`, `save`
        and `style`; `out` and `save` are paths at which there is nothing yet.
    """

    def add(command: Command) -> Command:
        for option in (
            output_options,
            click.option(
                "--save",
                metavar="FOLDER",
                type=click.Path(path_type=Path),
                callback=new_path,
                help="Keep the trained model in a new folder.",
            ),
            metric_option(default=metric, show_default=True, help="Of the new store."),
            click.option(
                "--seed",
                type=click.IntRange(0, 2**32 - 1),
                default=0,
                show_default=True,
                help="The same seed and data give the same losses.",
            ),
            click.option(
                "--batch-size",
                type=click.IntRange(min=1),
                default=batch_size,
                show_default=True if batch_size else "as suits the data",
                help="Rows in a step.",
            ),
            click.option(
                "--epochs",
                type=click.IntRange(min=1),
                default=epochs,
                show_default=True if epochs else "as suits the model",
                help="Times to go through the data.",
            ),
            click.option(
                "--out",
                metavar="STORE",
                type=click.Path(path_type=Path),
                required=True,
                callback=new_path,
                help="The store to make.",
            ),
        ):
            command = option(command)
        return command

    return add


@contextmanager
def kept(
    trainer: "Trainer",
    out: Path,
    metric: str,
    save: Path | None,
    style: Style,
    texts: Mapping[str, str] | None = None,
) -> Iterator[dict[str, Any]]:
    """Write what was learned, let a block measure it, and print what came of both.

    Parameters
    ----------
    trainer : Trainer
        Fitted, wholly or until Ctrl-C.
    out, metric, save, style
        As the command received them.
    texts : mapping of str to str, or None
        What belongs to the model and is saved in its folder: names of files, and what they hold.

    Yields
    ------
    dict
        What will be printed; the block adds to it. All is on disk by then, whatever befalls it.
    """
    facts = _write(trainer, out, metric, save, texts or {})
    try:
        yield facts
    except BaseException:
        say(f"{out} holds what was learned; the command ended while measuring it.")
        raise
    epochs = trainer.history.to_dicts()
    last = _rounded(epochs[-1]) if epochs else {"epoch": 0}
    seconds = round(sum(epoch["seconds"] for epoch in epochs), 1)
    write_record({**facts, **last, "seconds": seconds}, style)
    if trainer.interrupted:
        say(f"Interrupted; {out} holds what was learned until then.")
        raise KeyboardInterrupt  # main.py makes the exit code of it


def finish(
    trainer: "Trainer", out: Path, metric: str, save: Path | None, style: Style, **more: Any
) -> None:
    """Do as `kept` where there is nothing to measure; `more` is printed as well."""
    with kept(trainer, out, metric, save, style) as facts:
        facts |= more


def _write(
    trainer: "Trainer", out: Path, metric: str, save: Path | None, texts: Mapping[str, str]
) -> dict[str, Any]:
    """Save the model, which can always be done, and then make the store, which may be refused."""
    if save is not None:
        _save(trainer, save, texts)
    try:
        with trainer.to_store(out, metric=metric) as store:
            made = {"store": str(out), "rows": len(store), "dim": store.dim}
    except BaseException:  # Ctrl-C or too little memory shall not lose a training either
        if save is None:
            save = _free_path(out)
            _save(trainer, save, texts)
        loaded = f"{type(trainer).__name__}.load({str(save)!r})"
        say(f"There is no store, but the model is kept: {loaded}.")
        raise
    return made if save is None else {**made, "saved": str(save)}


def _save(trainer: "Trainer", folder: Path, texts: Mapping[str, str]) -> None:
    trainer.save(folder)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def _free_path(out: Path) -> Path:
    """Return a path beside that of the store at which there is nothing yet."""
    endings = chain([".model"], (f".model-{number}" for number in count(2)))
    paths = (out.with_name(out.name + ending) for ending in endings)
    return next(path for path in paths if not path.exists())


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: round(value, 4) if isinstance(value, float) else value for name, value in row.items()
    }
