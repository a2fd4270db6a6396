"""``vecstore extract``: vectors of images, by a network of Keras."""

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
    """Add ``--weights``, ``--alpha`` and ``--size``, about a named network, and ``--orient``.

    The command receives `weights`, which is None for random ones, `alpha`, `size` and `orient`.
    """

    def named(_: click.Context, __: click.Parameter, text: str) -> str | None:
        return None if text == "random" else text

    for option in (
        click.option(
            "--orient/--no-orient",
            default=True,
            help="Whether to turn images as their cameras have noted (EXIF).  [default: yes]",
        ),
        click.option(
            "--size",
            type=click.IntRange(min=1),
            help="The side of the square that images become.  [default: the network's]",
        ),
        click.option("--alpha", type=float, help="The width of a MobileNet.  [default: 1]"),
        click.option(
            "--weights",
            metavar="FILE",
            default="imagenet",
            show_default=True,
            callback=named,
            help='A file of weights, "imagenet" for those that Keras downloads, or "random".',
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
    help="A network of keras.applications, or a .keras file.",
)
@click.option("--layer", metavar="NAME", help="Whose output to take.  [default: the last but one]")
@click.option(
    "--pooling",
    type=click.Choice(["avg", "max"]),
    help="Of a layer with places: their mean or maximum.  [default: all numbers]",
)
@weights_options
@click.option(
    "--preprocess",
    type=click.Choice(["tf", "caffe", "torch", "none"]),
    help="What a .keras file wants done to pixels from 0 to 255.",
)
@click.option(
    "--precision",
    type=click.Choice(["float32", "bfloat16"]),
    default="float32",
    show_default=True,
    help="What to compute with; vectors are float32.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    default=16,
    show_default=True,
    help="Images that the network gets at a time.",
)
@click.option(
    "--labels/--no-labels", default=True, help="Whether folders are labels.  [default: yes]"
)
@metric_option(default=None, help="Of a new store.  [default: cosine]")
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
    """Make vectors of the images in FOLDER and keep them in STORE.

    FOLDER is searched to its depths; an archive (.tar.gz, .zip, ...) and a single image will do.
    Keys are the paths from there on; attributes are path, label (the folder that an image lies
    in), width and height. A STORE that is there is added to: images that it has are left out, so
    that the same command goes on after an interruption. Images that cannot be read, and files that
    are none, are skipped, counted and listed on standard error.

    \b
      vecstore extract photos photos.vecs --model mobilenet
      vecstore extract photos photos.vecs --model vgg16 --layer fc2 --weights vgg16.h5
    """
    from vecstore.images import ImageExtractor, check_source, require_keras

    # Before what takes a while: TensorFlow, and then the network.
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
