"""The columns of a table: which are keys and vectors, and which of the others can be attributes."""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vecstore.attributes import kind_of, polars_type
from vecstore.errors import IngestError
from vecstore.forks import check_polars
from vecstore.ingest.formats.guess import ArrayInfo, guess_arrays, is_key_name
from vecstore.ingest.table import Options
from vecstore.storage import check_name
from vecstore.wording import quoted

if TYPE_CHECKING:
    import polars as pl

__all__ = ["attribute_types", "choose_columns", "convert_attributes", "numbered_columns"]

_NUMBERED = re.compile(r"(.*?)(0|[1-9][0-9]{0,6})", re.DOTALL)


def choose_columns(
    infos: dict[str, ArrayInfo],
    index: str | None,
    path: Path,
    options: Options,
    *,
    bare: bool = False,  # without numbered columns, all columns of numbers are the vectors
) -> tuple[list[str], str | None]:
    """Return the columns of the vectors (one of lists or several of numbers), and that of keys."""
    lists = {column for column, info in infos.items() if len(info.shape) > 1}
    numbers = [column for column, info in infos.items() if info.dtype.kind in "if"]
    numbers = [column for column in numbers if column != options.keys and column not in lists]
    runs = numbered_columns(numbers)
    if bare and not runs:
        others = [one for one in numbers if one not in ("", index) and not is_key_name(one)]
        runs = {"": others} if others else {}
    is_prefix = options.dataset in runs and options.dataset not in infos
    if not is_prefix and (lists or len(runs) != 1 or options.dataset is not None):
        vectors, keys = guess_arrays(infos, path, options, index)
        return [vectors], keys
    columns = runs[str(options.dataset)] if is_prefix else next(iter(runs.values()))
    # Describe them as one matrix with the name of the first: the same rule then finds the keys.
    rest = {column: infos[column] for column in infos.keys() - set(columns)}
    rest = {column: info for column, info in infos.items() if column in rest}
    n = infos[columns[0]].shape[0]
    whole = {columns[0]: ArrayInfo((n, len(columns)), np.dtype(np.float64))}
    named = options._replace(dataset=columns[0])
    return columns, guess_arrays(whole | rest, path, named, index)[1]


def attribute_types(
    schema: "Mapping[str, pl.DataType]",
    taken: Collection[str | None],
    wanted: tuple[str, ...] | None,
) -> "tuple[dict[str, pl.DataType], tuple[str, ...]]":
    """Return the store's dtype of each possible attribute, and a note on the other columns."""
    check_polars()
    import polars as pl

    taken = set(taken)
    types, left, notes = dict[str, pl.DataType](), list[str](), list[str]()
    for name, dtype in schema.items():
        if name in taken or (wanted is not None and name not in wanted):
            continue
        has_zone = isinstance(dtype, pl.Datetime) and dtype.time_zone is not None
        kind = "datetime" if has_zone else kind_of(dtype)
        if isinstance(dtype, pl.Decimal):
            kind = "float64"
        if has_zone:
            notes.append(f'column "{quoted(name)}" is kept in UTC, without {dtype.time_zone}')  # type: ignore[attr-defined]
        reason = _complaint(name) if kind else f"{dtype}, which no attribute can hold"
        if reason:
            left.append(f'"{quoted(name)}" ({reason})')
        else:
            types[name] = polars_type(str(kind))
    if left:
        notes.append(f"not read: {', '.join(left)}")
    return types, tuple(notes)


def _complaint(name: str) -> str:
    try:
        check_name(name)
    except ValueError:
        return "a name that no attribute can have"
    return ""


def convert_attributes(
    frame: "pl.DataFrame", types: "Mapping[str, pl.DataType]", path: Path, row: int
) -> "pl.DataFrame":
    """Return the columns in the dtypes of a store; refuse a value that does not fit exactly."""
    import polars as pl

    converted = []
    for name, dtype in types.items():
        series = frame[name]
        if isinstance(series.dtype, pl.Datetime) and series.dtype.time_zone is not None:
            series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        found = series.cast(dtype, strict=False)
        lost = found.is_null() & series.is_not_null()
        if lost.any():
            at = int(lost.arg_max() or 0)
            raise IngestError(
                f'{path}, row {row + at}: column "{name}" holds {quoted(str(series[at]))}, which '
                f"no attribute of type {dtype} can hold. Name the other columns with attributes=."
            )
        converted.append(found)
    return pl.DataFrame(converted)


def numbered_columns(names: Sequence[str]) -> dict[str, list[str]]:
    """Return the columns that differ only in a running number, by their prefix.

    >>> numbered_columns(["word", "x1", "x2", "x3", "year2001"])
    {'x': ['x1', 'x2', 'x3']}
    """
    runs: dict[str, dict[int, str]] = {}
    for name in names:
        if match := _NUMBERED.fullmatch(name):
            runs.setdefault(match[1], {})[int(match[2])] = name
    found = {}
    for prefix, run in runs.items():
        first = min(run)
        if len(run) > 1 and first in (0, 1) and max(run) - first + 1 == len(run):
            found[prefix] = [run[number] for number in sorted(run)]
    return found
