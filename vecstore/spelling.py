"""Stored keys that are spelled like a missing one.

Candidates are generated from the missing key and looked up. The keys of the store, which may be
millions, are never read.
"""

from collections.abc import Callable, Iterable
from math import inf

__all__ = ["near_spellings"]

# Longer keys have too many spellings to look up; keys of these lengths have some 50,000.
_LONGEST_WITH_ONE_EDIT = 500
_LONGEST_WITH_TWO = 20


def near_spellings(
    key: str, letters: Iterable[str], stored: Callable[[list[str]], list[str]], most: int = 3
) -> list[str]:
    """Return at most `most` stored keys that are spelled like `key`, the nearest first.

    `letters` may be inserted. `stored` selects the keys among spellings, preferred ones first.
    """
    alphabet = sorted(set(letters) | set(key))
    found: list[str] = []
    for ring, longest in _RINGS:
        if len(found) < most and (len(key) <= longest):
            near = stored(sorted(ring(key, alphabet) - {key, *found}))
            found.extend(near[: most - len(found)])
    return found


def _cases(key: str, _: list[str]) -> set[str]:
    bare = key.strip()
    return {bare, bare.lower(), bare.upper(), bare.title(), bare.capitalize()}


def _one_edit(key: str, alphabet: list[str]) -> set[str]:
    splits = [(key[:place], key[place:]) for place in range(len(key) + 1)]
    wrong = {head + letter + tail[1:] for head, tail in splits if tail for letter in alphabet}
    missing = {head + letter + tail for head, tail in splits for letter in alphabet}
    return _reduced(key) | wrong | missing


def _two_edits(key: str, alphabet: list[str]) -> set[str]:
    # Two edits, one of which drops or swaps letters; or two letters for one (ph for f).
    twice = {spelling for once in _reduced(key) for spelling in _one_edit(once, alphabet)}
    pairs = [first + second for first in alphabet for second in alphabet]
    two_for_one = {key[:p] + pair + key[p + 1 :] for p in range(len(key)) for pair in pairs}
    one_for_two = {key[:p] + x + key[p + 2 :] for p in range(len(key) - 1) for x in alphabet}
    return twice | two_for_one | one_for_two


def _reduced(key: str) -> set[str]:
    """Return `key` with one letter dropped, or two neighbouring letters swapped."""
    splits = [(key[:place], key[place:]) for place in range(len(key))]
    dropped = {head + tail[1:] for head, tail in splits}
    swapped = {head + tail[1] + tail[0] + tail[2:] for head, tail in splits if len(tail) > 1}
    return dropped | swapped


# Kinds of slips, the mildest first, each with the longest key that is looked up for it.
_RINGS: tuple[tuple[Callable[[str, list[str]], set[str]], float], ...] = (
    (_cases, inf),
    (_one_edit, _LONGEST_WITH_ONE_EDIT),
    (_two_edits, _LONGEST_WITH_TWO),
)
