"""A progress bar for training, on terminals only."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import keras

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["TrainingBar", "training_bar"]


class TrainingBar(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Move a bar with every batch, and show the loss of the last epoch.

    Parameters
    ----------
    bar : rich.progress.Progress
        Already on the screen.
    description : str
        What is being trained.
    epochs : int
        How many will be run.
    """

    def __init__(self, bar: "Progress", description: str, epochs: int) -> None:
        super().__init__()
        self.bar = bar
        self.epochs = epochs
        self.description = description
        self.task = bar.add_task(description, total=None, loss="")
        self.first: int | None = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Start the bar of this epoch."""
        if self.first is None:
            self.first = epoch
        steps = self.params.get("steps")
        number = epoch - self.first
        self.done = (steps or 0) * number
        text = f"{self.description}, epoch {number + 1} of {self.epochs}"
        self.bar.update(self.task, description=text, total=steps and steps * self.epochs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Move on."""
        self.bar.update(self.task, completed=self.done + batch + 1)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Show what the epoch came to."""
        loss = (logs or {}).get("loss")
        if loss is not None:
            self.bar.update(self.task, loss=f"loss {float(loss):.4f}")


@contextmanager
def training_bar(description: str, epochs: int, wanted: bool) -> Iterator[list[TrainingBar]]:
    """Draw a bar on standard error while training runs.

    Parameters
    ----------
    description : str
        What is being trained.
    epochs : int
        How many will be run.
    wanted : bool
        Whether there shall be a bar if there is a terminal.

    Yields
    ------
    list of TrainingBar
        The callback for `keras.Model.fit`; none unless standard output and standard error are both
        terminals. A callback for each batch makes Keras wait for it, so there is none without need.
    """
    if not (wanted and sys.stdout.isatty() and sys.stderr.isatty()):
        yield []
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[loss]}", markup=False),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        yield [TrainingBar(bar, description, epochs)]
