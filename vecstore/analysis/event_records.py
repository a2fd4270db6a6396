"""The tables that events are made of."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

__all__ = ["as_frame", "record_keys"]


def as_frame(table: Any) -> "pl.DataFrame":
    """Return a table as polars has it.

    Parameters
    ----------
    table : polars or pandas frame, or mapping of str to sequence
        What a caller passed.

    Returns
    -------
    polars.DataFrame
        Of at least one record.

    Raises
    ------
    TypeError, ValueError
        If it is no table, or empty.
    """
    import polars as pl
    from polars.exceptions import PolarsError

    if not (isinstance(table, pl.DataFrame | Mapping) or hasattr(table, "__arrow_c_stream__")):
        raise TypeError(
            f"`table` must be a frame of polars or pandas, or a mapping of columns; "
            f"got {type(table).__name__}."
        )
    try:
        frame = pl.DataFrame(table)
    except PolarsError as error:
        raise ValueError(f"`table` must have columns of one length and type: {error}.") from error
    if frame.is_empty():
        raise ValueError("`table` must have records; it has none.")
    return frame


def record_keys(frame: "pl.DataFrame", key: str | None) -> list[Any]:
    """Return the keys of records: the values of a column, or their numbers from 0."""
    if key is None:
        return list(range(len(frame)))
    if key not in frame.columns:
        raise ValueError(
            f'`key` must be a column of the table, {", ".join(frame.columns)}; got "{key}".'
        )
    return frame[key].to_list()
