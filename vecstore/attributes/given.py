"""Attributes as callers give them: lists, frames and structured arrays, to typed columns."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.forks import check_polars
from vecstore.storage import KINDS, Column, as_kind, check_name, first_rounded, widened
from vecstore.storage.keys import PackedStrings

__all__ = ["normalise", "schema_of"]

_DAY_0 = date(1970, 1, 1).toordinal()
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1)

# Most characters of a wrong value in an error.
_SHOWN = 60

# The order matters: to Python a bool is an int, and a datetime is a date.
_TYPES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    ((bool, np.bool_), "bool"),
    ((int, np.integer), "int64"),
    ((float, np.floating), "float64"),
    (str, "string"),
    (datetime, "datetime"),
    (date, "date"),
)


def normalise(attributes: Any, n: int, schema: Mapping[str, str]) -> dict[str, Column]:
    """Return attributes (None: none) as typed, checked columns of n rows each.

    `schema` has the kinds of the columns that exist already. A column without any known value or
    type is left out. Raises TypeError for a value of the wrong type, and ValueError for a wrong
    number of values or a value that does not fit 64 bits or UTF-8.
    """
    columns = {}
    for name, values in _given(attributes):
        check_name(name)
        if (found := _column(name, values, schema.get(name))) is None:
            count = len(values)
        else:
            columns[name], count = found, len(found)
        if count != n:
            raise ValueError(
                f"`attributes` must have a value for each of the {n} keys; "
                f'column "{name}" has {count}.'
            )
    return columns


def schema_of(schema: Mapping[str, str], columns: Mapping[str, Column]) -> dict[str, str]:
    """Return a schema, extended by the columns that `normalise` made with it."""
    return widened(schema, {name: column.kind for name, column in columns.items()})


def _given(attributes: Any) -> Iterable[tuple[Any, Any]]:
    """Return (name, values) of every column."""
    if attributes is None:
        return ()
    if isinstance(attributes, Mapping):
        return attributes.items()
    if isinstance(attributes, np.ndarray) and attributes.dtype.names:
        return ((name, attributes[name]) for name in attributes.dtype.names)
    if hasattr(attributes, "__arrow_c_stream__"):
        check_polars()
        import polars

        if isinstance(attributes, polars.DataFrame):
            return ((series.name, series) for series in attributes.get_columns())
        series = polars.DataFrame(attributes).get_columns()
        # pandas gives a column without any known value the dtype object, which says nothing.
        types = getattr(attributes, "dtypes", [None] * len(series))
        return (
            (one.name, [None] * len(one) if str(dtype) == "object" and one.is_null().all() else one)
            for one, dtype in zip(series, types, strict=True)
        )
    raise TypeError(
        "`attributes` must be a dict of lists, a frame, or an array with named fields; "
        f"got {type(attributes).__name__}."
    )


def _column(name: str, values: Any, kind: str | None) -> Column | None:
    if hasattr(values, "__arrow_c_stream__") or hasattr(values, "__arrow_c_array__"):
        from vecstore.attributes.frames import from_series

        values = from_series(name, values)
    if isinstance(values, Column):
        return _as_kind(name, values, kind)
    if isinstance(values, np.ndarray):
        if values.ndim != 1:
            raise ValueError(
                f'`attributes` must have one axis in column "{name}"; got shape {values.shape}.'
            )
        if values.dtype.kind in "biufM":
            return _as_kind(name, _from_array(name, values), kind)
        values = values.tolist()
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise TypeError(
            f'`attributes` must have a sequence of values in column "{name}"; '
            f"got {type(values).__name__}."
        )
    return _from_list(name, list(values), kind)


def _from_array(name: str, values: npt.NDArray[Any]) -> Column:
    """Return an array of booleans, numbers or instants as a column."""
    valid = None
    if isinstance(values, np.ma.MaskedArray):
        valid = (~np.ma.getmaskarray(values)).astype(np.uint8)
        values = np.where(valid != 0, values.data, np.zeros((), values.dtype))
    if values.dtype.kind == "f":
        # NaN is missing, wherever it comes from.
        known = ~np.isnan(values)
        valid = (known if valid is None else known & (valid != 0)).astype(np.uint8)
        values = np.where(valid != 0, values, np.zeros((), values.dtype))
        valid = None if valid.all() else valid
    if values.dtype.kind == "M":
        known = ~np.isnat(values)
        valid = (known if valid is None else known & (valid != 0)).astype(np.uint8)
        kind = "date" if np.datetime_data(values.dtype)[0] == "D" else "datetime"
        unit = "datetime64[D]" if kind == "date" else "datetime64[us]"
        zero = np.zeros((), values.dtype)
        whole = _instants(name, np.where(valid != 0, values, zero), unit)
        return Column(kind, whole.astype(KINDS[kind]), None if valid.all() else valid)
    kind = {"b": "bool", "f": "float64"}.get(values.dtype.kind, "int64")
    if values.dtype.kind == "u" and len(values) and int(values.max()) >= 2**63:
        raise _too_large(name, values.max())
    return Column(kind, np.ascontiguousarray(values, KINDS[kind]), valid)


def _instants(name: str, values: npt.NDArray[Any], unit: str) -> npt.NDArray[np.int64]:
    """Return instants as counts of a unit; raises ValueError if one is out of range."""
    try:
        counts = values.astype(unit).astype(np.int64)
    except OverflowError:  # NumPy raises since 2.5, and wrapped around before
        far = np.array([not _fits(values[i : i + 1], unit) for i in range(len(values))])
        raise _too_far(name, values, far) from None
    far = counts.view(unit).astype(values.dtype) != values
    if np.datetime_data(values.dtype)[0] in ("ns", "ps", "fs", "as"):
        far = np.zeros(len(values), np.bool_)  # finer units: they differ by rounding only
    if unit == "datetime64[D]":
        far |= counts != counts.astype(np.int32)
    if far.any():
        raise _too_far(name, values, far)
    return counts


def _fits(values: npt.NDArray[Any], unit: str) -> bool:
    try:
        values.astype(unit)
    except OverflowError:
        return False
    return True


def _too_far(name: str, values: npt.NDArray[Any], far: npt.NDArray[np.bool_]) -> ValueError:
    return ValueError(
        f'`attributes` must hold dates of 32 and datetimes of 64 bits in column "{name}"; '
        f"row {int(np.argmax(far))} is {int(values.astype(np.int64)[far][0])} in units of "
        f"{values.dtype.str[4:-1]}, which is too far from 1970."
    )


def _from_list(name: str, values: list[Any], kind: str | None) -> Column | None:
    """Return a list as a column of the kind given, otherwise of the kind of its values."""
    values = [
        None if isinstance(one, float | np.floating) and one != one else one for one in values
    ]
    # Look at a few types, not at a million values.
    kinds = {cls: _kind_of(cls) for cls in set(map(type, values))}
    found = {one for one in kinds.values() if one is not None}
    if kind is None:
        if not found:
            return None
        first = next(kinds[type(value)] for value in values if kinds[type(value)])
        kind = "float64" if found == {"int64", "float64"} else str(first)
    if kind == "int64" and "float64" in found:
        kind = "float64"  # the whole stored column becomes float64
    fitting = {kind} if kind != "float64" else {"float64", "int64"}
    if kind not in KINDS or not found <= fitting:
        places = enumerate(kinds[type(value)] for value in values)
        row = next(row for row, one in places if one and (one not in fitting or one not in KINDS))
        raise _mismatch(name, kind, row, str(kinds[type(values[row])]), values[row])
    if None not in kinds.values():
        return Column(kind, _stored(name, kind, values))
    valid = np.array([kinds[type(value)] is not None for value in values])
    if kind == "string":
        return Column(kind, _stored(name, kind, [v or "" for v in values]), valid.view(np.uint8))
    stored = np.zeros(len(values), KINDS[kind])
    present = [value for value, there in zip(values, valid, strict=True) if there]
    stored[valid] = _stored(name, kind, present)
    return Column(kind, stored, valid.view(np.uint8))


def _kind_of(cls: type) -> str | None:
    """Return the kind of a value's type, its name if it has none, None for a missing value."""
    if cls.__name__ in ("NoneType", "NaTType", "NAType", "MaskedConstant"):
        return None
    return next((kind for types, kind in _TYPES if issubclass(cls, types)), cls.__name__)


def _stored(name: str, kind: str, values: list[Any]) -> Any:
    """Return values of one kind as they are stored."""
    if kind == "string":
        try:
            return PackedStrings.pack(values)
        except UnicodeEncodeError as error:
            raise ValueError(
                f'`attributes` must be valid Unicode; column "{name}" has {error.object[:40]!r}.'
            ) from None
    if kind == "date":
        values = [value.toordinal() - _DAY_0 for value in values]
    elif kind == "datetime":
        values = [_microseconds(name, value) for value in values]
    try:
        stored = np.array(values, KINDS[kind])
    except OverflowError:
        far = next(value for value in values if not -(2**63) <= value < 2**63)
        raise _too_large(name, far) from None
    if kind == "float64":
        for given, found in zip(values, stored.tolist(), strict=True):
            if isinstance(given, int) and given != found:
                raise _rounded(name, given)
    return stored


def _microseconds(name: str, value: datetime) -> int:
    if value.tzinfo is not None:
        raise TypeError(
            f'`attributes` must hold datetimes without a zone in column "{name}"; got {value}. '
            "Convert them to one zone and drop it."
        )
    return (value - _EPOCH) // _MICROSECOND


def _as_kind(name: str, column: Column, kind: str | None) -> Column | None:
    """Return a column converted to the kind given, if any."""
    unknown = column.valid is not None and not column.valid.any()
    if unknown and (kind is not None or column.kind == "float64"):
        # A column without known values fits any kind; frames give it the type float64.
        return _from_list(name, [None] * len(column), kind)
    if kind in (None, column.kind):
        return column
    if (kind, column.kind) == ("int64", "float64"):
        return column  # the whole stored column becomes float64
    if (kind, column.kind) == ("float64", "int64"):
        if (far := first_rounded(column)) is not None:
            raise _rounded(name, far)
        return as_kind(column, "float64")
    if len(column) == 0:
        raise TypeError(f'`attributes` must hold {kind} in column "{name}"; got {column.kind}.')
    row = 0 if column.valid is None else int(np.argmax(column.valid))
    value = column.values.take(np.array([row]))[0]
    raise _mismatch(name, str(kind), row, column.kind, value)


def _mismatch(name: str, kind: str, row: int, found: str, value: Any) -> TypeError:
    if kind not in KINDS:
        wanted = f"{', '.join(list(KINDS)[:-1])} or {list(KINDS)[-1]}"
        return TypeError(
            f'`attributes` must hold {wanted} in column "{name}"; row {row} holds {found}.'
        )
    return TypeError(
        f'`attributes` must hold {kind} in column "{name}"; '
        f"row {row} holds {found} {_shown(value)}."
    )


def _shown(value: Any) -> str:
    shown = repr(value.item() if isinstance(value, np.generic) else value)
    return shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "..."


def _rounded(name: str, value: int) -> ValueError:
    return ValueError(
        f'`attributes` must hold integers that are float64, too, in column "{name}", which is '
        f"float64; got {value}. Put such integers into a column of their own."
    )


def _too_large(name: str, value: Any) -> ValueError:
    return ValueError(
        f'`attributes` must hold integers of 64 bits in column "{name}"; got {value}.'
    )
