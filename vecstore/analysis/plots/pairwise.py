"""The distances of a few keys, each to each."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.store import Store, from_arrays

__all__ = ["pairwise"]


def pairwise(store: Store, keys: Sequence[Any]) -> npt.NDArray[np.float64]:
    """Return the distances between n keys under the metric of the store: shape (n, n)."""
    vectors = store[list(keys)]
    found = from_arrays(vectors, metric=store.metric).search(vectors, k=len(vectors))
    distances = np.empty((len(vectors), len(vectors)))
    np.put_along_axis(distances, found.rows, found.distances, axis=1)
    return distances
