"""``vecstore train images``: a classifier of images, and vectors of the images."""

from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vecstore.cli.quiet import import_quietly
from vecstore.cli.stores.extract import weights_options
from vecstore.cli.training.options import learning_rate_option, sizes_option
from vecstore.cli.training.train import Destination, Passes, kept, training_options

if TYPE_CHECKING:
    from vecstore.trainers.pictures import ImageClassifier

__all__ = ["command"]

NEIGHBOURS = 5


@click.command()
@click.argument("data", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option(
    "--base",
    metavar="NAME",
    default="mobilenet",
    show_default=True,
    help="Network of keras.applications to start from.",
)
@weights_options
@sizes_option("--head", "1024,1024,512", "Sizes of the dense layers that replace its classifier.")
@click.option(
    "--freeze",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Number of layers, counted from the input, that are not trained.",
)
@learning_rate_option(1e-4)
@click.option(
    "--validation",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.2,
    show_default=True,
    help="Hold out this share of each class, and measure the accuracy on it.",
)
@training_options(epochs=5, batch_size=32)
def command(
    data: Path,
    validation: float,
    passes: Passes,
    destination: Destination,
    **parameters: Any,
) -> None:
    """Learn to tell apart the images in the subfolders of FOLDER.

    FOLDER has a folder of images for each class, at any depth; it may also be an archive (.tar.gz,
    .zip, ...) of such folders. A network that was trained on other images is trained further on
    these. The vectors of all images go to the new store, with the attributes path, label and part
    ("training" or "held out").

    Two measurements on the held-out images are printed: val_accuracy, the share that the classifier
    gets right, and neighbours_accuracy, the share that the 5 nearest neighbours get right by the
    vectors of the network as it was before the training.

    \b
      vecstore train images photos --weights mobilenet.h5 --out photos.vecs
    """
    from vecstore.images import check_source, require_keras

    require_keras("vecstore train images")
    check_source(data)
    import_quietly("keras", "tensorflow")
    from vecstore.trainers.pictures import ImageClassifier

    trainer = ImageClassifier(**parameters)
    trainer.fit(data, **asdict(passes), validation=validation)
    with kept(trainer, destination) as facts:
        facts["parameters"] = trainer.model.count_params()
        if find_spec("sklearn") is not None:
            facts["neighbours_accuracy"] = _neighbours_accuracy(trainer, data)


def _neighbours_accuracy(trainer: "ImageClassifier", data: Path) -> float:
    """Return the share of held-out images that neighbours get right by the untrained network."""
    import numpy as np

    from vecstore.analysis.estimators import KNeighborsClassifier
    from vecstore.images import ImageExtractor, load_network

    given = trainer.parameters
    network = load_network(
        given["base"], given["weights"], alpha=given["alpha"], size=given["size"], top=False
    )
    extractor = ImageExtractor(
        network.model, pooling="avg", preprocess=network.mode, orient=given["orient"]
    )
    keys, vectors, labels = extractor.extract(data)
    held_out = np.isin(keys, trainer.held_out)
    told = np.asarray(labels)
    k = min(NEIGHBOURS, int((~held_out).sum()))
    neighbours = KNeighborsClassifier(k, metric="cosine").fit(vectors[~held_out], told[~held_out])
    return round(float(neighbours.score(vectors[held_out], told[held_out])), 4)
