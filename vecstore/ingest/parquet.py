"""Parquet files with a column of lists: the vectors.

Polars decodes them. What it raises for a damaged file becomes an `IngestError`, its panics too. But
one damage in some thousands makes it ask for more memory than there is, which ends the process:
do not read Parquet from strangers in a process that must live.
"""

from collections.abc import Generator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vecstore.errors import IngestError
from vecstore.ingest.guess import ArrayInfo, guess_arrays
from vecstore.ingest.report import Faults
from vecstore.ingest.source import Source
from vecstore.ingest.table import MAX_DIM, Chunk, Options, Table, row_slices
from vecstore.ingest.wording import counted

if TYPE_CHECKING:
    import polars as pl

__all__ = ["open_parquet"]

# So many rows tell how long the lists of a column are.
_SAMPLE = 1000


def open_parquet(source: Source, options: Options) -> Table:
    """Open a column of lists of numbers; its keys are another column, or row numbers."""
    import polars as pl

    path = source.file()
    try:
        schema = pl.scan_parquet(path, glob=False).collect_schema()
        n = int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())
    except _damage() as error:
        raise _unreadable(source.path, error) from error
    columns = {name: _info(dtype, n) for name, dtype in schema.items()}
    vectors, keys = guess_arrays(columns, source.path, options)
    if not columns[vectors].is_matrix:
        raise IngestError(
            f'Column "{vectors}" of {source.path} cannot be read as vectors: it must hold lists '
            f"of numbers; got {schema[vectors]}."
        )
    if keys is not None and not columns[keys].may_name(n):
        raise IngestError(
            f'Column "{keys}" of {source.path} cannot be read as keys: it must hold strings or '
            f"integers; got {schema[keys]}."
        )
    dim = _dim(source, vectors, schema[vectors])
    kind = "str" if keys is not None and columns[keys].dtype == object else "int"
    chunks = partial(_chunks, source, vectors, keys, dim)
    return Table("parquet", dim, kind, n, chunks, numbered=keys is None)  # type: ignore[arg-type]


def _info(dtype: "pl.DataType", n: int) -> ArrayInfo:
    """Describe a column as if it were an array; how long its lists are is not known yet."""
    import polars as pl

    if isinstance(dtype, pl.List | pl.Array):
        inner = _info(dtype.inner, n).dtype  # type: ignore[arg-type]
        is_flat = not isinstance(dtype.inner, pl.List | pl.Array)
        return ArrayInfo((n, 0) if is_flat else (n, 0, 0), inner)
    if isinstance(dtype, pl.String | pl.Categorical | pl.Enum):
        return ArrayInfo((n,), np.dtype(object))
    if dtype.is_integer():
        return ArrayInfo((n,), np.dtype(np.int64))
    return ArrayInfo((n,), np.dtype(np.float64 if dtype.is_float() else np.void))


def _dim(source: Source, column: str, dtype: "pl.DataType") -> int:
    import polars as pl

    if isinstance(dtype, pl.Array):
        dim = dtype.size
    else:
        rows = pl.scan_parquet(source.file(), glob=False).select(column).head(_SAMPLE)
        try:
            frame = rows.collect()
        except _damage() as error:
            raise _unreadable(source.path, error) from error
        lengths = frame[column].list.len().drop_nulls().to_numpy()
        dim = int(np.bincount(lengths).argmax()) if len(lengths) else 0
    if not 1 <= dim <= MAX_DIM:
        raise IngestError(f'Column "{column}" of {source.path} holds no vectors in its first rows.')
    return dim


def _as_lists(column: "pl.Series") -> "pl.Series":
    import polars as pl

    return column.arr.to_list() if isinstance(column.dtype, pl.Array) else column


def _chunks(
    source: Source, vectors: str, keys: str | None, dim: int
) -> Generator[Chunk, None, None]:
    import polars as pl

    columns = [vectors] if keys is None else [vectors, keys]
    size = next(row_slices(1 << 62, dim)).stop
    frames = pl.scan_parquet(source.file(), glob=False).select(columns)
    row = 0
    try:
        for frame in frames.collect_batches(chunk_size=size):
            yield _chunk(frame, vectors, keys, dim, row)
            row += len(frame)
    except _damage() as error:
        raise _unreadable(source.path, error) from error


def _chunk(frame: "pl.DataFrame", vectors: str, keys: str | None, dim: int, row: int) -> Chunk:
    import polars as pl

    lists = _as_lists(frame[vectors])
    lengths = lists.list.len()
    places = np.arange(row, row + len(frame))
    labels = pl.Series(places) if keys is None else _as_keys(frame[keys])
    whole = (lengths == dim).fill_null(False)
    good = whole & labels.is_not_null()
    mask = good.to_numpy()
    # Missing numbers become NaN, which the reader finds.
    numbers = lists.filter(good).explode().to_numpy().reshape(-1, dim)
    found = labels.filter(good).to_numpy()
    if mask.all():
        return Chunk(found, numbers, places, [])
    bad = np.flatnonzero(~mask)

    def describe(i: int) -> tuple[str, str]:
        at = int(bad[i])
        if whole[at]:
            return "it has no key", ""
        length = lengths[at]
        holds = "nothing" if length is None else counted(length, "number")
        return f"it holds {holds} where {counted(dim, 'number')} are required", str(labels[at])

    return Chunk(found, numbers, places[mask], [Faults(places[bad], describe)])


def _as_keys(column: "pl.Series") -> "pl.Series":
    import polars as pl

    # What 64 bits cannot hold becomes null, and is reported as no key.
    return column.cast(pl.Int64 if column.dtype.is_integer() else pl.String, strict=False)


def _damage() -> tuple[type[BaseException], ...]:
    """Return what polars raises for damaged files: some of the damage makes it panic."""
    from polars import exceptions

    return OSError, exceptions.PolarsError, exceptions.PanicException


def _unreadable(path: Path, error: BaseException) -> IngestError:
    return IngestError(f"{path} is a Parquet file that cannot be read: {error}.")
