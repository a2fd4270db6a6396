"""Tables of records as callers have them: frames, mappings, or files of several formats."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vecstore.forks import check_polars
from vecstore.pipes import is_pipe, whole_file

if TYPE_CHECKING:
    import polars as pl

__all__ = ["as_table", "check_columns", "read_columns", "record_keys", "scan_table"]


def as_table(data: Any, columns: Sequence[str] | None = None, name: str = "data") -> "pl.DataFrame":
    """Return a table, or some of its columns.

    Parameters
    ----------
    data : path-like, polars or pandas frame, or mapping of str to sequence
        A file's suffix tells what it is: .csv or .tsv (also .gz), .parquet, .json (a list of
        objects), .jsonl or .ndjson.
    columns : sequence of str or None
        Which columns, in this order; None takes all.
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
    check_polars()
    import polars as pl

    if isinstance(data, str | PathLike):
        return read_columns(scan_table(data), columns, str(data))
    if isinstance(data, Mapping) or hasattr(data, "__arrow_c_stream__"):
        with _reading(f"`{name}`"):
            data = pl.DataFrame(data)
    if not isinstance(data, pl.DataFrame | pl.LazyFrame):
        raise TypeError(
            f"`{name}` must be a table: a frame of polars or pandas, a path, or a mapping of "
            f"columns; got {type(data).__name__}."
        )
    return read_columns(data.lazy(), columns, f"`{name}`")


def read_columns(
    table: "pl.LazyFrame", columns: Sequence[str] | None, where: str
) -> "pl.DataFrame":
    """Return some columns of a table that was not read yet.

    Parameters
    ----------
    table : polars.LazyFrame
        Such as `scan_table` returns.
    columns : sequence of str or None
        Which columns, in this order; None takes all.
    where : str
        What the error calls the table.

    Returns
    -------
    polars.DataFrame
        Of at least one row.

    Raises
    ------
    ValueError
        If the table cannot be read, has no such column, or no rows.
    """
    check_polars()
    with _reading(where):
        there = table.collect_schema().names()
    check_columns(there, columns or (), where)
    with _reading(where):
        frame = (table if columns is None else table.select(columns)).collect()
    if frame.is_empty():
        raise ValueError(f"{where} must have rows; it has none.")
    return frame


def scan_table(path: str | PathLike[str]) -> "pl.LazyFrame":
    """Return a table in a file, of which only the columns are known yet.

    Parameters
    ----------
    path : path-like
        As for `as_table`.

    Returns
    -------
    polars.LazyFrame
        Its schema can be asked for.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no table.
    """
    check_polars()
    import polars as pl

    path = Path(path)
    # All rows tell the type of a column: numbers may come first, and words long after.
    readers: dict[str, Callable[[Path], pl.LazyFrame]] = {
        ".csv": lambda at: pl.scan_csv(at, infer_schema_length=None, glob=False),
        ".tsv": lambda at: pl.scan_csv(at, separator="\t", infer_schema_length=None, glob=False),
        ".parquet": lambda at: pl.scan_parquet(at, glob=False),
        ".json": lambda at: pl.read_json(at, infer_schema_length=None).lazy(),
        ".jsonl": lambda at: pl.scan_ndjson(at, infer_schema_length=None),
        ".ndjson": lambda at: pl.scan_ndjson(at, infer_schema_length=None),
    }
    suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
    if suffix not in readers:
        pipe = " A pipe has no such name: write it to a file." * (path.exists() and is_pipe(path))
        raise ValueError(
            f"{path} must be a table, and be named for what it is: {', '.join(readers)}.{pipe}"
        )
    if not path.exists() or path.is_dir():
        raise FileNotFoundError(f"{path} is not a file; a table is needed.")
    with whole_file(path) as place, _reading(str(path)):
        table = readers[suffix](place)
        table.collect_schema()  # which it remembers
        # The copy of a pipe is gone when the table is asked for more.
        return table if place == path else table.collect().lazy()


def check_columns(there: Sequence[str], columns: Sequence[str], where: str) -> None:
    """Refuse columns that a table does not have.

    Parameters
    ----------
    there : sequence of str
        Those that it has.
    columns : sequence of str
        Those that are wanted.
    where : str
        What the error calls the table.

    Raises
    ------
    ValueError
        Naming the first that is missing, and the one that may be meant.
    """
    for column in columns:
        if column not in there:
            close = get_close_matches(column, there, 1)
            meant = f' Did you mean "{close[0]}"?' if close else ""
            raise ValueError(f'{where} has no column "{column}"; it has {", ".join(there)}.{meant}')


def record_keys(frame: "pl.DataFrame", key: str | None) -> list[Any]:
    """Return the keys of the rows of a table.

    Parameters
    ----------
    frame : polars.DataFrame
        Of n rows.
    key : str or None
        The column that holds them; None numbers the rows from 0.

    Returns
    -------
    list of n values
        As they are in the table.

    Raises
    ------
    ValueError
        If there is no such column, or a value is missing in it.
    """
    if key is None:
        return list(range(len(frame)))
    if key not in frame.columns:
        raise ValueError(
            f'`key` must be a column of the table, {", ".join(frame.columns)}; got "{key}".'
        )
    if missing := frame[key].null_count():
        raise ValueError(
            f'`key` must be a column in which nothing is missing; "{key}" lacks {missing:,} of '
            f"{len(frame):,}."
        )
    return frame[key].to_list()


@contextmanager
def _reading(where: str) -> Iterator[None]:
    """Turn what polars raises for bad tables, its panics too, into one sentence."""
    from polars import exceptions

    try:
        yield
    except (exceptions.PolarsError, exceptions.PanicException, OSError) as error:
        first = str(error).partition("\n")[0].rstrip(".")
        raise ValueError(f"{where} cannot be read as a table: {first}.") from error
