"""The words of a store as a test knows them: the first so many, with or without case."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from vecstore.arrays import check_count
from vecstore.store import Store

__all__ = ["KnownWords"]


class KnownWords:
    """Finds the key that stands for a word.

    Parameters
    ----------
    store : Store
        Vectors keyed by words.
    restrict : int or None
        Only the first so many keys are words; None takes all.
    case_insensitive : bool
        Whether words that differ only in case are one, for which the first of them stands.

    Attributes
    ----------
    where : ndarray of bool, shape (len(store),), or None
        Which rows may be answers; None if all may.
    unique : bool
        Whether each of these keys stands for itself alone.
    fold : callable
        ``fold(word)`` is what a word shares with the others that count as the same: the word in
        upper case, unless case counts.

    Raises
    ------
    TypeError
        If the store is not keyed by words.
    ValueError
        If `restrict` is less than 1.

    Examples
    --------
    >>> import vecstore
    >>> store = vecstore.from_arrays([[1], [2], [3]], keys=["Polish", "polish", "varnish"])
    >>> KnownWords(store, 2, True).find("POLISH"), KnownWords(store, 2, False).find("varnish")
    ('Polish', None)
    """

    where: npt.NDArray[np.bool_] | None = None

    def __init__(self, store: Store, restrict: int | None, case_insensitive: bool) -> None:
        if store.key_kind != "str":
            raise TypeError("`store` must be keyed by words; its keys are integers.")
        keys = store.keys()
        if restrict is not None and check_count(restrict, "restrict") < len(keys):
            self.where = np.arange(len(keys)) < restrict
            keys = keys[:restrict]
        self.fold: Callable[[str], str] = str.upper if case_insensitive else str
        listed = keys.tolist()
        # Backwards, so that the first key of a spelling is the one that stays.
        self._keys = dict(zip(map(self.fold, reversed(listed)), reversed(listed), strict=True))
        self.unique = len(self._keys) == len(listed)

    def find(self, word: str) -> str | None:
        """Return the key that stands for a word.

        Parameters
        ----------
        word : str
            Any word.

        Returns
        -------
        str or None
            None if there is none.
        """
        return self._keys.get(self.fold(word))
