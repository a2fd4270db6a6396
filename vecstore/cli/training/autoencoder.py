"""``vecstore train autoencoder``: short codes of images, texts, or any vectors."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from vecstore.cli.options import picture_option
from vecstore.cli.output import Style
from vecstore.cli.quiet import import_quietly
from vecstore.cli.training.options import (
    check_labels,
    draw_history,
    learning_rate_option,
    sizes_option,
)
from vecstore.cli.training.samples import Samples, read_samples
from vecstore.cli.training.train import kept, training_options
from vecstore.extras import need

if TYPE_CHECKING:
    from vecstore.trainers.autoencoders import Autoencoder

__all__ = ["command"]

NEIGHBOURS = 5
SHOWN = 10  # images of a picture
WORDS = "vocabulary.txt"  # beside a saved model of texts


@click.command("autoencoder")
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--labels",
    metavar="WHAT",
    help="What the rows are: a column of the store or table, or a .npy or IDX file.",
)
@click.option("--text", metavar="COLUMN", multiple=True, help="DATA is a table; encode its texts.")
@click.option("--where", metavar="SQL", help="Only these rows of a store or table.")
@click.option(
    "--test", type=click.Path(path_type=Path), metavar="DATA", help="Rows to measure with."
)
@click.option("--test-labels", metavar="WHAT", help="What those are.  [default: as --labels]")
@click.option("--test-where", metavar="SQL", help="Only these of them; of DATA without --test.")
@click.option(
    "--validation",
    metavar="SHARE",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Hold out this share, drawn at random, and watch it.",
)
@click.option("--conv", is_flag=True, help="Convolutions, for images.")
@sizes_option("--layers", "100,50,20", "Of dense layers on the way to the code; the last is its.")
@sizes_option("--filters", "16,8,8", "Of convolutions, each of which halves the image.")
@click.option(
    "--denoising",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.0,
    show_default=True,
    help="Noise on what goes in, while what shall come out stays clean.",
)
@click.option(
    "--noise",
    type=click.Choice(["gaussian", "masking"]),
    default="gaussian",
    show_default=True,
    help="Of this standard deviation, or numbers set to 0, this share of them.",
)
@click.option(
    "--loss",
    type=click.Choice(["binary_crossentropy", "mse"]),
    default="binary_crossentropy",
    show_default=True,
    help="For rows from 0 to 1 and bytes, or for any.",
)
@learning_rate_option(1e-3)
@click.option(
    "--vocabulary-size",
    type=click.IntRange(min=1),
    default=2_000,
    show_default=True,
    help="Words that are looked for in texts.",
)
@click.option("--pca", is_flag=True, help="Measure as many principal components, too.")
@picture_option("--images", "Draw images over reconstructions, with noise between them")
@picture_option("--curves", "Draw the loss")
# Under cosine a code of zeros, as convolutions may have it for a blank image, is refused.
@training_options(epochs=10, batch_size=128, metric="euclidean")
def command(
    data: Path,
    labels: str | None,
    text: tuple[str, ...],
    where: str | None,
    test: Path | None,
    test_labels: str | None,
    test_where: str | None,
    validation: float | None,
    conv: bool,
    layers: list[int],
    filters: list[int],
    vocabulary_size: int,
    pca: bool,
    images: Path | None,
    curves: Path | None,
    epochs: int,
    batch_size: int,
    out: Path,
    metric: str,
    save: Path | None,
    style: Style,
    **parameters: Any,
) -> None:
    """Learn short codes from which the rows of DATA can be put together again.

    DATA is a .npy file, an IDX file (as MNIST is, also .gz), a store, or, with --text, a table,
    whose texts are encoded by which words they have. The codes go to the new store, with the labels
    as the attribute "label".

    Printed with it: reconstruction_error, the mean square of what is lost per number, and
    neighbours_accuracy, how many labels the codes' 5 nearest neighbours tell. Both are of the test
    rows, where there are any.

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

    known = read_samples(data, labels, text=text, where=where, vocabulary=vocabulary_size)
    others = known
    if test is not None or test_where is not None:
        others = read_samples(
            test or data,
            test_labels or labels,
            text=text,
            where=test_where,
            vocabulary=known.vocabulary or vocabulary_size,
        )
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
        epochs=epochs,
        batch_size=batch_size,
        validation=validation,
        keys=known.keys,
        attributes=None if known.labels is None else {"label": known.labels},
    )
    words = known.vocabulary
    texts = None if words is None else {WORDS: "\n".join([*words, ""])}
    with kept(trainer, out, metric, save, style, texts) as facts:
        facts |= _measured(trainer, known, others, metric, pca)
        if images is not None:
            _draw_images(trainer, others, images)
        draw_history(trainer, curves)


def _measured(
    trainer: "Autoencoder", known: Samples, others: Samples, metric: str, pca: bool
) -> dict[str, Any]:
    """Return what the codes are worth."""
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
        # Rows that the model has learned from do not vote for themselves.
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
