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

# Spellings are tried with the letters of this many keys: a store of Greek words suggests Greek.
_SAMPLED_KEYS = 256


def check_key_kind(kind: object) -> str:
    """Return `kind` if keys can be of that kind.

    Parameters
    ----------
    kind : str
        ``"str"`` or ``"int"``.

    Returns
    -------
    str
        The same.

    Raises
    ------
    ValueError
        If it is anything else.
    """
    if kind not in KEY_KINDS:
        raise ValueError(f'`keys` must be "str" or "int"; got {kind!r}.')
    return str(kind)


def is_key(value: object) -> bool:
    """Return whether a value is one key rather than a collection of them.

    Parameters
    ----------
    value : object
        Whatever a caller passed.

    Returns
    -------
    bool
        True for strings and integers.
    """
    return isinstance(value, str | int | np.integer) and not isinstance(value, bool)


def as_keys(keys: Iterable[Any], kind: str, name: str = "keys") -> Sequence[Any]:
    """Return `keys` as a sequence, once they are known to be of the right type.

    Parameters
    ----------
    keys : iterable of str or of int
        A list, an array, a column of a table.
    kind : str
        ``"str"`` or ``"int"``: what the store is keyed by.
    name : str, default "keys"
        The caller's argument, for the error.

    Returns
    -------
    list, or ndarray of integers, shape (m,)
        As key tables take them.

    Raises
    ------
    TypeError
        If a key is of the other type.
    ValueError
        If an array has not one axis.
    """
    if is_key(keys) or isinstance(keys, bytes):
        raise TypeError(f"`{name}` must be a sequence of keys; got one {type(keys).__name__}.")
    if not isinstance(keys, Iterable):
        raise TypeError(f"`{name}` must be a sequence of keys; got {type(keys).__name__} {keys!r}.")
    if hasattr(keys, "to_pylist"):  # of Arrow, which iterates over scalars of its own
        keys = keys.to_pylist()
    if isinstance(keys, np.ndarray):
        if keys.ndim != 1:
            raise ValueError(f"`{name}` must have shape (n,); got {keys.shape}.")
        if kind == "int" and keys.dtype.kind == "i" and not np.ma.is_masked(keys):
            return cast("Sequence[Any]", keys)
        keys = keys.tolist()
    listed = list(keys)
    wanted: tuple[type, ...] = (str,) if kind == "str" else (int, np.integer)
    # A few types instead of a million keys: the keys are gone through only to name a wrong one.
    types = set(map(type, listed))
    wrong = {found for found in types if found is bool or not issubclass(found, wanted)}
    if wrong:
        place = next(place for place, key in enumerate(listed) if type(key) in wrong)
        shown = f"{type(listed[place]).__name__} {listed[place]!r}"
        raise TypeError(f"`{name}` must all be {kind}; place {place} holds {shown}.")
    return listed


def find_folded(snapshot: Snapshot, words: Iterable[str]) -> Rows:
    """Return the row of every word, whatever its case: that of the first key spelled like it.

    Parameters
    ----------
    snapshot : Snapshot
        Keyed by words.
    words : iterable of m str
        What to look for. Words are spelled alike if `str.upper` makes them the same.

    Returns
    -------
    ndarray of int64, shape (m,)
        Global; -1 where there is none.

    Notes
    -----
    Keys of lower-case ASCII letters are looked up. Only the others are gone through.
    """
    folded = [word.upper() for word in words]
    # Of ASCII keys without capitals, only the fold in lower case can have it.
    rows = snapshot.find([fold.lower() if fold.isascii() else fold for fold in folded])
    others = snapshot.cased
    spellings = list(map(str.upper, snapshot.take(others).tolist()))
    asked = np.fromiter(map(set(folded).__contains__, spellings), np.bool_, len(spellings))
    # Backwards, so that the first key of a spelling is the one that stays.
    hits = np.flatnonzero(asked)[::-1]
    first = {spellings[hit]: others[hit] for hit in hits.tolist()}
    found = np.fromiter((first.get(fold, -1) for fold in folded), np.int64, len(folded))
    # As an unsigned number -1 is the largest: the first of two that are there, or the one that is.
    return np.minimum(rows.view(np.uint64), found.view(np.uint64)).view(np.int64)


def require_rows(snapshot: Snapshot, keys: Any, name: str = "keys") -> Rows:
    """Return the global rows of keys that must all be there.

    Parameters
    ----------
    snapshot : Snapshot
        Where to look.
    keys : key, or iterable of m keys
        What to look for.
    name : str, default "keys"
        The caller's argument, for the errors.

    Returns
    -------
    ndarray of int64, shape (m,)
        A row for every key; m is 1 for a single one.

    Raises
    ------
    KeyNotFoundError
        Naming the first key that is missing and the nearest spellings that are not.
    """
    wanted = as_keys([keys] if is_key(keys) else keys, snapshot.key_kind, name)
    rows = snapshot.find(wanted)
    if len(rows) and rows.min() < 0:
        missing = wanted[int(np.argmin(rows))]
        raise not_found(snapshot, missing if isinstance(missing, str) else int(missing))
    return rows


def not_found(snapshot: Snapshot, key: str | int) -> KeyNotFoundError:
    """Return the error that says a key is missing, and what is spelled like it.

    Parameters
    ----------
    snapshot : Snapshot
        Where it was looked for.
    key : str or int
        The key.

    Returns
    -------
    KeyNotFoundError
        To be raised by the caller. Holds the snapshot until somebody reads it.
    """
    shown = f'"{key}"' if isinstance(key, str) else key
    message = f"No key {shown} in this store ({len(snapshot):,} keys)."
    suggest = partial(_suggestions, snapshot, key) if isinstance(key, str) else ()
    return KeyNotFoundError(message, key=key, suggestions=suggest)


def _suggestions(snapshot: Snapshot, key: str) -> list[str]:
    def stored(spellings: list[str]) -> list[str]:
        rows = snapshot.find(spellings)
        # In the order of the rows: word vectors come with the commonest words first.
        near: list[str] = snapshot.take(np.sort(rows[rows >= 0])).tolist()
        return near

    sample = snapshot.take(snapshot.live[:_SAMPLED_KEYS])
    return near_spellings(key, "".join(sample), stored)
