"""A bar on a terminal, and nothing anywhere else."""

import io
import sys

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from vecstore.trainers.epochs import EpochLog  # noqa: E402 (needs Keras)
from vecstore.trainers.progress import training_bar  # noqa: E402

pytestmark = pytest.mark.keras


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """To be called inside a test: pytest takes both streams anew when one begins."""
    screen = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setattr(sys, "stderr", screen)
    return screen


def fit(epochs: int, callbacks: list[object], **options: object) -> None:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", **options)
    x = np.ones((40, 1))
    model.fit(x, x, epochs=epochs, batch_size=10, verbose=0, callbacks=callbacks)


@pytest.mark.parametrize("steps_per_execution", [1, 2])
def test_the_bar_reaches_its_end(monkeypatch: pytest.MonkeyPatch, steps_per_execution: int) -> None:
    terminal = on_a_terminal(monkeypatch)
    with training_bar("Words", 2, wanted=True) as (bar,):
        fit(2, [bar], steps_per_execution=steps_per_execution)
        task = bar.bar.tasks[0]
        assert (task.completed, task.total) == (8, 8)
        assert task.description == "Words, epoch 2 of 2"
        assert task.fields["loss"].startswith("loss ")
    assert "Words, epoch 2 of 2" in terminal.getvalue()


def test_there_is_no_bar_where_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_a_terminal(monkeypatch)
    with training_bar("Words", 2, wanted=False) as bars:
        assert bars == []
    assert terminal.getvalue() == ""


def test_there_is_no_bar_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with training_bar("Words", 2, wanted=True) as bars:
        assert bars == []
    assert capsys.readouterr() == ("", "")


def test_every_epoch_is_one_line_of_numbers() -> None:
    rows: list[dict[str, float]] = []
    fit(2, [EpochLog(rows)], metrics=["mae"])
    assert [row["epoch"] for row in rows] == [1, 2]
    assert list(rows[0]) == ["epoch", "loss", "mae", "seconds"]
    assert all(type(value) in (int, float) for row in rows for value in row.values())
