"""The record of finished epochs."""

import time
from typing import Any

import keras

__all__ = ["EpochLog"]


class EpochLog(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Append a row to `rows` for every finished epoch; numbers only, so that JSON can hold it."""

    def __init__(self, rows: list[dict[str, float]]) -> None:
        super().__init__()
        self.rows = rows

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Start the clock."""
        self.begun = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Append the row."""
        seconds = round(time.perf_counter() - self.begun, 4)
        metrics = {name: float(value) for name, value in (logs or {}).items()}
        self.rows.append({"epoch": epoch + 1, **metrics, "seconds": seconds})
