"""Images through a network, batch by batch, and which of them cannot be read."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Progress
from vecstore.images.files import Images
from vecstore.images.pixels import pixel_batches, why_unreadable

__all__ = ["Extracted", "find_unread", "read_batches", "why_unread"]


class Extracted(NamedTuple):
    """The output of the network for one batch."""

    places: npt.NDArray[np.int64]  # (n,), which images, ascending
    vectors: npt.NDArray[np.float32]  # (n, dim)
    stored: npt.NDArray[np.int32]  # (n, 2), height and width in the file


def read_batches(
    model: Any,
    images: Images,
    batch_size: int,
    unread: list[int],
    progress: Progress | None = None,
    *,
    orient: bool = True,
) -> Iterator[Extracted]:
    """Yield vectors in the order of the images; note the places of unreadable ones in `unread`."""
    total = len(images.keys)
    if not total:
        return
    size = model.input_shape[1:]
    rows = min(batch_size, total)
    for places, pixels, stored in _batches(images, size, rows, unread, orient):
        if len(places) < rows:
            # Pad the batch: another shape would be compiled anew.
            pixels = np.concatenate([pixels, np.zeros((rows - len(places), *size), np.float32)])
        vectors = np.asarray(model.predict_on_batch(pixels))[: len(places)]
        yield Extracted(places, vectors, stored.numpy())
        if progress is not None:
            progress(int(places[-1]) + 1, total)


def find_unread(images: Images, size: tuple[int, int, int], batch_size: int) -> list[int]:
    """Read all images once, and return the places of those that cannot be read, ascending."""
    unread: list[int] = []
    for _ in _batches(images, size, batch_size, unread, True):
        continue
    return unread


def why_unread(
    images: Images, places: Sequence[int], size: tuple[int, int, int]
) -> list[tuple[str, str]]:
    """Read images once more, and return the key of each and what is wrong with it."""
    return [(images.keys[place], why_unreadable(images.files[place], size)) for place in places]


def _batches(
    images: Images, size: tuple[int, int, int], batch_size: int, unread: list[int], orient: bool
) -> Iterator[tuple[npt.NDArray[np.int64], Any, Any]]:
    """Yield places, pixels and stored sizes; note the places that are skipped in `unread`."""
    following = 0
    for tensor, pixels, stored in pixel_batches(images.files, size, batch_size, orient=orient):
        places = tensor.numpy()
        end = int(places[-1]) + 1
        unread += sorted(set(range(following, end)).difference(places.tolist()))
        following = end
        yield places, pixels, stored
    unread += range(following, len(images.keys))
