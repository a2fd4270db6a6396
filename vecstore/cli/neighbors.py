"""``vecstore neighbors``: the nearest keys of every key."""

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TextIO

import click

import vecstore
from vecstore.cli.options import out_option, output_options, threads_option, with_store
from vecstore.cli.output import Style, field, write_answers
from vecstore.cli.progress import progress
from vecstore.results import Matches
from vecstore.storage import files

__all__ = ["neighbors"]

BATCH = 65536  # rows whose keys are in memory at once
SHOWN = 10  # rows of the table


class Pairs(NamedTuple):
    """Columns of equal length: keys, neighbours, distances."""

    keys: list[Any]
    neighbors: list[Any]
    distances: list[float]


@click.command()
@with_store
@click.option(
    "--k", "-k", type=click.IntRange(min=1), default=1, show_default=True, help="Neighbours each."
)
@out_option("Write all pairs to a .tsv, .parquet or .h5 file.", ".tsv", ".parquet", ".h5")
@threads_option
@output_options
def neighbors(
    store: vecstore.Store, k: int, out: Path | None, threads: int | None, style: Style
) -> None:
    """Find the nearest keys of every key of STORE, the key itself left out.

    On a terminal the first rows are shown. Piped, a line is: a key, a neighbour, their distance. So
    is a line of a .tsv file; a .parquet file has such columns. An .h5 file has the datasets "rows"
    and "distances", of shape (n, k): row i is about the i-th key, and names others by number.

    \b
      vecstore neighbors words.vecs --out pairs.tsv
      vecstore neighbors words.vecs --k 10 --out graph.h5
    """
    if out is not None or style != "table":
        with progress("Searching") as report:
            _answer(store, out, style, k=k, threads=threads, progress=report)
    if style == "table":
        _show_first(store, k, threads)
        if out is None and len(store) > SHOWN:
            click.echo(f"{len(store) - SHOWN:,} keys more; --out FILE writes all.", err=True)


def _answer(store: vecstore.Store, out: Path | None, style: Style, **options: Any) -> None:
    if out is not None:
        _write(store, out, **options)
    elif style == "lines":
        _write_lines(store, store.neighbors(**options), sys.stdout)
    else:
        write_answers(_answers(store, store.neighbors(**options)), style)


def _write(store: vecstore.Store, out: Path, **options: Any) -> None:
    if out.suffix == ".h5":
        store.neighbors(out=out, **options)
        return
    # By way of a file of arrays: neither the pairs nor their keys need to fit in memory.
    with TemporaryDirectory(prefix=f"{out.name}.", dir=out.parent) as folder:
        matches = store.neighbors(out=Path(folder) / "graph.h5", **options)
        write = _write_tsv if out.suffix == ".tsv" else _write_parquet
        files.publish(out, partial(write, store, matches))


def _batches(store: vecstore.Store, matches: Matches) -> Iterator[tuple[list[Any], Matches]]:
    """Give keys with what was found for them, some thousands at a time."""
    first = 0
    for keys, _ in store.batches(BATCH):
        yield keys.tolist(), matches[first : first + len(keys)]
        first += len(keys)


def _answers(store: vecstore.Store, matches: Matches) -> Iterator[tuple[str, Matches]]:
    for keys, some in _batches(store, matches):
        yield from zip(map(str, keys), some, strict=True)


def _pairs(store: vecstore.Store, matches: Matches) -> Iterator[Pairs]:
    """Give the pairs, some thousands at a time; unused places are left out."""
    for keys, some in _batches(store, matches):
        found = some.rows >= 0
        owners = found.nonzero()[0].tolist()
        near, distances = some.keys[found].tolist(), some.distances[found].tolist()
        yield Pairs([keys[owner] for owner in owners], near, distances)


def _write_lines(store: vecstore.Store, matches: Matches, file: TextIO) -> None:
    for pairs in _pairs(store, matches):
        for key, near, distance in zip(*pairs, strict=True):
            file.write(f"{field(key)}\t{field(near)}\t{distance!r}\n")


def _write_tsv(store: vecstore.Store, matches: Matches, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        _write_lines(store, matches, file)


def _write_parquet(store: vecstore.Store, matches: Matches, path: Path) -> None:
    import polars as pl
    from polars.io.plugins import register_io_source

    kind = pl.String if store.key_kind == "str" else pl.Int64
    schema = {"key": kind, "neighbor": kind, "distance": pl.Float64}

    def frames(*_: Any) -> Iterator[pl.DataFrame]:
        for pairs in _pairs(store, matches):
            yield pl.DataFrame(dict(zip(schema, pairs, strict=True)), schema)

    register_io_source(frames, schema=schema).sink_parquet(path)


def _show_first(store: vecstore.Store, k: int, threads: int | None) -> None:
    """Print the first rows as a table."""
    from vecstore.cli import tables

    keys: list[Any] = next((keys.tolist() for keys, _ in store.batches(SHOWN)), [])
    matches = store.similar(keys, k=k, threads=threads)
    tables.print_pairs(
        (key, *one) for key, found in zip(keys, matches, strict=True) for one in found
    )
