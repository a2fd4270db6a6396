"""Images through a network, batch by batch, with an account of those that cannot be read."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.images.files import Images
from vecstore.images.pixels import pixel_batches, why_unreadable
from vecstore.ingest.image_report import ImageReport

__all__ = ["Extracted", "Progress", "read_batches"]

#: Called with how many images are done, and how many there are.
Progress = Callable[[int, int | None], None]


class Extracted(NamedTuple):
    """What the network made of one batch.

    Attributes
    ----------
    places : ndarray of int64, shape (n,)
        Which images, ascending.
    vectors : ndarray of float32, shape (n, dim)
        Theirs.
    stored : ndarray of int32, shape (n, 2)
        Their heights and widths as they are in the files.
    """

    places: npt.NDArray[np.int64]
    vectors: npt.NDArray[np.float32]
    stored: npt.NDArray[np.int32]


def read_batches(
    model: Any,
    images: Images,
    batch_size: int,
    report: ImageReport,
    progress: Progress | None = None,
) -> Iterator[Extracted]:
    """Yield vectors in the order of the images.

    Parameters
    ----------
    model : keras.Model
        From pixels to vectors.
    images : Images
        Which.
    batch_size : int
        Images that the model gets at a time.
    report : ImageReport
        Gets those that cannot be read.
    progress : callable or None
        Called after every batch.

    Yields
    ------
    Extracted
    """
    total = len(images.keys)
    if not total:
        return
    size = model.input_shape[1:]
    rows = min(batch_size, total)
    following = 0
    for places, pixels, stored in pixel_batches(images.files, size, rows):
        if len(places) < rows:
            # Filled up, because a batch of another shape would be compiled for itself.
            pixels = np.concatenate([pixels, np.zeros((rows - len(places), *size), np.float32)])
        vectors = np.asarray(model.predict_on_batch(pixels))[: len(places)]
        batch = Extracted(places.numpy(), vectors, stored.numpy())
        end = int(batch.places[-1]) + 1
        report.skipped += _unread(images, following, end, batch.places.tolist(), size)
        following = end
        yield batch
        if progress is not None:
            progress(end, total)
    report.skipped += _unread(images, following, total, [], size)


def _unread(
    images: Images, first: int, end: int, read: Sequence[int], size: tuple[int, int, int]
) -> list[tuple[str, str]]:
    """Return the images from `first` to `end` that were not read, with what is wrong."""
    missing = sorted(set(range(first, end)).difference(read))
    return [(images.keys[place], why_unreadable(images.files[place], size)) for place in missing]
