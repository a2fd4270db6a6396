"""Turn the values of an attribute into colours: categories or quantities."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from matplotlib.colors import to_rgb

from vecstore.analysis.plots.style import NOTHING, PALETTE

if TYPE_CHECKING:
    import polars

__all__ = ["Categories", "Quantities", "shades"]


@dataclass(frozen=True)
class Categories:
    """Values of which few are different."""

    codes: npt.NDArray[np.int64]  # (n,): index into names; -1 for none of them
    # Sorted by value if these are all, at most ten; otherwise the nine most frequent, in that
    # order.
    names: list[str]
    counts: list[int]  # points per name
    rest: str  # what the legend says of the other points; empty if there are none

    @property
    def colors(self) -> npt.NDArray[np.float64]:
        """RGB of each name, and last of points without one: shape (names + 1, 3)."""
        return np.array([to_rgb(color) for color in (*PALETTE[: len(self.names)], NOTHING)])


@dataclass(frozen=True)
class Quantities:
    """Numbers on a scale."""

    values: npt.NDArray[np.float64]  # (n,): NaN where missing or infinite
    # From the 1st to the 99th percentile: one outlier must not grey out the rest.
    low: float
    high: float


def shades(values: "polars.Series") -> Categories | Quantities:
    """Return how to colour by an attribute; raises TypeError for dates, ValueError if empty."""
    import polars as pl

    if values.dtype.is_temporal():
        raise TypeError(
            f'Colours need numbers or categories; "{values.name}" holds {values.dtype}.'
        )
    # Text, booleans, and integers of at most ten different values are categories.
    few = values.dtype.is_integer() and values.drop_nulls().n_unique() <= len(PALETTE)
    if values.dtype.is_numeric() and not few:
        numbers = values.cast(pl.Float64).to_numpy().astype(np.float64)
        numbers[~np.isfinite(numbers)] = np.nan
        if np.isnan(numbers).all():
            raise _nothing(values.name)
        low, high = np.nanpercentile(numbers, [1, 99])
        return Quantities(numbers, float(low), float(high))
    there = values.drop_nulls().rename("value")  # not "count", which the counts get
    counts = there.value_counts().sort("count", "value", descending=[True, False])
    different, missing = counts.height, values.null_count()
    if not different:
        raise _nothing(values.name)
    most = len(PALETTE) if different <= len(PALETTE) and not missing else len(PALETTE) - 1
    shown = counts.head(most)
    if different <= most:
        shown = shown.sort("value")
    present = shown["value"].to_list()
    place = {value: code for code, value in enumerate(present)}
    codes = np.array([place.get(value, -1) for value in values.to_list()], np.int64)
    others = different - len(present)
    rest = [f"{others} other" + "s" * (others > 1)] if others else []
    rest += ["no value"] if missing else []
    return Categories(codes, [str(v) for v in present], shown["count"].to_list(), ", ".join(rest))


def _nothing(name: str) -> ValueError:
    return ValueError(f'Colours need values; "{name}" has none in these rows.')
