"""``vecstore train``: a group whose commands each train one kind of model.

Each command lives in a module of its own name, ``<name>.py``, where it is called `command`. The
module is imported only when the command is named, and imports its trainer only when the command
runs: the models need Keras, and ``--help`` should not wait for that.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vecstore.cli.options import gathered, metric_option, new_path, output_options
from vecstore.cli.output import Style, say, write_record

if TYPE_CHECKING:
    from vecstore.trainers import Trainer

__all__ = ["Destination", "Passes", "finish", "kept", "train", "training_options"]

# The name of each command, and its short help in `vecstore train --help`.
COMMANDS = {
    "words": "Word vectors from text.",
    "categories": "Vectors of the categories in a table.",
    "text": "Vectors of words and documents from labelled texts.",
    "autoencoder": "Short codes of images, texts or any vectors.",
    "images": "A classifier of images, and vectors of the images.",
}

Command = Callable[..., Any]


@dataclass(frozen=True)
class Passes:
    """How often and in what steps the data are seen; None leaves it to the trainer."""

    epochs: int | None
    batch_size: int | None


@dataclass(frozen=True)
class Destination:
    """Where what was learned goes, and how the facts are printed."""

    out: Path
    metric: str
    save: Path | None
    style: Style


class TrainGroup(click.Group):
    """A group that imports the module of a command only when the command is named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, without importing anything."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command and return the command."""
        if cmd_name not in COMMANDS:
            return None
        # Unless told before its import, TensorFlow writes to standard error how it was compiled.
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
    """Learn vectors from data with Keras.

    The vectors go to a new store. Ctrl-C ends the training early and keeps what was learned so far.

    \b
      vecstore train words novel.txt --out words.vecs
      vecstore train words --help
    """


def training_options(
    *, epochs: int | None, batch_size: int | None, metric: str = "cosine"
) -> Callable[[Command], Command]:
    """Add the options that all training commands share, with these defaults.

    A default of None leaves the choice to the trainer. The command receives `passes`,
    `destination` and `seed`; nothing exists yet at the paths of `destination`.
    """

    def add(command: Command) -> Command:
        for option in (
            gathered("destination", Destination),
            gathered("passes", Passes),
            output_options,
            click.option(
                "--save",
                metavar="FOLDER",
                type=click.Path(path_type=Path),
                callback=new_path,
                help="Save the trained model to a new folder.",
            ),
            metric_option(default=metric, show_default=True, help="Metric of the new store."),
            click.option(
                "--seed",
                type=click.IntRange(0, 2**32 - 1),
                default=0,
                show_default=True,
                help="Random seed; the same seed and data give the same losses.",
            ),
            click.option(
                "--batch-size",
                type=click.IntRange(min=1),
                default=batch_size,
                show_default=True if batch_size else "as suits the data",
                help="Rows per training step.",
            ),
            click.option(
                "--epochs",
                type=click.IntRange(min=1),
                default=epochs,
                show_default=True if epochs else "as suits the model",
                help="Number of passes over the data.",
            ),
            click.option(
                "--out",
                metavar="STORE",
                type=click.Path(path_type=Path),
                required=True,
                callback=new_path,
                help="New store for the vectors.",
            ),
        ):
            command = option(command)
        return command

    return add


@contextmanager
def kept(
    trainer: "Trainer", destination: Destination, texts: Mapping[str, str] | None = None
) -> Iterator[dict[str, Any]]:
    """Write what was learned, then yield the facts to print; the block may add its measurements.

    Everything is on disk before the block runs, whatever happens there. `texts` maps names of files
    to the texts that are saved beside the model.
    """
    facts = _write(trainer, destination, texts or {})
    try:
        yield facts
    except BaseException:
        say(f"{destination.out} holds what was learned; the command ended while measuring it.")
        raise
    epochs = trainer.history.to_dicts()
    last = _rounded(epochs[-1]) if epochs else {"epoch": 0}
    seconds = round(sum(epoch["seconds"] for epoch in epochs), 1)
    write_record({**facts, **last, "seconds": seconds}, destination.style)
    if trainer.interrupted:
        say(f"Interrupted; {destination.out} holds what was learned until then.")
        raise KeyboardInterrupt  # main.py makes the exit code of it


def finish(trainer: "Trainer", destination: Destination, **more: Any) -> None:
    """Write and print what was learned, as `kept` does, and print `more` with it."""
    with kept(trainer, destination) as facts:
        facts |= more


def _write(
    trainer: "Trainer", destination: Destination, texts: Mapping[str, str]
) -> dict[str, Any]:
    """Save the model first, which always works, and then make the store, which may fail."""
    out, save = destination.out, destination.save
    if save is not None:
        _save(trainer, save, texts)
    try:
        with trainer.to_store(out, metric=destination.metric) as store:
            made = {"store": str(out), "rows": len(store), "dim": store.dim}
    except BaseException:  # neither Ctrl-C nor a lack of memory may lose a training
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
    """Return an unused path beside that of the store."""
    endings = chain([".model"], (f".model-{number}" for number in count(2)))
    paths = (out.with_name(out.name + ending) for ending in endings)
    return next(path for path in paths if not path.exists())


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: round(value, 4) if isinstance(value, float) else value for name, value in row.items()
    }
