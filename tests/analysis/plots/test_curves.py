"""Training curves: what is drawn, on which axis, and what cannot be drawn."""

from pathlib import Path

import polars as pl
import pytest

pytest.importorskip("matplotlib")

from vecstore.analysis.plots.curves import draw_curves
from vecstore.analysis.plots.style import save

HISTORY = pl.DataFrame(
    {
        "epoch": [1, 2, 3],
        "loss": [0.7, 0.5, 0.4],
        "accuracy": [0.5, 0.75, 1.0],
        "val_loss": [None, 0.6, 0.0],
        "seconds": [0.1, 0.1, 0.1],
    }
)


def test_loss_and_accuracy_have_an_axis_each() -> None:
    left, right = draw_curves(HISTORY).axes
    assert (left.get_ylabel(), right.get_ylabel()) == ("loss", "accuracy")
    loss, held_out = left.lines
    assert list(loss.get_ydata()) == [0.7, 0.5, 0.4]
    assert list(held_out.get_xdata()) == [2, 3]
    assert held_out.get_linestyle() == "--"
    assert list(right.lines[0].get_ydata()) == [0.5, 0.75, 1.0]


def test_the_note_says_what_the_last_epoch_came_to() -> None:
    (axes, _) = draw_curves(HISTORY).axes
    note = axes.get_title(loc="left")
    assert note == "after epoch 3: loss 0.4000 (0.0000 held out), accuracy 1.0000"


def test_loss_alone_has_one_axis() -> None:
    figure = draw_curves(HISTORY.select("epoch", "loss"))
    assert [axes.get_ylabel() for axes in figure.axes] == ["loss"]


def test_a_single_epoch_is_a_point_that_can_be_seen() -> None:
    (axes,) = draw_curves(HISTORY.select("epoch", "loss").head(1)).axes
    assert axes.lines[0].get_marker() == "o"


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_curves_become_a_file(tmp_path: Path, suffix: str) -> None:
    path = save(draw_curves(HISTORY), tmp_path / f"curves.{suffix}")
    assert path.stat().st_size > 5_000


@pytest.mark.parametrize(
    ("history", "metric", "message"),
    [
        (HISTORY.drop("loss"), None, '`history` must have a column "loss"; got epoch, accuracy'),
        (HISTORY, "recall", '`history` must have a column "recall"; got epoch, loss, accuracy'),
        (HISTORY.clear(), None, "`history` must have at least one epoch; got none."),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    history: pl.DataFrame, metric: str | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        draw_curves(history, metric=metric)
