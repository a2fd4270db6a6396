"""Parquet and Arrow files: a column of lists, or numbered columns, are the vectors.

Another column, or the index of a pandas frame, is the keys. The others are attributes.

Polars decodes the files, and its errors for damaged ones become an `IngestError`, panics included.
But about one damaged file in some thousands makes it allocate more memory than there is, which
kills the process. Do not read Parquet from strangers in a process that must survive.
"""

import json
from collections.abc import Callable, Generator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.errors import IngestError
from vecstore.forks import check_polars
from vecstore.ingest.formats.guess import ArrayInfo
from vecstore.ingest.report import Faults
from vecstore.ingest.sheets.table_columns import attribute_types, choose_columns, convert_attributes
from vecstore.ingest.source import Source
from vecstore.ingest.table import MAX_DIM, ROW_NUMBERS, Chunk, Options, Table, row_slices
from vecstore.wording import counted

if TYPE_CHECKING:
    import polars as pl

__all__ = ["open_arrow", "open_parquet"]

# Rows that are read to find the length of the lists in a column.
_SAMPLE = 1000
# Below 2**53, float64 holds every integer exactly.
_EXACT = 1 << 53


class _Columns(NamedTuple):
    """What each column is for: one of lists, or several of numbers, are the vectors."""

    vectors: list[str]
    dim: int
    keys: str | None
    attributes: "dict[str, pl.DataType]"


def open_parquet(source: Source, options: Options) -> Table:
    """Open columns of a Parquet file."""
    check_polars()
    import polars as pl

    path = source.file()
    scan = partial(pl.scan_parquet, path, glob=False)
    return _open(
        "parquet", source, options, scan, lambda: _pandas_index(pl.read_parquet_metadata(path))
    )


def open_arrow(source: Source, options: Options) -> Table:
    """Open columns of an Arrow file, also called Feather."""
    check_polars()
    import polars as pl

    scan = partial(pl.scan_ipc, source.file(), glob=False)
    return _open("arrow", source, options, scan, lambda: None)


def _open(
    name: str,
    source: Source,
    options: Options,
    scan: "Callable[[], pl.LazyFrame]",
    find_index: Callable[[], str | None],
) -> Table:
    import polars as pl

    try:
        schema = scan().collect_schema()
        n = int(scan().select(pl.len()).collect().item())
        index = find_index()
    except _damage() as error:
        raise _unreadable(source, name, error) from error
    infos = {column: _info(dtype, n) for column, dtype in schema.items()}
    vectors, keys = choose_columns(infos, index, source.path, options)
    if keys is not None and not infos[keys].may_name(n):
        raise IngestError(
            f'Column "{keys}" of {source.path} cannot be read as keys: it must hold strings or '
            f'integers; got {schema[keys]}. Pass keys= with another, or with "{ROW_NUMBERS}".'
        )
    if len(vectors) == 1 and infos[vectors[0]].is_matrix:
        dim = _dim(source, name, scan, vectors[0], schema[vectors[0]])
    elif all(infos[column].dtype.kind in "if" for column in vectors) and len(vectors) > 1:
        dim = len(vectors)
    else:
        raise IngestError(
            f'Column "{vectors[0]}" of {source.path} cannot be read as vectors: it must hold lists '
            f"of numbers; got {schema[vectors[0]]}."
        )
    attributes, notes = attribute_types(schema, [*vectors, keys], options.attributes)
    if len(vectors) > 1:
        notes = (f'vectors: {len(vectors)} columns, "{vectors[0]}" to "{vectors[-1]}"', *notes)
    is_text = keys is not None and infos[keys].dtype == object
    chunks = partial(_chunks, source, name, scan, _Columns(vectors, dim, keys, attributes))
    return Table(
        name,
        dim,
        "str" if is_text else "int",
        n,
        chunks,
        numbered=keys is None,
        keys_from=ROW_NUMBERS if keys is None else f'column "{keys}"',
        attributes=tuple(attributes),
        notes=list(notes),
    )


def _pandas_index(metadata: dict[str, str]) -> str | None:
    """Return the column that was the index of a pandas frame, if there is one."""
    try:
        columns = json.loads(metadata.get("pandas", "{}"))["index_columns"]
    except (KeyError, RecursionError, TypeError, ValueError):
        return None
    is_one = isinstance(columns, list) and len(columns) == 1 and isinstance(columns[0], str)
    return columns[0] if is_one else None


def _info(dtype: "pl.DataType", n: int) -> ArrayInfo:
    """Describe a column as an array; the length of its lists is not known yet."""
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


def _dim(
    source: Source,
    name: str,
    scan: "Callable[[], pl.LazyFrame]",
    column: str,
    dtype: "pl.DataType",
) -> int:
    import polars as pl

    if isinstance(dtype, pl.Array):
        dim = dtype.size
    else:
        try:
            frame = scan().select(column).head(_SAMPLE).collect()
        except _damage() as error:
            raise _unreadable(source, name, error) from error
        lengths = frame[column].list.len().drop_nulls().to_numpy()
        dim = int(np.bincount(lengths).argmax()) if len(lengths) else 0
    if not 1 <= dim <= MAX_DIM:
        raise IngestError(f'Column "{column}" of {source.path} holds no vectors in its first rows.')
    return dim


def _chunks(
    source: Source, name: str, scan: "Callable[[], pl.LazyFrame]", columns: _Columns
) -> Generator[Chunk, None, None]:
    names = [*columns.vectors, *columns.attributes]
    names += [columns.keys] if columns.keys is not None else []
    size = next(row_slices(1 << 62, columns.dim + len(columns.attributes))).stop
    row = 0
    try:
        for frame in scan().select(names).collect_batches(chunk_size=size):
            yield _chunk(source, frame, columns, row)
            row += len(frame)
    except _damage() as error:
        raise _unreadable(source, name, error) from error


def _chunk(source: Source, frame: "pl.DataFrame", columns: _Columns, row: int) -> Chunk:
    import polars as pl

    places = np.arange(row, row + len(frame))
    keys = columns.keys
    labels = pl.Series(places) if keys is None else _as_keys(frame[keys])
    complaints, whole, numbers = _vectors(frame, columns)
    good = whole & labels.is_not_null()
    mask = good.to_numpy()
    attributes = None
    if columns.attributes:
        attributes = convert_attributes(frame, columns.attributes, source.path, row).filter(good)
    found = labels.filter(good).to_numpy()
    if mask.all():
        return Chunk(found, numbers(good), places, [], attributes)
    bad = np.flatnonzero(~mask)

    def describe(i: int) -> tuple[str, str]:
        at = int(bad[i])
        if not whole[at]:
            return complaints(at), str(labels[at])
        given = None if keys is None else frame[keys][at]
        return ("it has no key" if given is None else f"{given} is not a key of 64 bits"), ""

    return Chunk(found, numbers(good), places[mask], [Faults(places[bad], describe)], attributes)


def _vectors(
    frame: "pl.DataFrame", columns: _Columns
) -> "tuple[Callable[[int], str], pl.Series, Callable[[pl.Series], npt.NDArray[Any]]]":
    """Return the fault of a row, the mask of whole rows, and the vectors of a mask."""
    import polars as pl

    dim = columns.dim
    if len(columns.vectors) > 1:
        table = frame.select(columns.vectors)
        # Missing numbers become NaN, which the reader finds as a fault.
        whole = pl.repeat(True, len(frame), dtype=pl.Boolean, eager=True)
        return str, whole, lambda good: table.filter(good).to_numpy()
    column = frame[columns.vectors[0]]
    lists = column.arr.to_list() if isinstance(column.dtype, pl.Array) else column
    lengths = lists.list.len()

    def complain(at: int) -> str:
        length = lengths[at]
        holds = "nothing" if length is None else counted(length, "number")
        return f"it holds {holds} where {counted(dim, 'number')} are required"

    def numbers(good: "pl.Series") -> npt.NDArray[Any]:
        return lists.filter(good).explode().to_numpy().reshape(-1, dim)

    return complain, (lengths == dim).fill_null(False), numbers


def _as_keys(column: "pl.Series") -> "pl.Series":
    """Return keys as int64 or strings; null for values that cannot be keys, which are faults."""
    import polars as pl

    if column.dtype.is_float():
        is_whole = (column == column.round()) & (column.abs() < _EXACT)
        column = column.set(~is_whole.fill_null(False), None)
        return column.cast(pl.Int64, strict=False)
    return column.cast(pl.Int64 if column.dtype.is_integer() else pl.String, strict=False)


def _damage() -> tuple[type[BaseException], ...]:
    """Return what polars raises for damaged files; some of them make it panic."""
    from polars import exceptions

    return MemoryError, OSError, exceptions.PolarsError, exceptions.PanicException


def _unreadable(source: Source, name: str, error: BaseException) -> IngestError:
    kind = "a Parquet file" if name == "parquet" else "an Arrow file"
    return IngestError(f"{source.path} is {kind} that cannot be read: {error}.")
