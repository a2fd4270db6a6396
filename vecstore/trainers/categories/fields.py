"""The categories of a column, numbered."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Field"]


class Field:
    """A column and its categories, numbered in the order in which they came.

    Parameters
    ----------
    name : str
        Of the column.
    categories : sequence of str
        Each once.
    counts : ndarray of int64, shape (len(categories),)
        Rows that have them.

    Examples
    --------
    >>> import polars as pl
    >>> colour = Field.of(pl.Series("colour", ["red", "white", "red"]))
    >>> colour.codes(pl.Series(["white", "orange"]))
    array([1, 2], dtype=int32)
    """

    def __init__(self, name: str, categories: Sequence[str], counts: npt.NDArray[np.int64]) -> None:
        self.name = name
        self.categories = list(categories)
        self.counts = counts

    @classmethod
    def of(cls, values: "pl.Series") -> Self:
        """Return the field that a column of texts makes.

        Parameters
        ----------
        values : polars.Series of str
            None is missing.

        Returns
        -------
        Field
            Of their name and categories.
        """
        categories = values.unique(maintain_order=True).to_list()
        field = cls(values.name, categories, np.zeros(len(categories), np.int64))
        field.count(field.codes(values))
        return field

    def __len__(self) -> int:
        return len(self.categories)

    def codes(self, values: "pl.Series") -> npt.NDArray[np.int32]:
        """Return the numbers of categories.

        Parameters
        ----------
        values : polars.Series of str
            None is missing.

        Returns
        -------
        ndarray of int32, shape (n,)
            ``len(self)`` for one that the field does not have.
        """
        import polars as pl

        numbers = values.replace_strict(
            self.categories, range(len(self)), default=len(self), return_dtype=pl.Int32
        )
        return numbers.to_numpy()

    def count(self, codes: npt.NDArray[np.int32]) -> None:
        """Count rows anew.

        Parameters
        ----------
        codes : ndarray of int32, shape (n,)
            Categories that the field has.
        """
        self.counts = np.bincount(codes, minlength=len(self))

    def with_mean(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return what belongs to each category, and what to all others: the mean over the rows.

        Parameters
        ----------
        rows : ndarray of float32, shape (len(self), ...)
            For each category.

        Returns
        -------
        ndarray of float32, shape (len(self) + 1, ...)
            To be taken by `codes`.
        """
        mean = np.average(rows, axis=0, weights=self.counts)
        return np.concatenate([rows, mean[np.newaxis].astype(np.float32)])

    def state(self) -> dict[str, Any]:
        """Return the field as JSON can hold it; the keyword arguments of `from_state`.

        Returns
        -------
        dict
            Name, categories and counts.
        """
        return {
            "name": self.name,
            "categories": self.categories,
            "counts": self.counts.tolist(),
        }

    @classmethod
    def from_state(cls, name: str, categories: list[str], counts: list[int]) -> Self:
        """Return the field that `state` wrote.

        Parameters
        ----------
        name, categories, counts
            From `state`.

        Returns
        -------
        Field
            The same.
        """
        return cls(name, categories, np.array(counts, np.int64))
