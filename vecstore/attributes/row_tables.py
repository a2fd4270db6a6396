"""Keys and attributes of rows as tables of polars."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Rows
from vecstore.attributes.frames import missing_series, polars_type, to_series
from vecstore.snapshot import Part, Snapshot
from vecstore.storage import as_kind

if TYPE_CHECKING:
    import polars

__all__ = ["key_series", "part_table", "row_table"]


def row_table(snapshot: Snapshot, rows: Rows, *, keys: bool = True) -> "polars.DataFrame":
    """Return attributes, and keys, of rows.

    Parameters
    ----------
    snapshot : Snapshot
        Where they are.
    rows : ndarray of int64, shape (m,)
        Global, in any order.
    keys : bool, default True
        Whether ``key`` is the first column.

    Returns
    -------
    polars.DataFrame
        Of m lines.
    """
    import polars

    columns = snapshot.columns(rows)
    series = [
        to_series(name, columns[name]) if name in columns else missing_series(name, kind, len(rows))
        for name, kind in snapshot.schema.items()
    ]
    if keys:
        series.insert(0, key_series(snapshot.take(rows)))
    return polars.DataFrame(series)


def part_table(
    part: Part, names: "Iterable[str]", schema: "Mapping[str, str]"
) -> "polars.DataFrame":
    """Return some columns of all rows of a part.

    Parameters
    ----------
    part : Part
        Its rows, deleted ones included.
    names : iterable of str
        Columns of the schema, or ``"key"``. Only these are read.
    schema : mapping of str to str
        Kinds by name.

    Returns
    -------
    polars.DataFrame
        Of n lines, if any name was given.
    """
    import polars

    n = len(part.keys)
    series = []
    for name in names:
        if name == "key":
            series.append(key_series(part.keys.take(np.arange(n))))
        elif name in part.attributes:
            series.append(to_series(name, as_kind(part.attributes[name], schema[name])))
        else:
            series.append(missing_series(name, schema[name], n))
    return polars.DataFrame(series)


def key_series(keys: npt.NDArray[Any]) -> "polars.Series":
    """Return keys as a column.

    Parameters
    ----------
    keys : ndarray of object (str) or int64, shape (m,)
        As key tables give them.

    Returns
    -------
    polars.Series
        Of the name ``key``.
    """
    import polars

    # An object array names no type, and an empty one leaves nothing to infer it from.
    kind = "string" if keys.dtype == object else "int64"
    return polars.Series("key", keys.tolist(), polars_type(kind))
