"""Which keys of a file came before."""

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["SeenKeys"]


class SeenKeys:
    """The keys that came so far: about 100 bytes for each."""

    def __init__(self) -> None:
        self._keys: set[Any] = set()

    def again(self, keys: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Return which keys came before, here or in an earlier call, and remember all of them.

        Parameters
        ----------
        keys : ndarray of object (str) or int64, shape (m,)
            The next keys of the file.

        Returns
        -------
        ndarray of bool, shape (m,)
            True for every occurrence of a key but its first.

        Examples
        --------
        >>> seen = SeenKeys()
        >>> seen.again(np.array(["a", "b", "a"], dtype=object))
        array([False, False,  True])
        >>> seen.again(np.array(["c", "b"], dtype=object))
        array([False,  True])
        """
        listed = keys.tolist()
        fresh = set(listed)
        if len(fresh) == len(listed) and self._keys.isdisjoint(fresh):
            self._keys |= fresh
            return np.zeros(len(listed), dtype=bool)
        came = np.empty(len(listed), dtype=bool)
        for i, key in enumerate(listed):
            came[i] = key in self._keys
            self._keys.add(key)
        return came
