"""Images through a network, batch by batch, with an account of those that cannot be read."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Progress
from vecstore.images.files import Images
from vecstore.images.pixels import pixel_batches, why_unreadable

__all__ = ["Extracted", "find_unread", "read_batches", "why_unread"]


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
    unread: list[int],
    progress: Progress | None = None,
    *,
    orient: bool = True,
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
    unread : list of int
        Gets the places of those that cannot be read.
    progress : callable or None
        Called after every batch.
    orient : bool, default True
        As for `pixels_of`.

    Yields
    ------
    Extracted
    """
    total = len(images.keys)
    if not total:
        return
    size = model.input_shape[1:]
    rows = min(batch_size, total)
    for places, pixels, stored in _batches(images, size, rows, unread, orient):
        if len(places) < rows:
            # Filled up, because a batch of another shape would be compiled for itself.
            pixels = np.concatenate([pixels, np.zeros((rows - len(places), *size), np.float32)])
        vectors = np.asarray(model.predict_on_batch(pixels))[: len(places)]
        yield Extracted(places, vectors, stored.numpy())
        if progress is not None:
            progress(int(places[-1]) + 1, total)


def find_unread(images: Images, size: tuple[int, int, int], batch_size: int) -> list[int]:
    """Read all images once, to no other end.

    Parameters
    ----------
    images : Images
        Which.
    size : (int, int, int)
        As for `pixels_of`.
    batch_size : int
        Images in memory at a time.

    Returns
    -------
    list of int
        The places of those that cannot be read, ascending.
    """
    unread: list[int] = []
    for _ in _batches(images, size, batch_size, unread, True):
        continue
    return unread


def why_unread(
    images: Images, places: Sequence[int], size: tuple[int, int, int]
) -> list[tuple[str, str]]:
    """Say what is wrong with images, each of which is read once more for that.

    Parameters
    ----------
    images : Images
        Which.
    places : sequence of int
        Of those that could not be read.
    size : (int, int, int)
        As for `pixels_of`.

    Returns
    -------
    list of (str, str)
        The key of each image, and what is wrong with it.
    """
    return [(images.keys[place], why_unreadable(images.files[place], size)) for place in places]


def _batches(
    images: Images, size: tuple[int, int, int], batch_size: int, unread: list[int], orient: bool
) -> Iterator[tuple[npt.NDArray[np.int64], Any, Any]]:
    """Yield places, pixels and stored sizes, and note the places that are passed over."""
    following = 0
    for tensor, pixels, stored in pixel_batches(images.files, size, batch_size, orient=orient):
        places = tensor.numpy()
        end = int(places[-1]) + 1
        unread += sorted(set(range(following, end)).difference(places.tolist()))
        following = end
        yield places, pixels, stored
    unread += range(following, len(images.keys))
