"""The tables that events are made of."""

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

__all__ = ["as_frame", "record_keys"]


def as_frame(table: Any) -> "pl.DataFrame":
    """Return a table as polars has it.

    Parameters
    ----------
    table : polars or pandas frame, mapping of str to sequence, or path-like
        What a caller passed. A file is named for what it is: .csv, .tsv, .parquet, .json, .jsonl
        or .ndjson, with .gz behind it or not.

    Returns
    -------
    polars.DataFrame
        Of at least one record.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    TypeError, ValueError
        If it is no table, or empty.
    """
    import polars as pl
    from polars.exceptions import PolarsError

    what = f"{table}" if isinstance(table, str | PathLike) else "`table`"
    try:
        if isinstance(table, str | PathLike):
            frame = _read(Path(table))
        elif isinstance(table, pl.DataFrame):
            frame = table
        elif isinstance(table, Mapping) or hasattr(table, "__arrow_c_stream__"):
            frame = pl.DataFrame(table)
        else:
            raise TypeError(
                f"`table` must be a frame of polars or pandas, a mapping of columns, or a path; "
                f"got {type(table).__name__}."
            )
    except PolarsError as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise ValueError(f"{what} cannot be read as a table: {reason}.") from error
    if frame.is_empty():
        raise ValueError(f"{what} must have records; it has none.")
    return frame


def _read(path: Path) -> "pl.DataFrame":
    import polars as pl

    # All records tell the type of a column: numbers may come first, and words long after.
    readers: dict[str, Callable[[], pl.DataFrame]] = {
        ".csv": lambda: pl.read_csv(path, infer_schema_length=None),
        ".tsv": lambda: pl.read_csv(path, separator="\t", infer_schema_length=None),
        ".parquet": lambda: pl.read_parquet(path),
        ".json": lambda: pl.read_json(path, infer_schema_length=None),
        ".jsonl": lambda: pl.read_ndjson(path, infer_schema_length=None),
        ".ndjson": lambda: pl.read_ndjson(path, infer_schema_length=None),
    }
    suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
    if suffix not in readers:
        raise ValueError(f"{path} must be a table, with a name in one of {', '.join(readers)}.")
    path.open("rb").close()  # a missing or unreadable file has its own error
    return readers[suffix]()


def record_keys(frame: "pl.DataFrame", key: str | None) -> list[Any]:
    """Return the keys of records: the values of a column, or their numbers from 0."""
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
