"""The words of a store that a test may use: the first so many, with or without case."""

from collections.abc import Iterable
from functools import cached_property

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Rows, check_count
from vecstore.snapshot import find_folded
from vecstore.store import Store, snapshot_of

__all__ = ["KnownWords"]


class KnownWords:
    """Finds the row that stands for a word.

    Raises TypeError if the store is not keyed by words, and ValueError if `restrict` is below 1.
    """

    where: npt.NDArray[np.bool_] | None = None  # (snapshot.rows,): possible answers; None: all

    def __init__(self, store: Store, restrict: int | None, case_insensitive: bool) -> None:
        if store.key_kind != "str":
            raise TypeError("`store` must be keyed by words; its keys are integers.")
        self.snapshot = snapshot_of(store)
        # If True, words that differ only in case are one, and the first of them stands for all.
        self._folds = case_insensitive
        self._end = self.snapshot.rows
        if restrict is not None and check_count(restrict, "restrict") < len(store):
            self._end = int(self.snapshot.live[restrict])
            self.where = self.snapshot.spread(np.arange(len(store)) < restrict)

    def find(self, words: Iterable[str]) -> Rows:
        """Return the row that stands for every word; -1 where there is none."""
        listed = list(words)
        distinct = {word: place for place, word in enumerate(dict.fromkeys(listed))}
        rows = find_folded(self.snapshot, distinct) if self._folds else self._find(distinct)
        rows[rows >= self._end] = -1
        return rows[np.fromiter(map(distinct.__getitem__, listed), np.intp, len(listed))]

    def standing_for(self, rows: Rows) -> Rows:
        """Return the row that stands for the key of every row; -1 stays."""
        if self.unique:
            return rows
        distinct, places = np.unique(rows, return_inverse=True)
        there = distinct >= 0
        distinct[there] = self.find(self.snapshot.take(distinct[there]).tolist())
        return distinct[places].reshape(rows.shape)

    @cached_property
    def unique(self) -> bool:
        """Whether each of the words stands for itself alone."""
        if not self._folds:
            return True
        cased = self.snapshot.cased
        folds = [key.upper() for key in self.snapshot.take(cased[cased < self._end]).tolist()]
        plain = self._find(fold.lower() for fold in folds if fold.isascii())
        return len(set(folds)) == len(folds) and not ((plain >= 0) & (plain < self._end)).any()

    def _find(self, words: Iterable[str]) -> Rows:
        return self.snapshot.find(list(words))
