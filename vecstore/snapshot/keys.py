"""From the keys that a caller names to the rows of a snapshot."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, cast

import numpy as np

from vecstore.arrays import Rows
from vecstore.errors import KeyNotFoundError
from vecstore.snapshot.snapshot import Snapshot
from vecstore.spelling import near_spellings

__all__ = ["as_keys", "check_key_kind", "find_folded", "is_key", "not_found", "require_rows"]

KEY_KINDS = ("str", "int")

# Spellings are tried with the letters of so many keys: a store of Greek words suggests Greek.
_SAMPLED_KEYS = 256


def check_key_kind(kind: object) -> str:
    """Return `kind`; raises ValueError unless it is ``"str"`` or ``"int"``."""
    if kind not in KEY_KINDS:
        raise ValueError(f'`keys` must be "str" or "int"; got {kind!r}.')
    return str(kind)


def is_key(value: object) -> bool:
    """Return whether a value is one key, not a collection of keys or a bool."""
    return isinstance(value, str | int | np.integer) and not isinstance(value, bool)


def as_keys(keys: Iterable[Any], kind: str, name: str = "keys") -> Sequence[Any]:
    """Return `keys` as a list, or an array of integers, once all are known to be of `kind`.

    Raises TypeError for a key of the other kind, ValueError for an array of more than one axis.
    """
    if is_key(keys) or isinstance(keys, bytes):
        raise TypeError(f"`{name}` must be a sequence of keys; got one {type(keys).__name__}.")
    if not isinstance(keys, Iterable):
        raise TypeError(f"`{name}` must be a sequence of keys; got {type(keys).__name__} {keys!r}.")
    if hasattr(keys, "to_pylist"):  # Arrow iterates over scalars of its own
        keys = keys.to_pylist()
    if isinstance(keys, np.ndarray):
        if keys.ndim != 1:
            raise ValueError(f"`{name}` must have shape (n,); got {keys.shape}.")
        if kind == "int" and keys.dtype.kind == "i" and not np.ma.is_masked(keys):
            return cast("Sequence[Any]", keys)
        keys = keys.tolist()
    listed = list(keys)
    wanted: tuple[type, ...] = (str,) if kind == "str" else (int, np.integer)
    # Check a few types, not a million keys. The keys are read only to name a wrong one.
    types = set(map(type, listed))
    wrong = {found for found in types if found is bool or not issubclass(found, wanted)}
    if wrong:
        place = next(place for place, key in enumerate(listed) if type(key) in wrong)
        shown = f"{type(listed[place]).__name__} {listed[place]!r}"
        raise TypeError(f"`{name}` must all be {kind}; place {place} holds {shown}.")
    return listed


def find_folded(snapshot: Snapshot, words: Iterable[str]) -> Rows:
    """Return the first global row whose key is each word in any case (`str.upper`), or -1."""
    folded = [word.upper() for word in words]
    # Among ASCII keys without capitals only the lower-case word can match, and is looked up. Only
    # the other keys are read.
    rows = snapshot.find([fold.lower() if fold.isascii() else fold for fold in folded])
    others = snapshot.cased
    spellings = list(map(str.upper, snapshot.take(others).tolist()))
    asked = np.fromiter(map(set(folded).__contains__, spellings), np.bool_, len(spellings))
    # Backwards, so that the first key of each spelling wins.
    hits = np.flatnonzero(asked)[::-1]
    first = {spellings[hit]: others[hit] for hit in hits.tolist()}
    found = np.fromiter((first.get(fold, -1) for fold in folded), np.int64, len(folded))
    # Unsigned, -1 is the largest number: the minimum is the first row, or the only one found.
    return np.minimum(rows.view(np.uint64), found.view(np.uint64)).view(np.int64)


def require_rows(snapshot: Snapshot, keys: Any, name: str = "keys") -> Rows:
    """Return the global rows of a key or of keys; raises KeyNotFoundError if one is missing."""
    wanted = as_keys([keys] if is_key(keys) else keys, snapshot.key_kind, name)
    rows = snapshot.find(wanted)
    if len(rows) and rows.min() < 0:
        missing = wanted[int(np.argmin(rows))]
        raise not_found(snapshot, missing if isinstance(missing, str) else int(missing))
    return rows


def not_found(snapshot: Snapshot, key: str | int) -> KeyNotFoundError:
    """Return the error that names a missing key and, once it is read, similar spellings."""
    shown = f'"{key}"' if isinstance(key, str) else key
    message = f"No key {shown} in this store ({len(snapshot):,} keys)."
    # The error holds the snapshot until its suggestions are read.
    suggest = partial(_suggestions, snapshot, key) if isinstance(key, str) else ()
    return KeyNotFoundError(message, key=key, suggestions=suggest)


def _suggestions(snapshot: Snapshot, key: str) -> list[str]:
    def stored(spellings: list[str]) -> list[str]:
        rows = snapshot.find(spellings)
        # In row order: files of word vectors list the commonest words first.
        near: list[str] = snapshot.take(np.sort(rows[rows >= 0])).tolist()
        return near

    sample = snapshot.take(snapshot.live[:_SAMPLED_KEYS])
    return near_spellings(key, "".join(sample), stored)
