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
    """Return the attributes of global rows, with ``key`` as the first column if wanted."""
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
    """Return some columns, or ``key``, of all rows of a part; no others are read."""
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
    """Return keys as a series with the name ``key``."""
    import polars

    # An object array has no type for polars, and an empty one has no values to infer it from.
    kind = "string" if keys.dtype == object else "int64"
    return polars.Series("key", keys.tolist(), polars_type(kind))
