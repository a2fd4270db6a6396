"""The categories of a column, numbered."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Field"]


class Field:
    """A column and its categories, numbered in the order in which they first occur.

    >>> import polars as pl
    >>> colour = Field.of(pl.Series("colour", ["red", "white", "red"]))
    >>> colour.codes(pl.Series(["white", "orange"])).tolist()
    [1, 2]
    """

    def __init__(self, name: str, categories: Sequence[str], counts: npt.NDArray[np.int64]) -> None:
        self.name = name
        self.categories = list(categories)
        self.counts = counts  # rows per category, (len(self),)

    @classmethod
    def of(cls, values: "pl.Series") -> Self:
        """Make the field of a column of strings."""
        categories = values.unique(maintain_order=True).to_list()
        field = cls(values.name, categories, np.zeros(len(categories), np.int64))
        field.count(field.codes(values))
        return field

    def __len__(self) -> int:
        return len(self.categories)

    def codes(self, values: "pl.Series") -> npt.NDArray[np.int32]:
        """Return the number of each category, (n,); ``len(self)`` if it is unknown."""
        import polars as pl

        numbers = values.replace_strict(
            self.categories, range(len(self)), default=len(self), return_dtype=pl.Int32
        )
        return numbers.to_numpy()

    def count(self, codes: npt.NDArray[np.int32]) -> None:
        """Replace the counts by those of these codes, which must be known."""
        self.counts = np.bincount(codes, minlength=len(self))

    def with_mean(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Append the mean over the rows of the table to `rows`, (len(self), ...)."""
        mean = np.average(rows, axis=0, weights=self.counts)
        return np.concatenate([rows, mean[np.newaxis].astype(np.float32)])

    def state(self) -> dict[str, Any]:
        """Return the keyword arguments of `from_state`, as JSON can hold them."""
        return {
            "name": self.name,
            "categories": self.categories,
            "counts": self.counts.tolist(),
        }

    @classmethod
    def from_state(cls, name: str, categories: list[str], counts: list[int]) -> Self:
        """Return the field that `state` wrote."""
        return cls(name, categories, np.array(counts, np.int64))
