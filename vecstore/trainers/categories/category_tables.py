"""Table columns as trainers take them: category names, and amounts."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import polars as pl

__all__ = ["MISSING", "amounts", "category_names"]

#: The category of a missing value. A table that spells it out means the same.
MISSING = "(missing)"


def category_names(values: "pl.Series") -> "pl.Series":
    """Return a column as strings, whatever its type came to be; TypeError for lists or bytes.

    >>> import polars as pl
    >>> category_names(pl.Series("size", [1.5, None, 2.0])).to_list()
    ['1.5', '(missing)', '2']
    """
    import polars as pl

    if values.dtype.is_nested() or values.dtype in (pl.Binary, pl.Object):
        raise TypeError(
            f'Column "{values.name}" must hold texts, numbers, truth values or dates; '
            f"it holds {values.dtype}."
        )
    if values.dtype.is_float():
        values = values.fill_nan(None)
        whole = values.cast(pl.Int64, strict=False)
        # Whole numbers get no decimal point: pandas turns integers with gaps into floats. Each
        # value is cast by itself: its name must not depend on the others in the column.
        texts = whole.cast(pl.String).zip_with(whole == values, values.cast(pl.String))
    else:
        texts = values.cast(pl.String)
    return texts.fill_null(MISSING)


def amounts(values: "pl.Series") -> npt.NDArray[np.float32]:
    """Return a column as float32; TypeError unless numeric, ValueError unless finite and >= 0."""
    import polars as pl

    if not (values.dtype.is_numeric() or values.dtype == pl.Boolean):
        raise TypeError(f'Column "{values.name}" must hold numbers; it holds {values.dtype}.')
    numbers = values.cast(pl.Float32)
    wrong = numbers.is_null() | ~numbers.is_finite() | (numbers < 0)
    if wrong.any():
        row = int(np.argmax(wrong.to_numpy()))
        raise ValueError(
            f'Column "{values.name}" must be finite and not negative; {wrong.sum()} of '
            f"{len(values)} rows are not, row {row} first: {values[row]}. Filter them out, or add "
            "a number to the column."
        )
    return numbers.to_numpy()
