"""Columns as series of polars, and back."""

from typing import TYPE_CHECKING, Any

import numpy as np

from vecstore.forks import check_polars
from vecstore.storage import KINDS, Column
from vecstore.storage.disk import damaged
from vecstore.storage.keys import PackedStrings

if TYPE_CHECKING:
    import polars

__all__ = ["from_series", "kind_of", "missing_series", "polars_type", "to_series"]

# Polars has 32-bit offsets within one value; strings are cut out of values of this size.
_LARGEST_TEXT = 1 << 30


def to_series(name: str, column: Column) -> "polars.Series":
    """Return a column as a series, null where a value is missing; raises CorruptStoreError."""
    check_polars()
    import polars

    if isinstance(column.values, PackedStrings):
        series = _strings(column.values)
    else:
        values = column.values != 0 if column.kind == "bool" else np.asarray(column.values)
        series = polars.Series(values).cast(polars_type(column.kind))
        if column.kind == "float64":
            series = series.fill_nan(
                None
            )  # old stores, in which NaN was not missing yet, have some
    if column.valid is not None:
        series = series.zip_with(polars.Series(column.valid != 0), missing_series("", column.kind))
    return series.alias(name)


def missing_series(name: str, kind: str, rows: int = 1) -> "polars.Series":
    """Return a series in which every value is missing."""
    check_polars()
    import polars

    return polars.Series(name, [None], polars_type(kind)).new_from_index(0, rows)


def from_series(name: str, series: Any) -> Column | list[Any]:
    """Return a series of polars, pandas or Arrow as a column; a list of None if it has no type.

    Raises TypeError for a type that no column can have.
    """
    check_polars()
    import polars

    # pandas gives a column without any known value the dtype object, which says nothing.
    is_object = str(getattr(series, "dtype", "")) == "object"
    if not isinstance(series, polars.Series):
        series = polars.Series(name, series)
    if series.dtype == polars.Null or (is_object and series.is_null().all()):
        return [None] * len(series)
    kind = _kind(name, series.dtype)
    if kind == "float64":
        series = series.fill_nan(None)
        if len(series) and series.null_count() == len(series):
            return [None] * len(series)
    valid = series.is_not_null().to_numpy().astype(np.uint8) if series.null_count() else None
    if kind == "string":
        texts = series.cast(polars.String).fill_null("").to_list()
        return Column(kind, PackedStrings.pack(texts), valid)
    if series.dtype == polars.UInt64 and (series.max() or 0) >= 2**63:
        raise ValueError(
            f'`attributes` must hold integers of 64 bits in column "{name}"; got {series.max()}.'
        )
    physical = series.cast(polars_type(kind)).to_physical()
    nothing = False if kind == "bool" else 0
    values = physical.fill_null(nothing).to_numpy().astype(KINDS[kind])
    return Column(kind, values, valid)


def _kind(name: str, dtype: "polars.DataType") -> str:
    import polars

    if isinstance(dtype, polars.Datetime) and dtype.time_zone is not None:
        raise TypeError(
            f'`attributes` must hold datetimes without a zone in column "{name}"; got {dtype}. '
            "Convert them to one zone and drop it."
        )
    kind = kind_of(dtype)
    if kind is None:
        kinds = list(KINDS)
        raise TypeError(
            f"`attributes` must hold {', '.join(kinds[:-1])} or {kinds[-1]} in column "
            f'"{name}"; got {dtype}.'
        )
    return kind


def kind_of(dtype: "polars.DataType") -> str | None:
    """Return the kind of column for a dtype of polars; None if no column can hold it."""
    check_polars()
    import polars

    if dtype.is_integer() and dtype not in (polars.Int128, polars.UInt128):
        return "int64"
    if dtype.is_float():
        return "float64"
    if isinstance(dtype, polars.Datetime) and dtype.time_zone is not None:
        return None
    for found, kind in (
        (polars.Boolean, "bool"),
        (polars.Date, "date"),
        (polars.Datetime, "datetime"),
        (polars.String, "string"),
        (polars.Categorical, "string"),
        (polars.Enum, "string"),
    ):
        if dtype == found:
            return kind
    return None


def polars_type(kind: str) -> "polars.DataType":
    """Return the dtype of polars for a kind."""
    check_polars()
    import polars

    return {
        "bool": polars.Boolean(),
        "date": polars.Date(),
        "datetime": polars.Datetime("us"),
        "float64": polars.Float64(),
        "int64": polars.Int64(),
        "string": polars.String(),
    }[kind]


def _strings(strings: PackedStrings) -> "polars.Series":
    """Cut the strings out of their bytes; polars refers to the bytes and copies none."""
    import polars
    from polars.exceptions import PolarsError

    utf8, offsets = strings.content()
    pieces: list[polars.Series] = []
    start = 0
    while start < len(offsets) - 1 or not pieces:
        first = int(offsets[start])
        stop = int(np.searchsorted(offsets, first + _LARGEST_TEXT, side="right")) - 1
        stop = min(max(stop, start + 1), len(offsets) - 1)
        places = offsets[start : stop + 1].astype(np.int64) - first
        text = polars.lit(utf8[first : first + int(places[-1])].tobytes())
        cut = text.bin.slice(polars.col("start"), polars.col("length")).cast(polars.String)
        spans = polars.DataFrame({"start": places[:-1], "length": np.diff(places)})
        try:
            pieces.append(spans.select(text=cut).to_series())
        except PolarsError as error:
            raise damaged(strings.path, f"a string is not valid UTF-8 ({error})") from None
        start = stop
    return polars.concat(pieces)
