"""Write Parquet with the neighbours of every row, as Apple's Embedding Atlas reads them."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from vecstore.forks import check_polars
from vecstore.ingest.writers.rows import Rows
from vecstore.search import Matches

__all__ = ["check_columns", "write_parquet_with_neighbors"]

_OURS = ("vector", "neighbors")


def check_columns(rows: Rows) -> None:
    """Refuse attributes named like a column that is written here."""
    for name in _OURS:
        if name in rows.attributes:
            raise ValueError(
                f'The attribute "{name}" cannot be written with `neighbors`, which makes a column '
                "of that name."
            )


def write_parquet_with_neighbors(rows: Rows, path: Path, *, k: int) -> None:
    """Write the columns "key" and "vector", the attributes, and "neighbors".

    A neighbour is a row number and a distance; a row holds them as a struct of the lists "ids" and
    "distances", nearest first. Neither the graph nor the table needs to fit in memory.
    """
    check_polars()
    import polars as pl
    from polars.io.plugins import register_io_source

    # JavaScript viewers read 64-bit integers as BigInt, which cannot be an index there.
    number = pl.Int32 if rows.n < 2**31 else pl.Int64
    schema = pl.Schema(
        {
            "key": pl.String if rows.key_kind == "str" else pl.Int64,
            "vector": pl.Array(pl.Float32, rows.dim),
            **rows.attributes,
            "neighbors": pl.Struct({"ids": pl.List(number), "distances": pl.List(pl.Float64)}),
        }
    )

    def frames(matches: Matches) -> Iterator[pl.DataFrame]:
        first = 0
        for keys, vectors in rows.batches():
            some = matches[first : first + len(keys)]
            first += len(keys)
            columns = {
                "key": keys.tolist(),
                "vector": np.ascontiguousarray(vectors, np.float32),
                "neighbors": _structs(some),
            }
            table = pl.DataFrame(columns, {name: schema[name] for name in columns})
            yield table.hstack(rows.table(keys.tolist()).drop("key")).select(schema.names())

    with TemporaryDirectory(prefix=f"{path.name}.", dir=path.parent) as folder:
        graph = Path(folder) / "graph.h5" if rows.n else None
        matches = rows.store.neighbors(k, out=graph)
        source = register_io_source(lambda *_: frames(matches), schema=schema)
        source.sink_parquet(path)


def _structs(matches: Matches) -> list[dict[str, Any]]:
    return [
        {"ids": rows[:count].tolist(), "distances": distances[:count].tolist()}
        for rows, distances, count in zip(
            matches.rows, matches.distances, np.atleast_1d(matches.counts), strict=True
        )
    ]
