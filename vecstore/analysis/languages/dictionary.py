"""Pairs of keys that mean the same: read them from files, and find those that two stores know."""

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
    r"""Read a dictionary in the format of MUSE.

    Parameters
    ----------
    path : path-like
        A file with a word and its translation a line, separated by spaces or a tab. A word with
        several translations has several lines.

    Returns
    -------
    pairs : list of (str, str)
        In the order of the file.
    skipped : int
        The number of lines that are not a pair.

    Raises
    ------
    IngestError
        If the file holds no pair.

    Examples
    --------
    >>> from pathlib import Path
    >>> from vecstore.analysis import read_dictionary
    >>> size = Path("en-fr.txt").write_text("cat chat\ncat chatte\ndog\n")
    >>> read_dictionary("en-fr.txt")
    ([('cat', 'chat'), ('cat', 'chatte')], 1)
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
    """Return pairs of keys, read from a file if need be; raises TypeError if one is not a pair."""
    if isinstance(pairs, str | PathLike):
        return list(read_dictionary(fspath(pairs))[0])
    listed: list[Any] = list(pairs)
    for place, pair in enumerate(listed):
        if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
            raise TypeError(f"`pairs` must be pairs of keys; place {place} holds {pair!r}.")
    return [(first, second) for first, second in listed]


def split_pairs(pairs: Pairs, share: float = 0.1, seed: int = 0) -> tuple[list[Pair], list[Pair]]:
    """Split a dictionary by source key into pairs to learn from and pairs to test with.

    Parameters
    ----------
    pairs : path-like, or iterable of (key, key)
        A dictionary; see `read_dictionary`.
    share : float, default 0.1
        The share of the source keys to hold out, with all their translations; from 0 to 1.
    seed : int, default 0
        Seed for drawing them.

    Returns
    -------
    train, test : list of (key, key)
        No source key is in both.

    Raises
    ------
    ValueError
        If `share` is not between 0 and 1.

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
    """Return the pairs known to both stores, each once; raises VecstoreError if there are none."""
    listed = list(dict.fromkeys(pairs))
    ours, theirs = _keys(source), _keys(target)
    known = [(key, other) for key, other in listed if key in ours and other in theirs]
    turned = sum(other in ours and key in theirs for key, other in listed)
    hint = f" Turned round, {turned:,} are known: exchange the stores." if turned else ""
    where = f"the first key in {_name(source)}, the second in {_name(target)}.{hint}"
    if not known:
        raise VecstoreError(f"None of the {len(listed):,} pairs is known: {where}")
    # The pairs seem to be the wrong way round.
    if turned > 2 * len(known):
        warnings.warn(f"Only {len(known):,} of the pairs are known: {where}", stacklevel=3)
    return known


def identical_keys(source: Store, target: Store) -> list[Pair]:
    """Return the keys that both stores have, as pairs; raises VecstoreError if there are none."""
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
