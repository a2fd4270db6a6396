"""Pairs of keys that mean the same: files of them, and which of them two stores know."""

import warnings
from collections.abc import Hashable, Iterable, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np

from vecstore.analysis.word_tests.lines import numbered_lines
from vecstore.errors import IngestError, VecstoreError
from vecstore.store import Store

__all__ = ["Pairs", "as_pairs", "identical_keys", "known_pairs", "read_dictionary", "split_pairs"]

#: A key of one store and a key of another.
Pair = tuple[Any, Any]
#: Pairs of keys, or the path of a file of them.
Pairs = str | PathLike[str] | Iterable[Pair]


def read_dictionary(path: str | PathLike[str]) -> tuple[list[tuple[str, str]], int]:
    """Read a dictionary in MUSE's format.

    Parameters
    ----------
    path : path-like
        Lines of a word and its translation, between spaces or a tab. A word that has several comes
        several times.

    Returns
    -------
    pairs : list of (str, str)
        In the order of the file.
    skipped : int
        Lines that are no pair.

    Raises
    ------
    IngestError
        If there is no pair at all.
    """
    path = Path(path)
    pairs, skipped = [], 0
    for _, line in numbered_lines(path):
        fields = line.strip().split("\t" if "\t" in line else None)
        if len(fields) == 2:
            pairs.append((fields[0].strip(), fields[1].strip()))
        else:
            skipped += bool(fields)
    if not pairs:
        raise IngestError(f"{path} holds no lines of a word and its translation.")
    return pairs, skipped


def as_pairs(pairs: Pairs) -> list[Pair]:
    """Return pairs of keys, read from a file if need be.

    Parameters
    ----------
    pairs : path-like, or iterable of (key, key)
        A file as for `read_dictionary`, or the pairs themselves.

    Returns
    -------
    list of (key, key)
        In the same order.

    Raises
    ------
    TypeError
        If something is not a pair of keys.
    """
    if isinstance(pairs, str | PathLike):
        return list(read_dictionary(fspath(pairs))[0])
    listed: list[Any] = list(pairs)
    for place, pair in enumerate(listed):
        if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
            raise TypeError(f"`pairs` must be pairs of keys; place {place} holds {pair!r}.")
    return [(first, second) for first, second in listed]


def split_pairs(pairs: Pairs, share: float = 0.1, seed: int = 0) -> tuple[list[Pair], list[Pair]]:
    """Split a dictionary into pairs to learn from and pairs to test with, by source key.

    Parameters
    ----------
    pairs : path-like, or iterable of (key, key)
        A dictionary; see `read_dictionary`.
    share : float, default 0.1
        Of the source keys, between 0 and 1: the part that is held out, with all translations.
    seed : int, default 0
        Chooses them; the same ones each time.

    Returns
    -------
    train, test : list of (key, key)
        No source key is in both.

    Raises
    ------
    ValueError
        If the share is not between 0 and 1.

    Examples
    --------
    >>> pairs = [("cat", "chat"), ("cat", "chatte"), ("dog", "chien"), ("cow", "vache")]
    >>> train, test = split_pairs(pairs, share=1 / 3)
    >>> len({word for word, _ in train}), len({word for word, _ in test})
    (2, 1)
    """
    if not 0 <= share <= 1:
        raise ValueError(f"`share` must be between 0 and 1; got {share}.")
    listed = as_pairs(pairs)
    keys = list(dict.fromkeys(key for key, _ in listed))
    order = np.random.default_rng(seed).permutation(len(keys))
    held_out = {keys[place] for place in order[: round(share * len(keys))]}
    return (
        [pair for pair in listed if pair[0] not in held_out],
        [pair for pair in listed if pair[0] in held_out],
    )


def known_pairs(pairs: Iterable[Pair], source: Store, target: Store) -> list[Pair]:
    """Return the pairs of which each store has its key.

    Parameters
    ----------
    pairs : iterable of (key, key)
        A key of the source and one of the target.
    source, target : Store
        Where they should be.

    Returns
    -------
    list of (key, key)
        In the same order, each pair once.

    Raises
    ------
    VecstoreError
        If there are none.

    Warns
    -----
    UserWarning
        If they seem to be the wrong way round.
    """
    listed = list(dict.fromkeys(pairs))
    ours, theirs = _keys(source), _keys(target)
    known = [(key, other) for key, other in listed if key in ours and other in theirs]
    turned = sum(other in ours and key in theirs for key, other in listed)
    hint = f" Turned round, {turned:,} are known: exchange the stores." if turned else ""
    where = f"the first key in {_name(source)}, the second in {_name(target)}.{hint}"
    if not known:
        raise VecstoreError(f"None of the {len(listed):,} pairs is known: {where}")
    if turned > 2 * len(known):
        warnings.warn(f"Only {len(known):,} of the pairs are known: {where}", stacklevel=3)
    return known


def identical_keys(source: Store, target: Store) -> list[Pair]:
    """Return the keys that both stores have, as pairs: a dictionary where there is none.

    Parameters
    ----------
    source, target : Store
        Two stores.

    Returns
    -------
    list of (key, key)
        In the order of the source.

    Raises
    ------
    VecstoreError
        If there are none.
    """
    theirs = _keys(target)
    common = [(key, key) for key in source.keys().tolist() if key in theirs]
    if not common:
        raise VecstoreError(
            f"{_name(source)} and {_name(target)} have no key in common; pass pairs of keys."
        )
    return common


def _keys(store: Store) -> frozenset[Hashable]:
    return frozenset(store.keys().tolist())


def _name(store: Store) -> str:
    return str(store.path) if store.path else f"a store of {len(store):,} keys in memory"
