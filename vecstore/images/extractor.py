"""Vectors of images, from any network of Keras."""

import time
import warnings
from collections.abc import Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Progress, check_count
from vecstore.images.batches import Extracted, read_batches, why_unread
from vecstore.images.families import require_keras
from vecstore.images.files import Images, Source, open_images
from vecstore.images.fusing import fuse
from vecstore.images.image_store import ImageStore
from vecstore.images.layers import (
    PRECISIONS,
    cut,
    features,
    in_bfloat16,
    input_size,
    resolve_layer,
)
from vecstore.images.listing import printable
from vecstore.images.networks import digest, load_network, versions
from vecstore.images.report import ImageReport
from vecstore.store import Store

__all__ = ["ImageExtractor"]

# Images that the network gets at a time. Larger batches are slower on a processor: what lies
# between two layers no longer fits its caches, and is memory fresh from the system each time.
_BATCH = 16
# Images in a commit: what Ctrl-C or a crash can cost.
_COMMIT = 256


class ImageExtractor:
    """Makes vectors of images: what a layer of a network says about them.

    Parameters
    ----------
    model : str, path-like or keras.Model, default "vgg16"
        A network of `keras.applications` by its name (capitals and underscores do not count), the
        path of a ``.keras`` file, or a model that takes images.
    layer : str or None
        The layer whose output is taken. None takes what the classifier at the end of the network is
        given: ``"fc2"`` of VGG16 and a mean over all places elsewhere. Of a network without its
        classifier it is the last layer, averaged; of a file or model of your own, its output.
    weights : str, path-like or None, default "imagenet"
        Of a named network: ``"imagenet"`` is what Keras downloads, a path a file of weights, of the
        whole network or of that without its classifier, None random weights, always the same.
    pooling : "avg", "max" or None
        What becomes of a layer whose output has places, (height, width, channels): their mean,
        their maximum, or all of their numbers in a row.
    alpha : float or None
        The width of a MobileNet; None is 1.
    size : int or None
        The side of the square that images are resized to; None is what the network is made for. The
        classifier of ImageNet takes no other: with another size, the network ends before it.
    preprocess : str or None
        What a file or model of your own wants done to its pixels: ``"tf"`` ([-1, 1]), ``"caffe"``
        (BGR less the mean of ImageNet), ``"torch"`` (normalised) or ``"none"`` (0 to 255). Networks
        with a name have what Keras has for them.
    precision : str, default "float32"
        ``"bfloat16"`` lets the layers compute with half as many bits, on processors whose
        instructions are made for it (AMX, AVX512-BF16). Weights and vectors stay float32.
    orient : bool, default True
        Whether to turn images upright that a camera has noted (EXIF) to be none. False takes them
        as they are stored, as the loaders of Keras do.

    Attributes
    ----------
    model : keras.Model
        From pixels of 0 to 255, shape (n, height, width, 3), to vectors.
    layer : str
        Its name, where None was given too.
    preprocess : str
        Which was chosen.
    dim : int
        Numbers in a vector.
    provenance : dict
        How the vectors come about; kept with a store.

    Raises
    ------
    ImportError
        If Keras or TensorFlow is not installed.
    FileNotFoundError
        If there is no file of weights, or no model at the path.
    ValueError
        If a name, a layer or an argument is wrong, or the weights do not fit; errors about names
        list those spelled like it.
    VecstoreError
        If the weights cannot be downloaded.

    Notes
    -----
    Images are read, decoded and resized in parallel while the network computes, as RGB, bilinearly
    and without keeping proportions. Memory: the weights, and two or three batches.

    In bfloat16, vectors of MobileNet 0.75 had a cosine of at least .995 with those in float32, and
    the nearest neighbour of an image had its label as often (of 600 rooms .972 in float32 and .975,
    of 300 fruits .897 and .903, of 197 animals .954 and .954). On AVX512-BF16 it is 1.4 to 1.7
    times as fast, on AVX-512 without it no faster. A store holds vectors of one precision.

    References
    ----------
    .. [1] Babenko, Slesarev, Chigorin and Lempitsky, 2014, "Neural codes for image retrieval",
       ECCV.
    """

    def __init__(
        self,
        model: Any = "vgg16",
        layer: str | None = None,
        weights: str | PathLike[str] | None = "imagenet",
        pooling: str | None = None,
        *,
        alpha: float | None = None,
        size: int | None = None,
        preprocess: str | None = None,
        precision: str = "float32",
        orient: bool = True,
    ) -> None:
        require_keras("ImageExtractor")
        if precision not in PRECISIONS:
            raise ValueError(f"`precision` must be {' or '.join(PRECISIONS)}; got {precision!r}.")
        network = load_network(model, weights, alpha=alpha, size=size, preprocess=preprocess)
        names = [one.name for one in network.model.layers]
        self.orient = bool(orient)
        self.layer = resolve_layer(network, layer)
        self.size = input_size(network, size)
        self.preprocess = network.mode
        if layer is None and pooling is None and network.top is False:
            pooling = "avg"
        network = cut(network, self.layer)
        self.provenance = {
            "extractor": type(self).__name__,
            "model": network.name,
            "layer": self.layer,
            # Keras numbers the names of its own making anew in each process; places stay.
            "layer_place": names.index(self.layer),
            "pooling": pooling,
            "preprocessing": self.preprocess,
            "size": list(self.size),
            "precision": precision,
            "orient": self.orient,
            **network.description,
            "weights_sha256": digest(network.model),
            "packages": versions(),
        }
        if network.top is not None:  # built above, of standard layers, and nobody else's
            network = network._replace(model=fuse(network.model))
        if precision == "bfloat16":
            network = network._replace(model=in_bfloat16(network.model))
        self.model = features(network, pooling, self.size)
        self.dim: int = self.model.output_shape[-1]

    def extract(
        self,
        paths_or_folder: Source,
        batch_size: int = _BATCH,
        labels: str | Sequence[str] | None = "folder",
        *,
        progress: Progress | None = None,
    ) -> tuple[list[str], npt.NDArray[np.float32], list[str] | None]:
        """Make vectors of images, in memory.

        Parameters
        ----------
        paths_or_folder : path-like, or iterable of path-like
            A folder, searched to its depths, an archive of one (``.tar.gz``, ``.zip``, ...), or
            a list of images: JPEG, PNG, GIF, BMP or WebP.
        batch_size : int, default 16
            Images that the network gets at a time.
        labels : "folder", None, or sequence of str
            What images show: the name of the folder that each lies in, nothing, or a label for each
            of a list.
        progress : callable or None
            Called as ``progress(images, total)`` after every batch.

        Returns
        -------
        keys : list of n str
            Paths from the folder on, with ``/``; of a list, the paths as they are.
        vectors : ndarray of float32, shape (n, dim)
        labels : list of n str, or None

        Warns
        -----
        UserWarning
            If files are left out: images that cannot be read, and what is no image.

        Raises
        ------
        FileNotFoundError, IngestError, ValueError
            If there are no images, or none can be read.
        """
        check_count(batch_size, "batch_size")
        report = ImageReport()
        with open_images(paths_or_folder, labels) as images:
            _note(report, images)
            vectors = np.empty((len(images.keys), self.dim), np.float32)
            places: list[int] = []
            unread: list[int] = []
            for batch in self._read(images, batch_size, unread, progress):
                vectors[len(places) : len(places) + len(batch.places)] = batch.vectors
                places.extend(batch.places.tolist())
            report.skipped += why_unread(images, unread, self.size)
        report.images = len(places)
        report.check_any()
        if report.left_out:
            warnings.warn(str(report), stacklevel=2)
        found = images.pick(places)
        return found.keys, vectors[: len(places)], found.labels

    def extract_into(
        self,
        paths_or_folder: Source,
        store: str | PathLike[str] | Store,
        *,
        batch_size: int = _BATCH,
        labels: str | Sequence[str] | None = "folder",
        metric: str | None = None,
        commit_every: int = _COMMIT,
        progress: Progress | None = None,
    ) -> ImageReport:
        """Make vectors of images and keep them in a store; those it has already are left out.

        Parameters
        ----------
        paths_or_folder : path-like, or iterable of path-like
            As for `extract`.
        store : path-like or Store
            A store to add to, or a path at which to make one. Keys are those of `extract`; the
            attributes are ``path`` (absolute), ``label``, ``width`` and ``height``.
        batch_size, labels
            As for `extract`.
        metric : str or None
            Of a new store; None is cosine.
        commit_every : int, default 256
            Images in a commit. Interrupted, the same call goes on where the last commit was.
        progress : callable or None
            As for `extract`.

        Returns
        -------
        ImageReport
            How many there were, and which could not be read.

        Raises
        ------
        ValueError
            If the store holds other vectors: of another network, layer, preprocessing, size or
            precision, or of no images at all.
        FileNotFoundError, IngestError
            If there are no images, or there was none to read.
        """
        check_count(batch_size, "batch_size")
        check_count(commit_every, "commit_every")
        report = ImageReport()
        with (
            open_images(paths_or_folder, labels) as images,
            ImageStore(store, self.dim, metric, self.provenance | _source(paths_or_folder)) as kept,
        ):
            _note(report, images)
            new = kept.missing(images.keys)
            report.known = len(images.keys) - len(new)
            images = images.pick(new)
            begun = time.perf_counter()
            unread: list[int] = []
            for batch in self._read(images, batch_size, unread, progress):
                refused = kept.put(images, *batch)
                report.skipped += refused
                report.images += len(batch.places) - len(refused)
                if kept.waiting >= commit_every:
                    kept.commit()
            kept.commit()
            report.skipped += why_unread(images, unread, self.size)
            report.seconds = time.perf_counter() - begun
        if not report.known:
            report.check_any()
        return report

    def _read(
        self, images: Images, batch_size: int, unread: list[int], progress: Progress | None
    ) -> Iterator[Extracted]:
        return read_batches(self.model, images, batch_size, unread, progress, orient=self.orient)


def _note(report: ImageReport, images: Images) -> None:
    """Begin a report with what was left out before any image was opened."""
    report.skipped += images.skipped
    report.others = dict(images.others)


def _source(paths_or_folder: Source) -> dict[str, str]:
    if isinstance(paths_or_folder, str | PathLike):
        return {"source": printable(str(Path(paths_or_folder).absolute()))}
    return {}
