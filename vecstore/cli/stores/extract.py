"""``vecstore extract``: vectors of images from a Keras network."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from vecstore.cli.options import metric_option, output_options
from vecstore.cli.output import Style, say, write_record
from vecstore.cli.progress import progress
from vecstore.cli.quiet import import_quietly

__all__ = ["extract", "weights_options"]

Command = Callable[..., Any]


def weights_options(command: Command) -> Command:
    """Add ``--weights``, ``--alpha``, ``--size`` and ``--orient``; random weights are None."""

    def named(_: click.Context, __: click.Parameter, text: str) -> str | None:
        return None if text == "random" else text

    for option in (
        click.option(
            "--orient/--no-orient",
            default=True,
            help="Turn images upright as their EXIF data says, or not.  [default: orient]",
        ),
        click.option(
            "--size",
            type=click.IntRange(min=1),
            help="Side of the square that images are resized to.  [default: the network's]",
        ),
        click.option("--alpha", type=float, help="Width of a MobileNet.  [default: 1]"),
        click.option(
            "--weights",
            metavar="FILE",
            default="imagenet",
            show_default=True,
            callback=named,
            help='File of weights, "imagenet" for those that Keras downloads, or "random".',
        ),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("images", metavar="FOLDER", type=click.Path(path_type=Path))
@click.argument("store", metavar="STORE", type=click.Path(path_type=Path))
@click.option(
    "--model",
    metavar="NAME",
    default="vgg16",
    show_default=True,
    help="Network of keras.applications, or a .keras file.",
)
@click.option(
    "--layer", metavar="NAME", help="Layer whose output to take.  [default: the last but one]"
)
@click.option(
    "--pooling",
    type=click.Choice(["avg", "max"]),
    help="Reduce a layer with positions to their mean or maximum.  [default: all numbers]",
)
@weights_options
@click.option(
    "--preprocess",
    type=click.Choice(["tf", "caffe", "torch", "none"]),
    help="Preprocessing that a .keras file expects for pixels from 0 to 255.",
)
@click.option(
    "--precision",
    type=click.Choice(["float32", "bfloat16"]),
    default="float32",
    show_default=True,
    help="Precision of the computation; the vectors are float32 in any case.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    default=16,
    show_default=True,
    help="Images per batch.",
)
@click.option(
    "--labels/--no-labels", default=True, help="Store folders as labels, or not.  [default: labels]"
)
@metric_option(default=None, help="Metric, if the store is new.  [default: cosine]")
@output_options
def extract(
    images: Path,
    store: Path,
    labels: bool,
    batch_size: int,
    metric: str | None,
    style: Style,
    **network: Any,
) -> None:
    """Put vectors of the images in FOLDER into STORE.

    FOLDER is searched with all its subfolders; it may also be an archive (.tar.gz, .zip, ...) or a
    single image. Keys are paths relative to FOLDER. The attributes are path, label (the folder of
    the image), width and height. If STORE exists, images are added to it, and those that it already
    has are left out; so the same command continues after an interruption. Files that are not
    images or cannot be read are skipped, counted and listed on standard error.

    \b
      vecstore extract photos photos.vecs --model mobilenet
      vecstore extract photos photos.vecs --model vgg16 --layer fc2 --weights vgg16.h5
    """
    from vecstore.images import ImageExtractor, check_source, require_keras

    # Check first: loading TensorFlow, and then the network, takes a while.
    require_keras("vecstore extract")
    check_source(images)
    import_quietly("keras", "tensorflow")
    try:
        with progress(f"Extracting {images}", unit="images") as report_progress:
            extractor = ImageExtractor(**network)
            report = extractor.extract_into(
                images,
                store,
                batch_size=batch_size,
                labels="folder" if labels else None,
                metric=metric,
                progress=report_progress,
            )
    except KeyboardInterrupt:
        say(f"Interrupted; the same command goes on with {store}.")
        raise  # main.py makes the exit code of it
    if report.left_out:
        say(report)
    origin = extractor.provenance
    write_record(
        {
            "store": str(store),
            "images": report.images,
            "known": report.known,
            "skipped": report.left_out,
            "model": origin["model"],
            "layer": origin["layer"],
            "preprocessing": origin["preprocessing"],
            "dim": extractor.dim,
            "seconds": round(report.seconds, 3),
            "images_per_second": round(report.images / report.seconds, 1),
        },
        style,
    )
