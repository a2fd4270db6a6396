"""``vecstore train autoencoder``: short codes of images, texts, or any vectors."""

from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from vecstore.cli.options import gathered, picture_option
from vecstore.cli.quiet import import_quietly
from vecstore.cli.training.options import (
    check_labels,
    draw_history,
    learning_rate_option,
    sizes_option,
)
from vecstore.cli.training.samples import Samples, read_samples
from vecstore.cli.training.train import Destination, Passes, kept, training_options
from vecstore.extras import need

if TYPE_CHECKING:
    from vecstore.trainers.autoencoders import Autoencoder

__all__ = ["command"]

NEIGHBOURS = 5
SHOWN = 10  # images in the picture
WORDS = "vocabulary.txt"  # beside a saved model of texts


@dataclass(frozen=True)
class Rows:
    """Which rows are learned, which are measured, and what is known of them."""

    labels: str | None
    text: tuple[str, ...]
    where: str | None
    test: Path | None
    test_labels: str | None
    test_where: str | None
    vocabulary_size: int


@click.command("autoencoder")
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--labels",
    metavar="WHAT",
    help="Labels of the rows: a column of the store or table, or a .npy or IDX file.",
)
@click.option(
    "--text",
    metavar="COLUMN",
    multiple=True,
    help="Column with the texts, if DATA is a table; several columns are joined.",
)
@click.option(
    "--where",
    metavar="SQL",
    help="""Only rows that satisfy this condition: "split = 'train'".""",
)
@click.option(
    "--test",
    type=click.Path(path_type=Path),
    metavar="DATA",
    help="Take the test rows from this data, not from DATA.",
)
@click.option(
    "--test-labels", metavar="WHAT", help="Labels of the test rows.  [default: as --labels]"
)
@click.option(
    "--test-where",
    metavar="SQL",
    help="Test rows: those that satisfy this condition.",
)
@click.option(
    "--validation",
    metavar="SHARE",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Hold out this share of the rows, drawn at random, and measure the loss on it.",
)
@click.option("--conv", is_flag=True, help="Use convolutions, for images.")
@sizes_option(
    "--layers", "100,50,20", "Sizes of the dense layers up to the code, which is the last."
)
@sizes_option(
    "--filters", "16,8,8", "Numbers of filters of the convolutions, each of which halves the image."
)
@click.option(
    "--denoising",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.0,
    show_default=True,
    help="Amount of noise to add to the input; the target of the training stays clean.",
)
@click.option(
    "--noise",
    type=click.Choice(["gaussian", "masking"]),
    default="gaussian",
    show_default=True,
    help="Noise of that standard deviation, or that share of numbers set to 0.",
)
@click.option(
    "--loss",
    type=click.Choice(["binary_crossentropy", "mse"]),
    default="binary_crossentropy",
    show_default=True,
    help="binary_crossentropy is for bytes and for numbers from 0 to 1, mse for any numbers.",
)
@learning_rate_option(1e-3)
@click.option(
    "--vocabulary-size",
    type=click.IntRange(min=1),
    default=2_000,
    show_default=True,
    help="Size of the vocabulary of texts.",
)
@click.option("--pca", is_flag=True, help="Measure as many principal components as well.")
@picture_option("--images", "Draw images above their reconstructions, with noisy images between,")
@picture_option("--curves", "Draw the loss of each epoch")
# Not cosine: that refuses a code of zeros, which convolutions may make of a blank image.
@training_options(epochs=10, batch_size=128, metric="euclidean")
@gathered("rows", Rows)
def command(
    data: Path,
    rows: Rows,
    validation: float | None,
    conv: bool,
    layers: list[int],
    filters: list[int],
    pca: bool,
    images: Path | None,
    curves: Path | None,
    passes: Passes,
    destination: Destination,
    **parameters: Any,
) -> None:
    """Learn short codes from which the rows of DATA can be reconstructed.

    DATA is a .npy file, an IDX file (such as MNIST, also .gz) or a store. With --text it is a
    table, and a text is encoded by which words occur in it. The codes go to the new store, with the
    labels as the attribute "label".

    Two measurements are printed: reconstruction_error, the mean squared error per number, and
    neighbours_accuracy, the share of labels that the 5 nearest codes predict correctly. Both are
    measured on the test rows if there are any, and otherwise on the training rows.

    \b
      vecstore train autoencoder train-images.gz --labels train-labels.gz --conv \\
          --test test-images.gz --test-labels test-labels.gz --images digits.png --out codes.vecs
      vecstore train autoencoder news.parquet --text body --labels topic --denoising 0.3 \\
          --noise masking --layers 256,32 --out news.vecs
    """
    if pca:
        need("sklearn", "--pca")
    import_quietly("vecstore.trainers", "keras")
    from vecstore.trainers import ConvAutoencoder, DenseAutoencoder

    known, others = _read(data, rows)
    check_labels(known.labels, others.labels)
    if images is not None and known.rows.ndim not in (3, 4):
        raise click.UsageError(
            f"--images needs images; the rows have shape {known.rows.shape[1:]}."
        )
    trainer = (
        ConvAutoencoder(filters, **parameters) if conv else DenseAutoencoder(layers, **parameters)
    )
    shape = trainer.checked(known.rows).shape[1:]
    trainer.checked(others.rows, "test", shape=shape)
    trainer.fit(
        known.rows,
        **asdict(passes),
        validation=validation,
        keys=known.keys,
        attributes=None if known.labels is None else {"label": known.labels},
    )
    words = known.vocabulary
    texts = None if words is None else {WORDS: "\n".join([*words, ""])}
    with kept(trainer, destination, texts) as facts:
        facts |= _measured(trainer, known, others, destination.metric, pca)
        if images is not None:
            _draw_images(trainer, others, images)
        draw_history(trainer, curves)


def _read(data: Path, rows: Rows) -> tuple[Samples, Samples]:
    """Return the samples to learn and those to measure with, which may be the same."""
    options: dict[str, Any] = {"text": rows.text, "vocabulary": rows.vocabulary_size}
    known = read_samples(data, rows.labels, where=rows.where, **options)
    if rows.test is None and rows.test_where is None:
        return known, known
    options["vocabulary"] = known.vocabulary or rows.vocabulary_size  # both have the same words
    test, labels = rows.test or data, rows.test_labels or rows.labels
    return known, read_samples(test, labels, where=rows.test_where, **options)


def _measured(
    trainer: "Autoencoder", known: Samples, others: Samples, metric: str, pca: bool
) -> dict[str, Any]:
    """Return measurements of how good the codes are."""
    facts: dict[str, Any] = {
        "parameters": trainer.model.count_params(),
        "reconstruction_error": round(trainer.reconstruction_error(others.rows), 6),
    }
    codes = trainer.encode(known.rows)
    if pca:
        from vecstore.trainers.autoencoders import pca_error

        facts["pca_error"] = round(pca_error(known.rows, others.rows, codes.shape[1]), 6)
    labelled = known.labels is not None and others.labels is not None and len(codes) > 1
    if labelled and find_spec("sklearn") is not None:
        from vecstore.analysis import KNeighborsClassifier

        k = min(NEIGHBOURS, len(codes) - 1)
        model = KNeighborsClassifier(k, metric=metric).fit(codes, np.array(known.labels))
        # With None, the rows that the model was fitted to do not vote for themselves.
        told = model.predict(None if others is known else trainer.encode(others.rows))
        facts["neighbours_accuracy"] = round(float(np.mean(told == np.array(others.labels))), 4)
    return facts


def _draw_images(trainer: "Autoencoder", samples: Samples, picture: Path) -> None:
    from vecstore.analysis.plots import draw_reconstructions, save

    originals = samples.rows[:SHOWN]
    if not trainer.parameters["denoising"]:
        save(draw_reconstructions(originals, trainer.reconstruct(originals)), picture)
        return
    noisy = np.clip(trainer.noised(originals), 0, 1)  # no pixel is whiter than white
    save(draw_reconstructions(originals, trainer.reconstruct(noisy), noisy=noisy), picture)
