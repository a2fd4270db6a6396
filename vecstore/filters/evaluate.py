"""The rows of a snapshot, or of a table, that fulfil a condition."""

import sys
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Union

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Rows, as_mask
from vecstore.attributes import from_series, kind_of, part_table, polars_type
from vecstore.filters.arithmetic import FilterOverflowError
from vecstore.filters.syntax import parse, unknown_column
from vecstore.filters.translate import translate
from vecstore.filters.typed import Compute
from vecstore.filters.values import Values, lone, read
from vecstore.forks import check_polars
from vecstore.snapshot import Part, Snapshot
from vecstore.storage import Column, take_columns
from vecstore.storage.keys import StrKeys

if TYPE_CHECKING:
    import polars

__all__ = ["Where", "columns_named", "filtered", "qualifying"]

#: Which rows may be answers.
Where = Union[str, "polars.Expr", npt.ArrayLike, None]
Mask = npt.NDArray[np.bool_]

# The same condition often comes again with other queries: every part keeps its answers to the last
# few conditions, as a bit per row.
_KEPT = 8

# Rows evaluated at a time, so that intermediate values take a few megabytes for any part.
_STEP = 1 << 16


def qualifying(where: Any, snapshot: Snapshot) -> Mask:
    """Return one boolean per global row: whether it may be an answer.

    It is False for deleted rows, and where a condition is unknown. `where` is SQL, an expression of
    polars, or a boolean for each row that is not deleted.
    """
    if isinstance(where, str):
        return _fulfilling(where, snapshot)
    # A caller who has an expression has imported polars.
    polars = sys.modules.get("polars")
    if polars is not None and isinstance(where, polars.Expr):
        return snapshot.spread(_evaluated(where, snapshot))
    return snapshot.spread(as_mask(where, len(snapshot)))


def columns_named(where: str, schema: "Mapping[str, polars.DataType]") -> tuple[str, ...]:
    """Return the columns of a table that a condition needs; no others need be read."""
    return _translated(where, tuple(_kinds_of(schema).items()))[1]


def filtered(frame: "polars.DataFrame", where: str) -> "polars.DataFrame":
    """Return the rows of a caller's table that fulfil a condition, with all columns."""
    kinds = _kinds_of(frame.schema)
    compute, names = _translated(where, tuple(kinds.items()))
    columns = {name: from_series(name, frame[name]) for name in names}
    known = {name: column for name, column in columns.items() if isinstance(column, Column)}

    def values(start: int, stop: int, name: str) -> Values:
        if name not in known:
            return _nothing(kinds[name])
        return read(known[name], start, stop, kinds[name])

    return frame.filter(_answers(compute, values, frame.height))


def _kinds_of(schema: "Mapping[str, polars.DataType]") -> dict[str, str]:
    return {name: kind for name, dtype in schema.items() if (kind := kind_of(dtype))}


def _kinds(snapshot: Snapshot) -> dict[str, str]:
    return {"key": "string" if snapshot.key_kind == "str" else "int64", **snapshot.schema}


def _fulfilling(where: str, snapshot: Snapshot) -> Mask:
    kinds = _kinds(snapshot)
    compute, names = _translated(where, tuple(kinds.items()))
    asked = " ".join([*(kinds[name] for name in names), where])  # a column of integers may widen
    mask = np.zeros(snapshot.rows, np.bool_)
    for part, first in zip(snapshot.parts, snapshot.first_rows[:-1].tolist(), strict=True):
        n = len(part.keys)
        bits = part.answers.get(asked)
        if bits is None:
            try:
                bits = np.packbits(_answers(compute, _values_of(part, kinds), n))
            except FilterOverflowError:
                # A deleted row must not fail the condition: evaluate only those that are left.
                live = snapshot.live[(snapshot.live >= first) & (snapshot.live < first + n)]
                if len(live) == n:
                    raise
                mask[live] = _answers_of_some(compute, names, part, live - first, kinds)
                continue
            # Replace the dict: other threads may be reading the old one.
            kept = list(part.answers.items())[1 - _KEPT :]
            part.answers = dict([*kept, (asked, bits)])
        mask[first : first + n] = np.unpackbits(bits, count=n).view(np.bool_)
    return mask if len(snapshot) == snapshot.rows else snapshot.spread(mask[snapshot.live])


def _answers(compute: Compute, values: Callable[[int, int, str], Values], rows: int) -> Mask:
    """Return in which rows a condition is true; without columns, its one value counts for all."""
    answers = np.zeros(rows, np.bool_)
    for start in range(0, rows, _STEP):
        stop = min(start + _STEP, rows)
        answers[start:stop] = compute(partial(values, start, stop)).data  # False where missing
    return answers


def _values_of(part: Part, kinds: Mapping[str, str]) -> Callable[[int, int, str], Values]:
    def values(start: int, stop: int, name: str) -> Values:
        if name == "key" and isinstance(part.keys, StrKeys):
            return read(Column("string", part.keys.strings), start, stop, "string")
        if name == "key":
            return Values(part.keys.take(np.arange(start, stop)), np.ones(1, np.bool_))
        if name in part.attributes:
            return read(part.attributes[name], start, stop, kinds[name])
        return _nothing(kinds[name])

    return values


def _answers_of_some(
    compute: Compute, names: tuple[str, ...], part: Part, rows: Rows, kinds: Mapping[str, str]
) -> Mask:
    named = {name: part.attributes[name] for name in names if name in part.attributes}
    columns = take_columns(named, rows)
    keys = part.keys.take(rows)

    def values(start: int, stop: int, name: str) -> Values:
        if name == "key":
            return Values(keys[start:stop], np.ones(1, np.bool_))
        if name not in columns:
            return _nothing(kinds[name])
        return read(columns[name], start, stop, kinds[name])

    return _answers(compute, values, len(rows))


def _nothing(kind: str) -> Values:
    dtypes = {"string": "O", "float64": "float64", "bool": "bool"}
    return lone(None, dtypes.get(kind, "int64"))


@lru_cache(maxsize=64)
def _translated(where: str, kinds: tuple[tuple[str, str], ...]) -> tuple[Compute, tuple[str, ...]]:
    """Return a function that computes a condition, and the columns that it needs."""
    return translate(parse(where, dict(kinds)), dict(kinds))


def _evaluated(where: "polars.Expr", snapshot: Snapshot) -> Mask:
    """Evaluate an expression of polars over the rows that are not deleted."""
    check_polars()
    import polars
    from polars.exceptions import PolarsError

    # An expression may depend on all rows at once, such as a mean, so the parts are joined first.
    kinds = _kinds(snapshot)
    if where.meta.has_multiple_outputs():
        raise ValueError("`where` must be one expression; got one for several columns.")
    names = dict.fromkeys(where.meta.root_names())
    for name in names:
        if name not in kinds:
            raise unknown_column(name, kinds)
    # At least one column is needed, because it gives the number of rows.
    needed = list(names) or ["key"]
    tables = [part_table(part, needed, kinds) for part in snapshot.parts]
    empty = polars.DataFrame(schema={name: polars_type(kinds[name]) for name in needed})
    table = polars.concat([empty, *tables])
    if len(snapshot) < snapshot.rows:
        table = table[snapshot.live]
    try:
        answer = table.select(where).to_series()
    except PolarsError as error:
        raise ValueError(f"`where` cannot be evaluated: {str(error).splitlines()[0]}.") from error
    if answer.dtype != polars.Boolean or len(answer) != len(snapshot):
        raise ValueError(
            f"`where` must be one boolean for each of the {len(snapshot)} rows; "
            f"got {len(answer)} of {answer.dtype}."
        )
    return answer.fill_null(value=False).to_numpy()
