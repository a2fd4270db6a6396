"""Vectors of images, from any Keras network."""

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

# Images per batch. Larger batches are slower on a CPU: the activations between two layers no longer
# fit its caches, and their memory comes fresh from the system each time.
_BATCH = 16
# Images per commit: the most that Ctrl-C or a crash can lose.
_COMMIT = 256


class ImageExtractor:
    """Turns images into vectors: the output of a layer of a network.

    Parameters
    ----------
    model : str, path-like or keras.Model, default "vgg16"
        The name of a network of `keras.applications` (case and underscores do not matter), the path
        of a ``.keras`` file, or a model that takes images.
    layer : str or None
        The layer whose output is the vector. None takes the input of the classifier at the end of
        the network: ``"fc2"`` of VGG16, and a mean over all positions in most others. In a network
        without its classifier, None takes the last layer, averaged; in a file or model of your own,
        its output.
    weights : str, path-like or None, default "imagenet"
        The weights of a named network. ``"imagenet"`` lets Keras download them. A path is a file of
        weights, of the network with or without its classifier. None is random weights, the same
        each time.
    pooling : "avg", "max" or None
        What to make of an output of shape (height, width, channels): its mean over all positions,
        its maximum, or, with None, all of its numbers in a row.
    alpha : float or None
        The width of a MobileNet; None is 1.
    size : int or None
        The side of the square to which images are resized; None is the size that the network is
        made for. The ImageNet classifier takes no other size: with another, the network ends before
        it.
    preprocess : str or None
        The preprocessing that a file or model of your own needs: ``"tf"`` ([-1, 1]), ``"caffe"``
        (BGR minus the ImageNet mean), ``"torch"`` (normalised) or ``"none"`` (0 to 255). Named
        networks have the one that Keras defines for them.
    precision : str, default "float32"
        ``"bfloat16"`` computes with half as many bits, for processors with instructions for it
        (AMX, AVX512-BF16). Weights and vectors stay float32.
    orient : bool, default True
        Whether to turn images upright by their EXIF orientation. False takes them as they are
        stored, as the loaders of Keras do.

    Attributes
    ----------
    model : keras.Model
        From pixels of 0 to 255, shape (n, height, width, 3), to vectors.
    layer : str
        The name of the layer, also if None was passed.
    size : (int, int, int)
        Height, width and channels of the input.
    preprocess : str
        The preprocessing in use.
    orient : bool
        As passed.
    dim : int
        Length of the vectors.
    provenance : dict
        How the vectors are made; a store keeps it.

    Raises
    ------
    ImportError
        If Keras or TensorFlow is not installed.
    FileNotFoundError
        If the file of weights or the model does not exist.
    ValueError
        If a name, a layer or an argument is invalid, or the weights do not fit. Errors about names
        suggest similar ones.
    VecstoreError
        If the weights cannot be downloaded.

    Notes
    -----
    Images are read, decoded and resized in parallel while the network computes. They become RGB,
    are resized bilinearly, and their proportions are not kept. Memory holds the weights and two or
    three batches.

    In bfloat16, vectors of MobileNet 0.75 had a cosine of at least .995 with those in float32, and
    the nearest neighbour of an image had its label as often (of 600 rooms .972 in float32 and .975
    in bfloat16, of 300 fruits .897 and .903, of 197 animals .954 and .954). With AVX512-BF16 it is
    1.4 to 1.7 times as fast, with AVX-512 alone no faster. A store holds vectors of one precision.

    References
    ----------
    .. [1] Babenko, Slesarev, Chigorin and Lempitsky, 2014, "Neural codes for image retrieval",
       ECCV.

    Examples
    --------
    >>> from vecstore.ingest import ImageExtractor
    >>> extractor = ImageExtractor("mobilenet", weights=None)  # doctest: +SKIP
    >>> extractor.layer, extractor.size, extractor.dim  # doctest: +SKIP
    ('global_average_pooling2d', (224, 224, 3), 1024)
    >>> print(extractor.extract_into("photos", "photos.vecs"))  # doctest: +SKIP
    2 images extracted.
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
            # The names that Keras generates depend on the process, places do not.
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
        if network.top is not None:  # built above of standard layers, and used by nobody else
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
        """Return the vectors of images, in memory.

        Parameters
        ----------
        paths_or_folder : path-like, or iterable of path-like
            A folder, searched at any depth; an archive of one (``.tar.gz``, ``.zip``, ...); or a
            list of images: JPEG, PNG, GIF, BMP or WebP.
        batch_size : int, default 16
            Images that the network gets at a time.
        labels : "folder", None, or sequence of str
            The labels of the images: the name of the folder that each lies in, none, or a label for
            each image of a list.
        progress : callable or None
            Called as ``progress(images, total)`` after every batch.

        Returns
        -------
        keys : list of n str
            Paths within the folder, with ``/``; for a list, its paths as they are.
        vectors : ndarray of float32, shape (n, dim)
            The vectors of the images.
        labels : list of n str, or None
            The labels of the images.

        Warns
        -----
        UserWarning
            If files are left out: images that cannot be read, and other files.

        Raises
        ------
        FileNotFoundError, IngestError, ValueError
            If there are no images, or none can be read.

        Examples
        --------
        >>> keys, vectors, labels = extractor.extract("photos")  # doctest: +SKIP
        >>> keys, vectors.shape, labels  # doctest: +SKIP
        (['cats/1.png', 'dogs/2.png'], (2, 1024), ['cats', 'dogs'])
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
        """Extract the vectors of images into a store; images that it already has are left out.

        Parameters
        ----------
        paths_or_folder : path-like, or iterable of path-like
            As for `extract`.
        store : path-like or Store
            A store to add to, or the path of an existing or new one. Keys are those of `extract`;
            the attributes are ``path`` (absolute), ``label``, ``width`` and ``height``.
        batch_size, labels
            As for `extract`.
        metric : str or None
            The metric of a new store; None is cosine.
        commit_every : int, default 256
            Images per commit. After an interruption, the same call continues at the last commit.
        progress : callable or None
            As for `extract`.

        Returns
        -------
        ImageReport
            How many images were extracted, and which could not be read.

        Raises
        ------
        ValueError
            If the store holds other vectors: of another network, layer, preprocessing, size or
            precision, or not of images.
        FileNotFoundError, IngestError
            If there are no images, or none can be read.

        Examples
        --------
        >>> report = extractor.extract_into("photos", "photos.vecs")  # doctest: +SKIP
        >>> report.images, report.known, report.skipped  # doctest: +SKIP
        (2, 0, [])
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
