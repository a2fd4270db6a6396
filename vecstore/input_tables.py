"""Tables of records that callers pass in: frames, mappings, or files of several formats."""

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
    """Return some columns (None: all) of a frame, a mapping of columns, or a file; never empty."""
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
    """Read some columns (None: all) of a lazy table; raises ValueError if it has no rows."""
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
    """Return the table in a file without its rows; the suffix says how to read it."""
    check_polars()
    import polars as pl

    path = Path(path)
    # The type of a column is inferred from all rows: words may come long after numbers.
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
        table.collect_schema()  # cached by the table
        # The copy of a pipe is removed at the end of this block, so read it now.
        return table if place == path else table.collect().lazy()


def check_columns(there: Sequence[str], columns: Sequence[str], where: str) -> None:
    """Raise ValueError for a missing column, suggesting a similar name."""
    for column in columns:
        if column not in there:
            close = get_close_matches(column, there, 1)
            meant = f' Did you mean "{close[0]}"?' if close else ""
            raise ValueError(f'{where} has no column "{column}"; it has {", ".join(there)}.{meant}')


def record_keys(frame: "pl.DataFrame", key: str | None) -> list[Any]:
    """Return the keys in a column of a table; None numbers the rows from 0."""
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
    """Turn the errors of polars, its panics included, into a ValueError of one sentence."""
    from polars import exceptions

    try:
        yield
    except (exceptions.PolarsError, exceptions.PanicException, OSError) as error:
        first = str(error).partition("\n")[0].rstrip(".")
        raise ValueError(f"{where} cannot be read as a table: {first}.") from error
