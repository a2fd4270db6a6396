"""What a snapshot is made of: rows with their keys, wherever they lie."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from vecstore import kernels
from vecstore.arrays import check_rows

__all__ = ["ArrayPart", "Keys", "Part", "Rows"]

#: Row numbers, shape (m,).
Rows = npt.NDArray[np.int64]


class Keys(Protocol):
    """The keys of a part: which row has a key, and which key has a row."""

    kind: str

    def __len__(self) -> int: ...

    def find(self, keys: Sequence[Any]) -> Rows:
        """Return the local row of every key, shape (m,), -1 where there is none."""
        ...

    def find_one(self, key: Any) -> int:
        """Return the local row of one key, -1 where there is none."""
        ...

    def take(self, rows: Rows) -> npt.NDArray[Any]:
        """Return the keys of local rows, shape (m,): objects (str) or int64."""
        ...


class Part(Protocol):
    """Rows that a snapshot searches."""

    @property
    def vectors(self) -> npt.NDArray[Any]:
        """Float32 or float16, shape (n, dim); may be mapped and read-only."""
        ...

    @property
    def inverse_norms(self) -> npt.NDArray[np.float32] | None:
        """Float32, shape (n,); None but under cosine."""
        ...

    @property
    def keys(self) -> Keys:
        """A key for every row."""
        ...


class ArrayPart:
    """Vectors that no segment holds: an array in memory, or a mapped dataset of a foreign file.

    Nothing was prepared when they were written, so it is done when a search first needs it.

    Parameters
    ----------
    vectors : ndarray of float32 or float16, shape (n, dim)
        Kept as they are, not copied.
    keys : Keys
        One for every row.
    metric : str or callable
        Under ``"cosine"`` there are norms.
    unchecked : str or None
        Where the rows come from when nobody has checked them: the first search does.
    """

    def __init__(
        self,
        vectors: npt.NDArray[Any],
        keys: Keys,
        metric: object,
        unchecked: str | None = None,
    ) -> None:
        self.vectors = vectors
        self.keys = keys
        self._metric = metric
        self._unchecked = unchecked

    @cached_property
    def inverse_norms(self) -> npt.NDArray[np.float32] | None:
        """Float32, shape (n,); None but under cosine."""
        if self._unchecked:
            check_rows(self.vectors, self._metric, self._unchecked)
        if self._metric != "cosine":
            return None
        norms: npt.NDArray[np.float32] = kernels.engine().inverse_norms(self.vectors)
        return norms
