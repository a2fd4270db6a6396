"""The columns of a table that are neither keys nor vectors: which can be attributes, and how."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vecstore.errors import IngestError
from vecstore.frames import kind_of, polars_type
from vecstore.ingest.wording import quoted
from vecstore.storage.columns import check_name

if TYPE_CHECKING:
    import polars as pl

__all__ = ["attribute_types", "convert_attributes", "numbered_columns"]

_NUMBERED = re.compile(r"(.*?)(0|[1-9][0-9]{0,6})", re.DOTALL)


def attribute_types(
    schema: "Mapping[str, pl.DataType]", taken: Sequence[str | None], wanted: tuple[str, ...] | None
) -> "tuple[dict[str, pl.DataType], tuple[str, ...]]":
    """Return the columns that can be attributes, their types in a store, and a note on others."""
    import polars as pl

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
    """Return the columns in the types of a store; refuse what does not fit, and never round it."""
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
    """Return the columns that differ in a running number only, by what stands before it.

    Examples
    --------
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
