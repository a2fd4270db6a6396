"""Tables as callers have them: frames, or files of several formats; and their columns as texts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import polars as pl

__all__ = ["MISSING", "amounts", "as_table", "category_names"]

#: What stands for a missing value. A table that spells it out means the same by it.
MISSING = "(missing)"


def as_table(data: Any, columns: Sequence[str], name: str = "data") -> "pl.DataFrame":
    """Return some columns of a table.

    Parameters
    ----------
    data : path-like, polars or pandas frame, or mapping of str to sequence
        A file's suffix tells what it is: .csv or .tsv (also .gz), .parquet, .json (a list of
        objects), .jsonl or .ndjson.
    columns : sequence of str
        Which columns, in this order.
    name : str, default "data"
        The caller's argument, for the errors.

    Returns
    -------
    polars.DataFrame
        Of at least one row.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    TypeError
        If `data` is nothing of the kind.
    ValueError
        If it is no table, has no such column, or no rows.
    """
    import polars as pl

    if isinstance(data, str | PathLike):
        return _chosen(_scanned(Path(data)), columns, str(data))
    if isinstance(data, Mapping) or hasattr(data, "__arrow_c_stream__"):
        with _reading(f"`{name}`"):
            data = pl.DataFrame(data)
    if not isinstance(data, pl.DataFrame | pl.LazyFrame):
        raise TypeError(
            f"`{name}` must be a table: a frame of polars or pandas, a path, or a mapping of "
            f"columns; got {type(data).__name__}."
        )
    return _chosen(data.lazy(), columns, f"`{name}`")


def category_names(values: "pl.Series") -> "pl.Series":
    """Return a column as texts, so that it reads the same whatever its type came to be.

    Parameters
    ----------
    values : polars.Series
        Of n texts, numbers, truth values or dates; null or NaN where one is missing.

    Returns
    -------
    polars.Series
        Of n strings. Whole numbers have no decimal point: a column of them that lacks some values
        is one of floats to pandas.

    Raises
    ------
    TypeError
        If the values are lists, records or bytes.

    Examples
    --------
    >>> import polars as pl
    >>> category_names(pl.Series("vintage", [1999.0, None, 2001.0])).to_list()
    ['1999', '(missing)', '2001']
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
        if (whole.cast(pl.Float64) == values).fill_null(value=True).all():
            values = whole
    return values.cast(pl.String).fill_null(MISSING)


def amounts(values: "pl.Series") -> npt.NDArray[np.float32]:
    """Return a column of numbers that are finite and not negative, or refuse it.

    Parameters
    ----------
    values : polars.Series
        Of n numbers or truth values.

    Returns
    -------
    ndarray of float32, shape (n,)
        The same.

    Raises
    ------
    TypeError
        If they are of another type.
    ValueError
        If one is missing, negative, or not finite.
    """
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


def _chosen(table: "pl.LazyFrame", columns: Sequence[str], where: str) -> "pl.DataFrame":
    with _reading(where):
        there = table.collect_schema().names()
    for column in columns:
        if column not in there:
            close = get_close_matches(column, there, 1)
            meant = f' Did you mean "{close[0]}"?' if close else ""
            raise ValueError(f'{where} has no column "{column}"; it has {", ".join(there)}.{meant}')
    with _reading(where):
        frame = table.select(columns).collect()
    if frame.is_empty():
        raise ValueError(f"{where} must have rows; it has none.")
    return frame


def _scanned(path: Path) -> "pl.LazyFrame":
    import polars as pl

    # All rows tell the type of a column: numbers may come first, and words long after.
    readers: dict[str, Callable[[], pl.LazyFrame]] = {
        ".csv": lambda: pl.scan_csv(path, infer_schema_length=None, glob=False),
        ".tsv": lambda: pl.scan_csv(path, separator="\t", infer_schema_length=None, glob=False),
        ".parquet": lambda: pl.scan_parquet(path, glob=False),
        ".json": lambda: pl.read_json(path, infer_schema_length=None).lazy(),
        ".jsonl": lambda: pl.scan_ndjson(path, infer_schema_length=None),
        ".ndjson": lambda: pl.scan_ndjson(path, infer_schema_length=None),
    }
    suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
    if suffix not in readers:
        raise ValueError(
            f"{path} must be a table, and be named for what it is: {', '.join(readers)}."
        )
    if not path.is_file():
        raise FileNotFoundError(f"{path} is no file; a table is needed.")
    with _reading(str(path)):
        return readers[suffix]()


@contextmanager
def _reading(where: str) -> Iterator[None]:
    """Turn what polars raises for bad tables, its panics too, into one sentence."""
    from polars import exceptions

    try:
        yield
    except (exceptions.PolarsError, exceptions.PanicException, OSError) as error:
        first = str(error).partition("\n")[0].rstrip(".")
        raise ValueError(f"{where} cannot be read as a table: {first}.") from error
