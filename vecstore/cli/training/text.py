"""``vecstore train text``: vectors of words and documents from labelled texts."""

from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vecstore.cli.fields import field
from vecstore.cli.options import gathered, new_path, picture_option
from vecstore.cli.output import Style
from vecstore.cli.quiet import import_quietly
from vecstore.cli.training.options import (
    check_labels,
    draw_history,
    learning_rate_option,
    sizes_option,
)
from vecstore.cli.training.train import Destination, Passes, kept, training_options
from vecstore.extras import need

if TYPE_CHECKING:
    from vecstore.trainers.texts import Evaluation, LabelledTexts, TextClassifier

__all__ = ["command"]

SHOWN = 12  # labels; a larger confusion matrix is not printed
BEGINNING = 200  # characters of each text that the store keeps


@dataclass(frozen=True)
class Rows:
    """Which rows of tables are learned and which are measured."""

    text: tuple[str, ...]
    label: str
    where: str | None
    test: Path | None
    test_where: str | None

    @property
    def tested(self) -> bool:
        """Whether there are rows to measure with."""
        return self.test is not None or self.test_where is not None


@click.command("text")
@click.argument("table", type=click.Path(path_type=Path))
@click.option(
    "--text",
    metavar="COLUMN",
    multiple=True,
    default=["text"],
    show_default=True,
    help="Column with the texts; several columns are joined.",
)
@click.option(
    "--label", metavar="COLUMN", default="label", show_default=True, help="Column with the labels."
)
@click.option(
    "--where",
    metavar="SQL",
    help="""Only rows that satisfy this condition: "split = 'train'".""",
)
@click.option(
    "--test-where",
    metavar="SQL",
    help="Test rows: those that satisfy this condition.",
)
@click.option(
    "--test",
    metavar="TABLE",
    type=click.Path(path_type=Path),
    help="Take the test rows from this table, not from TABLE.",
)
@click.option(
    "--validation",
    metavar="SHARE",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Hold out this share of the rows, drawn at random, and measure the loss on it.",
)
@click.option(
    "--vocabulary-size",
    type=click.IntRange(min=3),
    default=10_000,
    show_default=True,
    help="Size of the vocabulary, including one entry each for padding and unknown words.",
)
@click.option(
    "--dim",
    type=click.IntRange(min=1),
    default=8,
    show_default=True,
    help="Dimension of the vectors.",
)
@click.option(
    "--max-length",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="Number of words to read of each text.",
)
@click.option(
    "--keep",
    type=click.Choice(["last", "first"]),
    default="last",
    show_default=True,
    help="Which words to read of a longer text.",
)
@click.option(
    "--ids",
    type=click.Choice(["vocabulary", "hash"]),
    default="vocabulary",
    show_default=True,
    help="Give numbers to the most frequent words, or to all words by hashing.",
)
@click.option(
    "--pooling",
    type=click.Choice(["flatten", "mean"]),
    default="flatten",
    show_default=True,
    help="Concatenate the vectors of a text's words, or take their mean.",
)
@sizes_option("--hidden", "", "Sizes of dense layers after the pooling.  [default: none]")
@click.option(
    "--dropout",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.0,
    show_default=True,
    help="Share of the inputs of dense layers to drop during training.",
)
@learning_rate_option(5e-3)
@click.option(
    "--baseline", is_flag=True, help="Measure a linear classifier of TF-IDF vectors as well."
)
@click.option(
    "--documents",
    metavar="STORE",
    type=click.Path(path_type=Path),
    callback=new_path,
    help="Put the vectors of all texts into this other new store.",
)
@picture_option("--curves", "Draw the loss and accuracy of each epoch")
@picture_option("--confusion", "Draw the confusion matrix")
@training_options(epochs=3, batch_size=256)
@gathered("rows", Rows)
def command(
    table: Path,
    rows: Rows,
    validation: float | None,
    baseline: bool,
    documents: Path | None,
    curves: Path | None,
    confusion: Path | None,
    passes: Passes,
    destination: Destination,
    **parameters: Any,
) -> None:
    """Learn vectors of words and texts by learning to predict the labels of texts.

    TABLE is CSV, TSV (also .gz), Parquet, JSON or JSON lines, according to its suffix. The vectors
    of words go to the new store, with the attribute "count". The vectors of texts go to the store
    of --documents, with the beginning of the text, its label, the predicted label and the part
    ("training" or "test"). Precision and recall are measured on the test rows if there are any, and
    otherwise on the training rows.

    \b
      vecstore train text phrases.csv --ids hash --vocabulary-size 50 --max-length 4 \\
          --epochs 50 --curves phrases.png --out words.vecs
      vecstore train text imdb.parquet --where "split = 'train'" --validation 0.2 \\
          --test-where "split = 'test'" --out words.vecs --documents reviews.vecs
    """
    if baseline and not rows.tested:
        raise click.UsageError("--baseline needs test rows; pass --test or --test-where.")
    if baseline or confusion is not None:
        need("sklearn", "--baseline" if baseline else "--confusion")
    import_quietly("vecstore.trainers", "keras")
    from vecstore.trainers import TextClassifier
    from vecstore.trainers.texts import read_texts

    trainer = TextClassifier(**parameters)
    columns: dict[str, Any] = {"text": rows.text, "label": rows.label}
    parts = {"training": read_texts(table, **columns, where=rows.where)}
    if rows.tested:
        parts["test"] = read_texts(rows.test or table, **columns, where=rows.test_where)
    check_labels(*(part.labels for part in parts.values()))
    trainer.fit(parts["training"], **asdict(passes), validation=validation)
    with kept(trainer, destination) as facts:
        if documents is not None:
            facts["documents"] = _write_documents(trainer, documents, parts, destination.metric)
        facts["parameters"] = trainer.model.count_params()
        if find_spec("sklearn") is not None:
            measured = "test" if "test" in parts else "training"
            found = trainer.evaluate(parts[measured])
            facts[f"{measured}_accuracy"] = round(found.accuracy, 4)
            if baseline:
                facts["linear_accuracy"] = round(_linear_accuracy(parts, parameters["seed"]), 4)
            title = f"{len(parts[measured].texts):,} {measured} texts"
            _report(found, title, confusion, destination.style, facts)
        draw_history(trainer, curves)


def _linear_accuracy(parts: "dict[str, LabelledTexts]", seed: int) -> float:
    from vecstore.trainers.autoencoders import linear_labels
    from vecstore.trainers.texts import evaluate_labels

    texts, labels = parts["test"]
    return evaluate_labels(labels, linear_labels(*parts["training"], texts, seed=seed)).accuracy


def _write_documents(
    trainer: "TextClassifier", out: Path, parts: "dict[str, LabelledTexts]", metric: str
) -> str:
    """Put the vectors of all texts into a new store; return its path."""
    texts = [text for part in parts.values() for text in part.texts]
    attributes = {
        "text": [
            (text if isinstance(text, str) else " ".join(map(str, text)))[:BEGINNING]
            for text in texts
        ],
        "label": [label for part in parts.values() for label in part.labels],
        "predicted": trainer.predict(texts),
        "part": [name for name, part in parts.items() for _ in part.texts],
    }
    trainer.encode_to_store(out, texts, attributes=attributes, metric=metric).close()
    return str(out)


def _report(
    found: "Evaluation", title: str, picture: Path | None, style: Style, facts: dict[str, Any]
) -> None:
    """Print the report and the confusion matrix on a terminal; otherwise add them to the facts."""
    if picture is not None:
        from vecstore.analysis.plots import draw_confusion, save

        save(draw_confusion(found.confusion, found.labels), picture)
    if style == "table":
        _print_report(found, title)
    else:
        facts["report"] = found.report.to_dicts()
        facts["labels"] = found.labels
        facts["confusion"] = found.confusion.tolist()


def _print_report(found: "Evaluation", title: str) -> None:
    from vecstore.cli.tables import console, plain_table

    report = plain_table()
    report.title, report.title_justify = title, "left"
    for column in found.report.columns:
        report.add_column(column, justify="left" if column == "label" else "right")
    for label, *scores, support in found.report.iter_rows():
        report.add_row(field(label), *(f"{score:.3f}" for score in scores), f"{support:,}")
    console().print(report, "")
    if len(found.labels) > SHOWN:
        return
    matrix = plain_table()
    matrix.add_column("is, taken for")
    for label in found.labels:
        matrix.add_column(field(label), justify="right")
    for label, counts in zip(found.labels, found.confusion, strict=True):
        matrix.add_row(field(label), *(f"{count:,}" for count in counts))
    console().print(matrix, "")
