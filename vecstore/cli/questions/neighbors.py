"""``vecstore neighbors``: the nearest keys of every key."""

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TextIO

import click
import numpy as np
import numpy.typing as npt

import vecstore
from vecstore.cli.fields import field
from vecstore.cli.options import out_option, output_options, threads_option, with_store
from vecstore.cli.output import Style, say, write_objects
from vecstore.cli.progress import progress
from vecstore.metrics import has_similarities
from vecstore.search import Matches, mutual
from vecstore.storage.disk import disk_errors, publish_output

__all__ = ["neighbors"]

BATCH = 65536  # rows whose keys are in memory at once
SHOWN = 10  # rows in the table


class Pairs(NamedTuple):
    """Columns of equal length: keys, neighbours, distances, and whether each is mutual."""

    keys: list[Any]
    neighbors: list[Any]
    distances: list[float]
    mutual: list[bool]


@click.command()
@with_store
@click.option(
    "--k",
    "-k",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Number of nearest neighbours.",
)
@out_option("Write all pairs to a new .tsv, .parquet or .h5 file.", ".tsv", ".parquet", ".h5")
@threads_option
@output_options
def neighbors(
    store: vecstore.Store, k: int, out: Path | None, threads: int | None, style: Style
) -> None:
    """Find the nearest keys of every key of STORE.

    A key is not among its own neighbours. A pair is mutual if each of the two keys is among the
    nearest of the other.

    On a terminal, only the first rows are shown. When the output is piped, each line holds a key, a
    neighbour, their distance, and whether the pair is mutual (true or false). A .tsv file has the
    same lines, and a .parquet file has the same columns. An .h5 file has the datasets "rows",
    "distances" and "mutual", all of shape (n, k): row i belongs to the i-th key, and "rows" gives
    its neighbours by row number.

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
            say(f"{len(store) - SHOWN:,} keys more; --out FILE writes all.")


def _answer(store: vecstore.Store, out: Path | None, style: Style, **options: Any) -> None:
    if out is not None:
        _write(store, out, **options)
    elif style == "lines":
        _write_lines(store, store.neighbors(**options), sys.stdout)
    else:
        _write_objects(store, store.neighbors(**options), style)


def _write(store: vecstore.Store, out: Path, **options: Any) -> None:
    if out.suffix == ".h5":
        store.neighbors(out=out, **options)
        return
    # Goes through a file of arrays, so that neither the pairs nor their keys have to fit in memory.
    with disk_errors(out), TemporaryDirectory(prefix=f"{out.name}.", dir=out.parent) as folder:
        matches = store.neighbors(out=Path(folder) / "graph.h5", **options)
        write = _write_tsv if out.suffix == ".tsv" else _write_parquet
        publish_output(out, partial(write, store, matches))


def _batches(
    store: vecstore.Store, matches: Matches
) -> Iterator[tuple[list[Any], Matches, npt.NDArray[np.bool_]]]:
    """Yield keys, their matches, and which of these are mutual, a batch at a time."""
    first = 0
    for keys, _ in store.batches(BATCH):
        stop = first + len(keys)
        yield keys.tolist(), matches[first:stop], mutual(matches.rows, first, stop)
        first = stop


def _write_objects(store: vecstore.Store, matches: Matches, style: Style) -> None:
    """Print an object for each key, as "similar" does, with "mutual" added."""
    write_objects(
        (
            {"query": str(key), "matches": list(_matches(found, marks))}
            for keys, some, marked in _batches(store, matches)
            for key, found, marks in zip(keys, some, marked.tolist(), strict=True)
        ),
        style,
    )


def _matches(found: Matches, marks: list[bool]) -> Iterator[dict[str, Any]]:
    similar = found.similarities.tolist() if has_similarities(found.metric) else None
    for place, match in enumerate(found):
        similarity = {} if similar is None else {"similarity": similar[place]}
        yield {**match._asdict(), **similarity, "mutual": marks[place]}


def _pairs(store: vecstore.Store, matches: Matches) -> Iterator[Pairs]:
    """Yield the pairs a batch at a time, without the unused places of an answer."""
    for keys, some, marks in _batches(store, matches):
        found = some.rows >= 0
        owners = found.nonzero()[0].tolist()
        near, distances = some.keys[found].tolist(), some.distances[found].tolist()
        yield Pairs([keys[owner] for owner in owners], near, distances, marks[found].tolist())


def _write_lines(store: vecstore.Store, matches: Matches, file: TextIO) -> None:
    for pairs in _pairs(store, matches):
        for key, near, distance, both in zip(*pairs, strict=True):
            mark = "true" if both else "false"
            file.write(f"{field(key, file)}\t{field(near, file)}\t{distance!r}\t{mark}\n")


def _write_tsv(store: vecstore.Store, matches: Matches, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        _write_lines(store, matches, file)


def _write_parquet(store: vecstore.Store, matches: Matches, path: Path) -> None:
    import polars as pl
    from polars.io.plugins import register_io_source

    kind = pl.String if store.key_kind == "str" else pl.Int64
    schema = {"key": kind, "neighbor": kind, "distance": pl.Float64, "mutual": pl.Boolean}

    def frames(*_: Any) -> Iterator[pl.DataFrame]:
        for pairs in _pairs(store, matches):
            yield pl.DataFrame(dict(zip(schema, pairs, strict=True)), schema)

    register_io_source(frames, schema=schema).sink_parquet(path)


def _show_first(store: vecstore.Store, k: int, threads: int | None) -> None:
    """Print the first rows as a table."""
    from vecstore.cli import tables

    keys: list[Any] = next((keys.tolist() for keys, _ in store.batches(SHOWN)), [])
    matches = store.similar(keys, k=k, threads=threads)
    near = {match.key for found in matches for match in found}
    theirs = _nearest(store, list(near), k, threads)
    tables.print_pairs(
        (key, *match, key in theirs[match.key])
        for key, found in zip(keys, matches, strict=True)
        for match in found
    )


def _nearest(
    store: vecstore.Store, keys: list[Any], k: int, threads: int | None
) -> dict[Any, set[Any]]:
    """Return the set of nearest keys of each key."""
    matches = store.similar(keys, k=k, threads=threads)
    found = zip(keys, matches, strict=True)
    return {key: {match.key for match in some} for key, some in found}
