"""Guess which array of a file is the vectors, and which the keys."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vecstore.errors import IngestError
from vecstore.ingest.table import ROW_NUMBERS, Options

__all__ = ["ArrayInfo", "guess_arrays", "is_key_name", "left_out"]

# What people call vectors, likeliest first.
_VECTORS = ("vectors", "vector", "embeddings", "embedding", "train")
# What people call keys. The first two names are certain.
_KEYS = ("key", "keys", "words", "word", "tokens", "token", "names", "name", "ids", "id")
# Arrays listed in an error: enough to see what a file is; models have hundreds.
_LISTED = 12


class ArrayInfo(NamedTuple):
    """Shape and dtype of an array of a file; dtype object means strings."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def is_matrix(self) -> bool:
        """Whether it could be vectors."""
        return len(self.shape) == 2 and self.dtype.kind in "fiub"

    @property
    def is_row(self) -> bool:
        """Whether it is a row of values: it has one axis, or a second one of length 1."""
        return len(self.shape) == 1 or (len(self.shape) == 2 and self.shape[1] == 1)

    @property
    def is_text(self) -> bool:
        """Whether it holds strings, or objects that may be strings."""
        return self.dtype.kind in "USOT"

    def may_name(self, n: int) -> bool:
        """Return whether it could be the keys of n vectors."""
        return self.is_row and self.shape[0] == n and self.dtype.kind in "USOTiuf"


def guess_arrays(
    arrays: Mapping[str, ArrayInfo],  # arrays, datasets or columns
    path: Path,
    options: Options,
    index: str | None = None,  # the index column of a pandas frame
) -> tuple[str, str | None]:
    """Return the names of the vectors and of the keys, None without keys.

    Unless `options` name them, the vectors are the only matrix of numbers, or the one with a usual
    name; the keys are the row of values with a usual name, or the only row of strings. IngestError
    if that leaves several, or if there are not as many keys as vectors.
    """
    vectors = _named(arrays, path, "dataset", options.dataset) or _vectors(arrays, path)
    if options.keys == ROW_NUMBERS and ROW_NUMBERS not in arrays:
        return vectors, None
    return vectors, _named(arrays, path, "keys", options.keys) or _keys(
        arrays, vectors, path, index
    )


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
    # A column of numbers with the name of keys does not compete.
    candidates = [one for one in candidates if not _is_keys(one, arrays)] or candidates
    known = [one for name in _VECTORS for one in candidates if _plain(one) == name]
    if len(candidates) != 1 and not known:
        problem = "it is not clear which" if candidates else "none"
        raise IngestError(
            f"{path} has {_listed(arrays)}: {problem} of them holds the vectors. Pass "
            f"dataset= with its name."
        )
    return known[0] if known else candidates[0]


def _is_keys(name: str, arrays: Mapping[str, ArrayInfo]) -> bool:
    return is_key_name(name) and arrays[name].is_row


def is_key_name(name: str) -> bool:
    """Return whether an array of this name may hold keys."""
    return _plain(name) in _KEYS


def _plain(name: str) -> str:
    """Return a name for comparison: without groups, in lower case."""
    return name.rsplit("/", 1)[-1].lower()


def _keys(
    arrays: Mapping[str, ArrayInfo], vectors: str, path: Path, index: str | None
) -> str | None:
    n = arrays[vectors].shape[0]
    rows = [name for name, info in arrays.items() if info.is_row and name != vectors]
    sure = next(
        filter(None, ([name for name in rows if _plain(name) == one] for one in _KEYS[:2])), []
    )
    known = [name for name in rows if _plain(name) in _KEYS]
    texts = [name for name in rows if arrays[name].is_text]
    if index in rows and arrays[index].is_text:
        # An index was made to name the rows, so other strings do not.
        candidates = sure or _with(known, index)
    else:
        candidates = sure or known or _with(texts, index if index in rows else None)
    fitting = [name for name in candidates if arrays[name].may_name(n)]
    if len(fitting) > 1:
        raise IngestError(
            f"{path} has {_quoted(fitting)}: it is not clear which of them holds the keys. Pass "
            f'keys= with its name, or with "{ROW_NUMBERS}".'
        )
    if fitting or not candidates:
        return fitting[0] if fitting else None
    found = arrays[candidates[0]]
    if found.shape[0] == n:
        return candidates[0]  # not of a type for keys; its reader will say so
    raise IngestError(
        f'{path} holds {n} vectors, but "{candidates[0]}" has {found.shape[0]} values. Pass keys= '
        f'with the name of the keys, or with "{ROW_NUMBERS}".'
    )


def _with(names: list[str], one: str | None) -> list[str]:
    return names if one is None or one in names else [*names, one]


def left_out(arrays: Mapping[str, ArrayInfo], *read: str | None) -> tuple[str, ...]:
    """Return the sentence for the report that lists the arrays that are not read, if any."""
    rest = [name for name in arrays if name not in read]
    return (f"not read: {_quoted(rest)}",) if rest else ()


def _quoted(names: Sequence[str]) -> str:
    shown = [f'"{name}"' for name in names[:_LISTED]]
    more = len(names) - len(shown)
    return ", ".join(shown + ([f"{more} more"] if more else []))


def _listed(arrays: Mapping[str, ArrayInfo]) -> str:
    shown = [f'"{name}" {info.shape}' for name, info in list(arrays.items())[:_LISTED]]
    more = len(arrays) - len(shown)
    return ", ".join(shown + ([f"{more} more"] if more else [])) or "no arrays"
