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
    """Advance a bar that is already on screen with every batch; show the last epoch's loss."""

    def __init__(self, bar: "Progress", description: str, epochs: int) -> None:
        super().__init__()
        self.bar = bar
        self.epochs = epochs
        self.description = description
        self.task = bar.add_task(description, total=None, loss="")
        self.first: int | None = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Show which epoch is running."""
        if self.first is None:
            self.first = epoch
        steps = self.params.get("steps")
        number = epoch - self.first
        self.done = (steps or 0) * number
        text = f"{self.description}, epoch {number + 1} of {self.epochs}"
        self.bar.update(self.task, description=text, total=steps and steps * self.epochs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Advance the bar."""
        self.bar.update(self.task, completed=self.done + batch + 1)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Show the loss of the epoch."""
        loss = (logs or {}).get("loss")
        if loss is not None:
            self.bar.update(self.task, loss=f"loss {float(loss):.4f}")


@contextmanager
def training_bar(description: str, epochs: int, wanted: bool) -> Iterator[list[TrainingBar]]:
    """Draw a bar on standard error, and yield the callbacks for `keras.Model.fit`: one or none."""
    # Keras waits for a callback after every batch, so there is none unless someone sees the bar.
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
