"""``vecstore classify``: how well an attribute can be predicted from the vectors."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

import vecstore
from vecstore.cli.fields import field
from vecstore.cli.options import output_options, picture_option, where_option, with_store
from vecstore.cli.output import Style, write_record
from vecstore.cli.progress import progress

if TYPE_CHECKING:
    from vecstore.analysis import Validation

__all__ = ["classify"]

SHOWN = 10  # confusions in the table


@click.command()
@with_store
@click.argument("column")
@click.option(
    "--model",
    type=click.Choice(["knn", "svm", "logistic"]),
    default="logistic",
    show_default=True,
    help="5 nearest neighbours, a linear support vector machine, or logistic regression.",
)
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    default=5,
    show_default=True,
    help="Number of parts; each is predicted from all others.",
)
@where_option
@click.option(
    "--seed", default=0, show_default=True, help="Random seed; the same seed gives the same result."
)
@picture_option("--out", "Draw the confusion matrix")
@output_options
def classify(
    store: vecstore.Store,
    column: str,
    model: str,
    folds: int,
    where: str | None,
    seed: int,
    out: Path | None,
    style: Style,
) -> None:
    """Measure how well the vectors predict an attribute.

    COLUMN is the attribute. Cross-validation is used: every key is predicted by a model that has
    not seen it. Keys without a value in COLUMN are left out.

    \b
      vecstore classify images.vecs label
      vecstore classify images.vecs label --model svm --out confusion.png
    """
    from vecstore.analysis import cross_validate

    with progress("Fitting"):
        found = cross_validate(store, column, model, folds=folds, where=where, seed=seed)
    if out is not None:
        from vecstore.analysis.plots import draw_confusion, save

        save(draw_confusion(found.confusion, found.classes), out)
    facts = {
        "column": column,
        "model": model,
        "rows": len(found.keys),
        "classes": len(found.classes),
        "accuracy": round(float(found.accuracy.mean()), 4),
        "accuracy_spread": round(float(found.accuracy.std()), 4),
        "macro_f1": round(found.macro_f1, 4),
        "baseline": round(found.baseline, 4),
    }
    write_record(facts, style)
    if style == "table":
        _print_confusions(found)


def _print_confusions(found: "Validation") -> None:
    """Print the most frequent confusions."""
    from vecstore.cli.tables import console, plain_table

    counts = found.confusion
    wrong = [
        (int(counts[i, j]), one, other)
        for i, one in enumerate(found.classes)
        for j, other in enumerate(found.classes)
        if i != j and counts[i, j]
    ]
    if not wrong:
        return
    table = plain_table()
    table.add_column("is", style="cyan", overflow="fold")
    table.add_column("taken for", style="cyan", overflow="fold")
    table.add_column("times", justify="right")
    for times, one, other in sorted(wrong, key=lambda each: -each[0])[:SHOWN]:
        table.add_row(field(one), field(other), f"{times:,}")
    console().print()
    console().print(table)
