"""``vecstore plot curves``: the course of a training."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vecstore.cli.plotting.picture import picture
from vecstore.errors import VecstoreError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["curves"]

# The file that `Trainer.save` writes beside the model; reading it does not need Keras.
DESCRIPTION = "trainer.json"


@click.command()
@click.argument(
    "folder", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="FOLDER"
)
@click.option(
    "--metric", help="Metric to draw beside the loss.  [default: accuracy, if it was recorded]"
)
@picture
def curves(folder: Path, metric: str | None) -> "Figure":
    """Draw the loss and a metric over the epochs of a training.

    FOLDER is what "vecstore train" made with --save.

    \b
      vecstore train words novel.txt --out words.vecs --save trained
      vecstore plot curves trained --out curves.png
    """
    import polars as pl

    from vecstore.analysis.plots import draw_curves

    path = folder / DESCRIPTION
    if not path.exists():
        raise VecstoreError(
            f'{folder} holds no {DESCRIPTION}; "vecstore train" makes such a folder with --save.'
        )
    history = json.loads(path.read_text(encoding="utf-8")).get("history")
    if not history:
        raise VecstoreError(f"{path} holds no history of a training; fit the model, and save it.")
    return draw_curves(pl.DataFrame(history, infer_schema_length=None), metric=metric)
