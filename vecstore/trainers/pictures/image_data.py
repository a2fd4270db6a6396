"""Labelled images: found, numbered by label, split, and checked before training."""

import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.errors import IngestError
from vecstore.images import Images, describe_others, find_unread, open_images, why_unread

__all__ = [
    "classes_of",
    "open_labelled",
    "readable",
    "refuse_skipped",
    "refuse_unread",
    "spelled",
    "split",
    "targets_of",
    "without",
]

_BATCH = 64  # images that are test-read together; they are not kept
_SIZE = (32, 32, 3)  # the size that they are decoded to for the test
_NAMED = 5  # unreadable images, or unknown labels, that an error lists


def open_labelled(data: Any, name: str = "data") -> AbstractContextManager[Images]:
    """Open a folder or archive of class folders, or a pair (paths, labels), for a `with` block."""
    known = spelled(data, name)
    return open_images(known) if isinstance(known, str) else open_images(*known)


def spelled(data: Any, name: str = "data") -> Any:
    """Return labelled images as JSON can hold them: absolute paths, valid in any working folder."""
    # The result is a str, or a list of two lists of str: paths and labels.
    if isinstance(data, str | PathLike):
        return str(Path(data).absolute())
    if not isinstance(data, tuple | list) or len(data) != 2:
        raise TypeError(
            f"`{name}` must be the path of a folder, or a pair (paths, labels); "
            f"got {type(data).__name__}."
        )
    paths, labels = (list(part) for part in data)
    for place, label in enumerate(labels):
        if not isinstance(label, str):
            raise TypeError(
                f"`{name}` must hold labels of type str; label {place} is of type "
                f"{type(label).__name__}."
            )
    return [[str(Path(path).absolute()) for path in paths], [str(label) for label in labels]]


def classes_of(images: Images) -> list[str]:
    """Return the labels, sorted; ValueError if there are fewer than two."""
    found = sorted(set(images.labels or ()))
    if len(found) < 2:
        raise ValueError(
            f"`data` must have a folder of images for each of at least two classes; got only "
            f'"{found[0]}".'
        )
    return found


def targets_of(images: Images, labels: Sequence[str], name: str) -> npt.NDArray[np.int32]:
    """Return the position of each image's label in `labels`, (n,); ValueError if one is unknown."""
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
    """Draw the share of each class to hold out; return learned and held-out places, both ascending.

    Raises ValueError if a class would have no image on one of the sides.
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


def readable(images: Images) -> tuple[Images, list[str]]:
    """Read all images once; return the readable ones, and the keys of the others after a warning.

    Raises IngestError if no image of some class can be read.
    """
    unread = find_unread(images, _SIZE, _BATCH)
    keys = [images.keys[place] for place in unread]
    rest = without(images, keys)
    if set(rest.labels or ()) != set(images.labels or ()):
        refuse_unread(images, unread, _SIZE)
    left = [*images.skipped, *why_unread(images, unread[:_NAMED], _SIZE)][:_NAMED]
    count = len(unread) + len(images.skipped) + sum(images.others.values())
    if count:
        named = [f"{key} ({reason})" for key, reason in left]
        named += [f"no images: {describe_others(images.others)}"] if images.others else []
        more = len(unread) + len(images.skipped) - len(left)
        named += [f"{more:,} more images"] if more else []
        files = "file is" if count == 1 else "files are"
        warnings.warn(f"{count:,} {files} left out: {', '.join(named)}.", stacklevel=3)
    return rest, keys


def without(images: Images, keys: Sequence[str]) -> Images:
    """Return the images whose keys are not in `keys`."""
    bad = set(keys)
    return images.pick(place for place, key in enumerate(images.keys) if key not in bad)


def refuse_skipped(images: Images) -> None:
    """Raise IngestError if opening left out images, although each needs an answer."""
    if images.skipped:
        named = [f"{key} ({reason})" for key, reason in images.skipped[:_NAMED]]
        raise IngestError(
            f"{len(images.skipped):,} images cannot be read: {', '.join(named)}. Remove them."
        )


def refuse_unread(images: Images, unread: Sequence[int], size: tuple[int, int, int]) -> None:
    """Raise IngestError if `unread` has places of images that could not be read."""
    if unread:
        reasons = why_unread(images, unread[:_NAMED], size)
        named = [f"{key} ({reason})" for key, reason in reasons]
        more = f", and {len(unread) - _NAMED:,} more" if len(unread) > _NAMED else ""
        raise IngestError(
            f"{len(unread):,} of {len(images.keys):,} images cannot be read: {', '.join(named)}"
            f"{more}. Remove or replace them."
        )
