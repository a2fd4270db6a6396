"""The sieve: takes out the rows of a chunk that no store could hold, and says why."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.ingest.report import Faults
from vecstore.ingest.seen import SeenKeys
from vecstore.ingest.table import Chunk, KeyKind
from vecstore.wording import quoted

__all__ = ["Sieve"]

Mask = npt.NDArray[np.bool_]


class Sieve:
    """Converts keys and vectors as asked for, and takes out the rows that do not convert."""

    def __init__(
        self,
        key_kind: KeyKind | None,
        dtype: str,
        *,
        allow_zero: bool,
        unique: bool,  # keys cannot repeat, so duplicates are not looked for
    ) -> None:
        self._key_kind = key_kind
        self._dtype = np.dtype(dtype)
        self._allow_zero = allow_zero
        self._seen = None if unique else SeenKeys()

    def sift(self, chunk: Chunk) -> Chunk:
        """Return the good rows and all faults; call it with the chunks in the order of the file."""
        chunk = self._with_finite_vectors(self._with_keys(chunk))
        if not self._allow_zero:
            zero = np.logical_not(chunk.vectors.any(axis=1))
            chunk = _without(chunk, zero, lambda row: "the vector is all zeros")
        if self._seen is not None:
            again = self._seen.again(chunk.keys)
            chunk = _without(chunk, again, lambda row: "the key came before", duplicates=True)
        return chunk

    def _with_keys(self, chunk: Chunk) -> Chunk:
        is_text = chunk.keys.dtype == object
        if self._key_kind == "int" and is_text:
            numbers = [_as_int(key) for key in chunk.keys]
            bad = np.array([number is None for number in numbers], dtype=bool)
            chunk = _without(chunk, bad, lambda row: "the key is not an integer of 64 bits")
            found = [number for number in numbers if number is not None]
            return chunk._replace(keys=np.array(found, dtype=np.int64))
        if self._key_kind == "str" and not is_text:
            return chunk._replace(keys=np.array([str(k) for k in chunk.keys], dtype=object))
        return chunk

    def _with_finite_vectors(self, chunk: Chunk) -> Chunk:
        # A value too large for the dtype becomes infinite, and is found as such.
        with np.errstate(over="ignore"):
            vectors = np.ascontiguousarray(chunk.vectors, dtype=self._dtype)
        finite = np.isfinite(vectors)
        if finite.all():
            return chunk._replace(vectors=vectors)

        def reason(row: int) -> str:
            value = chunk.vectors[row, np.argmin(finite[row])]
            fits = f", which {self._dtype} cannot hold" if np.isfinite(value) else ""
            return f"the vector holds {value}{fits}"

        return _without(chunk._replace(vectors=vectors), ~finite.all(axis=1), reason)


def _without(
    chunk: Chunk, bad: Mask, reason: Callable[[int], str], *, duplicates: bool = False
) -> Chunk:
    if not bad.any():
        return chunk
    rows = np.flatnonzero(bad)

    def describe(i: int) -> tuple[str, str]:
        row = int(rows[i])
        return reason(row), quoted(str(chunk.keys[row]))

    found = Faults(chunk.places[rows], describe, duplicates)
    return chunk._replace(faults=[*chunk.faults, found]).where(~bad)


def _as_int(key: Any) -> int | None:
    try:
        number = int(key)
    except ValueError:
        return None
    return number if -(2**63) <= number < 2**63 else None
