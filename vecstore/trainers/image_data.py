"""Labelled images: how they are named, told apart, split and checked before a training."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.errors import IngestError
from vecstore.images.files import Images, open_images
from vecstore.images.pixels import pixel_batches, why_unreadable

__all__ = ["check_readable", "classes_of", "open_labelled", "spelled", "split", "targets_of"]

_BATCH = 64  # images that are looked at together; they are not kept
_NAMED = 5  # unreadable images that an error names


def open_labelled(data: Any) -> AbstractContextManager[Images]:
    """Find labelled images.

    Parameters
    ----------
    data : path-like, or pair (paths, labels)
        A folder, or an archive of one, in which images lie in a folder for each class; or n paths
        and n labels.

    Returns
    -------
    context manager of Images
        They can be read while its block runs.

    Raises
    ------
    TypeError
        If the data are no such thing.
    """
    if isinstance(data, str | PathLike):
        return open_images(data)
    if isinstance(data, tuple | list) and len(data) == 2:
        paths, labels = data
        return open_images([fspath(path) for path in paths], list(labels))
    raise TypeError(
        f"`data` must be the path of a folder, or a pair (paths, labels); "
        f"got {type(data).__name__}."
    )


def spelled(data: Any) -> Any:
    """Return what `open_labelled` takes in a form that JSON can hold."""
    if isinstance(data, str | PathLike):
        return str(Path(data).absolute())
    paths, labels = data
    return [[str(Path(path).absolute()) for path in paths], list(labels)]


def classes_of(images: Images) -> list[str]:
    """Return the labels there are, sorted; ValueError if there is nothing to tell apart."""
    found = sorted(set(images.labels or ()))
    if len(found) < 2:
        raise ValueError(
            f"`data` must have a folder of images for each of at least two classes; got only "
            f'"{found[0]}".'
        )
    return found


def targets_of(images: Images, labels: Sequence[str], name: str) -> npt.NDArray[np.int32]:
    """Return the place of each image's label among those known.

    Parameters
    ----------
    images : Images
        n of them.
    labels : sequence of str
        Those known.
    name : str
        The caller's argument, for the error.

    Returns
    -------
    ndarray of int32, shape (n,)

    Raises
    ------
    ValueError
        If a label is unknown.
    """
    places = {label: place for place, label in enumerate(labels)}
    given = images.labels or []
    unknown = sorted(set(given).difference(places))
    if unknown:
        raise ValueError(
            f"`{name}` must have the classes of the training; got {', '.join(unknown[:_NAMED])}"
            f"{', ...' if len(unknown) > _NAMED else ''}."
        )
    return np.array([places[label] for label in given], np.int32)


def split(
    targets: npt.NDArray[np.int32], share: float, seed: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Draw the images that are held out, as large a share of each class as possible.

    Parameters
    ----------
    targets : ndarray of int32, shape (n,)
        Their classes.
    share : float
        Between 0 and 1.
    seed : int
        Of the draw.

    Returns
    -------
    learned, held_out : ndarray of intp
        Places, ascending.

    Raises
    ------
    ValueError
        If a class would have no image on one of the sides.
    """
    random = np.random.default_rng(seed)
    held_out: list[int] = []
    for target in np.unique(targets):
        places = random.permutation(np.flatnonzero(targets == target))
        count = round(share * len(places))
        if not 0 < count < len(places):
            raise ValueError(
                f"`validation` must leave images of each class on both sides; got {share} of "
                f"{len(places)}."
            )
        held_out.extend(places[:count].tolist())
    both = np.zeros(len(targets), bool)
    both[held_out] = True
    return np.flatnonzero(~both), np.flatnonzero(both)


def check_readable(images: Images, size: tuple[int, int, int]) -> None:
    """Read all images once and raise IngestError, naming those that cannot be read."""
    read = {
        int(place)
        for places, _, _ in pixel_batches(images.files, size, _BATCH)
        for place in places.numpy()
    }
    damaged = [place for place in range(len(images.keys)) if place not in read]
    if damaged:
        named = [
            f"{images.paths[place]} ({why_unreadable(images.files[place], size)})"
            for place in damaged[:_NAMED]
        ]
        more = f", and {len(damaged) - _NAMED:,} more" if len(damaged) > _NAMED else ""
        raise IngestError(
            f"{len(damaged):,} of {len(images.keys):,} images cannot be read: {', '.join(named)}"
            f"{more}. Remove or replace them."
        )
