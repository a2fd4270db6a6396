"""The rows to export, and whether a format can hold their keys."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vecstore.store import Store

if TYPE_CHECKING:
    import polars

__all__ = ["Rows"]

_STEP_VALUES = 1 << 20


class Rows:
    """The rows of a store on their way to a file; errors name `format`."""

    def __init__(self, store: Store, format: str) -> None:
        self.store = store
        self.format = format
        self.n, self.dim = len(store), store.dim
        self.key_kind, self.dtype = store.key_kind, store.dtype

    def batches(self) -> Iterator[tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
        """Yield keys and vectors, a few MB at a time."""
        return self.store.batches(max(1, _STEP_VALUES // self.dim))

    def texts(self, fits: Callable[[str], bool]) -> Iterator[tuple[list[str], npt.NDArray[Any]]]:
        """Yield the keys as text, and the vectors; ValueError if a key does not fit the format."""
        for keys, vectors in self.batches():
            texts = [str(key) for key in keys]
            for text in texts:
                if not fits(text):
                    raise ValueError(
                        f'Key "{text}" cannot be written as {self.format} and be read again. '
                        f'Use format="parquet", which holds any key.'
                    )
            yield texts, vectors

    @cached_property
    def attributes(self) -> "dict[str, polars.DataType]":
        """The dtypes of the attributes by name, in the order in which they were added."""
        return dict(self.store.frame([]).drop("key").schema)

    def table(self, keys: Sequence[Any]) -> "polars.DataFrame":
        """Return a frame of keys, which may be given as text, and their attributes."""
        return self.store.frame([int(key) for key in keys] if self.key_kind == "int" else keys)

    @property
    def are_numbered(self) -> bool:
        """Whether the keys are the row numbers, which need not be written."""
        if self.key_kind != "int":
            return False
        return bool(np.array_equal(self.store.keys(), np.arange(self.n)))
