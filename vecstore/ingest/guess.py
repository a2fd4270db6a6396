"""Which array of a file is the vectors, and which the keys."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vecstore.errors import IngestError
from vecstore.ingest.table import Options

__all__ = ["ArrayInfo", "guess_arrays"]

# What people call them, likeliest first.
_VECTORS = ("vectors", "vector", "embeddings", "embedding", "train")
_KEYS = ("keys", "key", "words", "word", "tokens", "token", "names", "name", "ids", "id")
# Enough to see what a file is; models have hundreds.
_LISTED = 12


class ArrayInfo(NamedTuple):
    """What an array of a file is like.

    Attributes
    ----------
    shape : tuple of int
        Its axes.
    dtype : numpy.dtype
        Its values; object for strings.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def is_matrix(self) -> bool:
        """Whether it could be vectors."""
        return len(self.shape) == 2 and self.dtype.kind in "fiub"

    def may_name(self, n: int) -> bool:
        """Return whether it could be the keys of n vectors."""
        return self.shape == (n,) and self.dtype.kind in "USOTiu"


def guess_arrays(
    arrays: Mapping[str, ArrayInfo], path: Path, options: Options
) -> tuple[str, str | None]:
    """Return the names of the vectors and of the keys among the arrays of a file.

    Parameters
    ----------
    arrays : mapping of str to ArrayInfo
        What there is: arrays, datasets or columns.
    path : Path
        The file.
    options : Options
        What the caller says goes: ``dataset`` names the vectors, ``keys`` the keys.

    Returns
    -------
    tuple of str, and str or None
        Unless told: the only matrix of numbers, or the one that is called as vectors are; of the
        arrays that are as long, the one that is called as keys are, or the only one of strings.
        None: the vectors have no keys.

    Raises
    ------
    ValueError
        If the caller names something that is not there.
    IngestError
        If there is no telling which the vectors are.
    """
    vectors = _named(arrays, path, "dataset", options.dataset) or _vectors(arrays, path)
    return vectors, _named(arrays, path, "keys", options.keys) or _keys(arrays, vectors)


def _named(
    arrays: Mapping[str, ArrayInfo], path: Path, argument: str, name: str | None
) -> str | None:
    if name is not None and name not in arrays:
        raise ValueError(
            f'`{argument}` must be in {path}, which has {_listed(arrays)}; got "{name}".'
        )
    return name


def _vectors(arrays: Mapping[str, ArrayInfo], path: Path) -> str:
    candidates = [name for name, info in arrays.items() if info.is_matrix]
    known = [name for name in _VECTORS if name in candidates]
    if len(candidates) != 1 and not known:
        problem = "it is not clear which" if candidates else "none"
        raise IngestError(
            f"{path} has {_listed(arrays)}: {problem} of them holds the vectors. Pass "
            f"dataset= with its name."
        )
    return known[0] if known else candidates[0]


def _keys(arrays: Mapping[str, ArrayInfo], vectors: str) -> str | None:
    n = arrays[vectors].shape[0]
    candidates = [name for name, info in arrays.items() if info.may_name(n)]
    known = [name for name in _KEYS if name in candidates]
    texts = [name for name in candidates if arrays[name].dtype.kind not in "iu"]
    return known[0] if known else texts[0] if len(texts) == 1 else None


def _listed(arrays: Mapping[str, ArrayInfo]) -> str:
    shown = [f'"{name}" {info.shape}' for name, info in list(arrays.items())[:_LISTED]]
    more = len(arrays) - len(shown)
    return ", ".join(shown + ([f"{more} more"] if more else [])) or "no arrays"
