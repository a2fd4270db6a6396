"""Samples for autoencoders: checked, and scaled to the range of a sigmoid."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["as_samples", "check_unit_range", "scaled"]

WHITE = 255  # the largest byte

# Values per step of a check, so that its temporary arrays stay small.
CHECKED = 1 << 22


def as_samples(
    data: npt.ArrayLike, name: str, *, shape: tuple[int, ...] | None = None
) -> npt.NDArray[Any]:
    """Return data as an array of finite numbers, the same memory if possible.

    `shape` is that of each row. Raises TypeError if the data are not numbers, ValueError if they
    have another shape or are not finite.
    """
    samples = np.asarray(data)
    if samples.dtype.kind not in "buif":
        raise TypeError(f"`{name}` must be numbers; got dtype {samples.dtype}.")
    if samples.ndim < 2 or 0 in samples.shape:
        raise ValueError(f"`{name}` must have rows of at least one number; got {samples.shape}.")
    if shape is not None and samples.shape[1:] != shape:
        wanted = ", ".join(map(str, ("n", *shape)))
        raise ValueError(f"`{name}` must have shape ({wanted}); got {samples.shape}.")
    if samples.dtype.kind == "f":
        for first, part in _parts(samples):
            if not np.isfinite(part).all():
                row = first + int(np.argwhere(~np.isfinite(part))[0, 0])
                raise ValueError(f"`{name}` must be finite; row {row} holds NaN or infinity.")
    return samples


def check_unit_range(samples: npt.NDArray[Any], name: str) -> None:
    """Raise ValueError if samples from `as_samples` have values outside [0, 1]."""
    if samples.dtype in (np.uint8, np.bool_):  # `scaled` brings these into the range
        return
    least = min(part.min() for _, part in _parts(samples))
    most = max(part.max() for _, part in _parts(samples))
    if least < 0 or most > 1:
        raise ValueError(
            f"`{name}` must lie in [0, 1], or be bytes (uint8), which are divided by 255; got "
            f'values from {least:g} to {most:g}. Pass loss="mse" for any numbers.'
        )


def scaled(samples: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Return a float32 copy of samples: bytes divided by 255, everything else as it is.

    >>> scaled(np.array([[0, 51, 255]], np.uint8))
    array([[0. , 0.2, 1. ]], dtype=float32)
    """
    floats = samples.astype(np.float32)
    if samples.dtype == np.uint8:
        floats /= np.float32(WHITE)
    return floats


def _parts(samples: npt.NDArray[Any]) -> Iterator[tuple[int, npt.NDArray[Any]]]:
    """Yield pieces of the samples, each with the number of its first row."""
    step = max(1, CHECKED // int(np.prod(samples.shape[1:])))
    for first in range(0, len(samples), step):
        yield first, samples[first : first + step]
