"""Duplicate keys of a file."""

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["SeenKeys"]


class SeenKeys:
    """The keys seen so far, at about 100 bytes each."""

    def __init__(self) -> None:
        self._keys: set[Any] = set()

    def again(self, keys: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Mask the keys that came before, in this call or an earlier one, and remember them all."""
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
