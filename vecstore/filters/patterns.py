"""Patterns of LIKE, matched in time that grows with the text but not with the wildcards."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.filters.substrings import containing, framed, lowered
from vecstore.storage.keys import PackedStrings

__all__ = ["Pattern"]

# Most bytes of a literal that is searched for in packed strings: each takes a pass over all bytes.
_SHORT = 16


class _Folds(dict[int, str]):
    """Maps each character to one case that stands for all of its cases; always one character."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        cases = (character.casefold(), character.lower(), character)
        self[code] = next(case for case in cases if len(case) == 1)
        return self[code]


_FOLDS = _Folds()


class Pattern:
    """Which texts are LIKE a pattern: ``%`` is any text, ``_`` any character."""

    def __init__(self, like: str, escape: str, *, any_case: bool) -> None:
        self._any_case = any_case
        runs: list[list[str]] = [[]]  # the text between percent signs; "" is any character
        characters = iter(like.translate(_FOLDS) if any_case else like)
        escape = escape.translate(_FOLDS) if any_case else escape
        for character in characters:
            if escape and character == escape:
                runs[-1].append(next(characters, escape))
            elif character == "%":
                runs.append([])
            else:
                runs[-1].append("" if character == "_" else character)
        self._is_open = len(runs) > 1
        self._start, self._end = _at(runs[0]), _at(runs[-1])
        self._least = sum(map(len, runs))
        self._first, self._last = len(runs[0]), len(runs[-1])
        between = [run for run in runs[1:-1] if run]
        self._between = [(_finder(run), len(run)) for run in between]
        # (start, middle, end) of a pattern without "_" that has only its ends, or only a middle.
        self._literal: tuple[str, str, str] | None = None
        if not any("" in run for run in runs):
            if not between:
                self._literal = "".join(runs[0]), "", "".join(runs[-1]) if self._is_open else ""
            elif len(between) == 1 and not runs[0] and not runs[-1]:
                self._literal = "", "".join(between[0]), ""

    def matched(self, texts: PackedStrings | npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Return which of n texts are like the pattern."""
        if isinstance(texts, PackedStrings):
            cased = lowered(texts) if self._any_case else texts
            if cased is not None and self._literal and len(self._literal[1]) <= _SHORT:
                head, middle, tail = (one.encode("utf-8", "surrogatepass") for one in self._literal)
                if middle:
                    return containing(cased, middle)
                return framed(cased, head, tail if self._is_open else None)
            texts = texts.texts()
        return np.fromiter(map(self.matches, texts), np.bool_, len(texts))

    def matches(self, text: str) -> bool:
        """Return whether the whole text is like the pattern."""
        if self._any_case:
            text = text.lower() if text.isascii() else text.translate(_FOLDS)
        size = len(text)
        if size < self._least or not self._start(text, 0):
            return False
        if not self._is_open:
            return size == self._least
        stop = size - self._last
        if not self._end(text, stop):
            return False
        # Taking the first place of each run leaves the most room for the later ones.
        at = self._first
        for find, length in self._between:
            at = find(text, at, stop)
            if at < 0:
                return False
            at += length
        return True


def _at(run: list[str]) -> Callable[[str, int], bool]:
    """Return a function that tells whether a run stands at a place."""
    if "" not in run:
        literal = "".join(run)
        return lambda text, place: text.startswith(literal, place)
    matcher = _expression(run)
    return lambda text, place: matcher.match(text, place) is not None


def _finder(run: list[str]) -> Callable[[str, int, int], int]:
    """Return a function that finds the first place of a run between two places, or -1."""
    if "" not in run:
        literal = "".join(run)
        return lambda text, start, stop: text.find(literal, start, stop)
    searcher = _expression(run)

    def find(text: str, start: int, stop: int) -> int:
        found = searcher.search(text, start, stop)
        return found.start() if found else -1

    return find


def _expression(run: list[str]) -> re.Pattern[str]:
    # Its length is fixed, so it never backtracks.
    return re.compile("".join(re.escape(one) if one else "." for one in run), re.DOTALL)
