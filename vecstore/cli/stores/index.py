"""``vecstore index``: building, measuring and removing the graphs of approximate search."""

from pathlib import Path
from typing import Any

import click

import vecstore
from vecstore.cli.options import output_options, threads_option, where_option
from vecstore.cli.output import Style, say, write_record
from vecstore.cli.progress import progress
from vecstore.cli.questions import vectors

__all__ = ["index"]

STORE = click.argument("path", metavar="STORE", type=click.Path())


@click.group()
def index() -> None:
    """Build, tune or drop the index of a store.

    An index speeds up searches that may miss some neighbours: "search --approximate 0.95". Its
    recall is measured when it is built, and "info" shows it.

    \b
      vecstore index build words.vecs
      vecstore search words.vecs --queries q.npy --approximate 0.95
    """


@index.command()
@STORE
@click.option(
    "--kind",
    type=click.Choice(["hnsw", "hnswlib"]),
    default="hnsw",
    show_default=True,
    help="Build the graph with vecstore (hnsw) or with hnswlib.",
)
@click.option(
    "-M",
    "--links",
    "M",
    type=click.IntRange(min=2),
    default=16,
    show_default=True,
    help="Links per row; twice as many on the lowest level.",
)
@click.option(
    "--ef-construction",
    type=click.IntRange(min=1),
    default=200,
    show_default=True,
    help="Candidates considered when a row is linked.",
)
@where_option
@threads_option
@output_options
def build(path: str, style: Style, **options: Any) -> None:
    """Build a graph over the rows of STORE and measure its recall.

    Rows added later are searched exactly until the index is built again.

    \b
      vecstore index build words.vecs -M 24
    """
    with vecstore.open(path, mode="a") as store:
        with progress("Building") as report:
            store.build_index(progress=report, **options)
        _write(store, style)


@index.command()
@STORE
@click.option(
    "--queries",
    type=click.Path(exists=True, dir_okay=False),
    help='Typical query vectors, in any format that "import" reads.  [default: rows]',
)
@threads_option
@output_options
def tune(path: str, queries: str | None, threads: int | None, style: Style) -> None:
    """Measure the index of STORE again.

    If your queries are unlike the rows, rows say little about the recall. Then pass a few hundred
    typical queries.

    \b
      vecstore index tune photos.vecs --queries captions.npy
    """
    with vecstore.open(path, mode="a") as store:
        wanted = None if queries is None else vectors.read_queries(queries, store.dim)[1]
        with progress("Measuring"):
            store.tune_index(wanted, threads=threads)
        _write(store, style)


@index.command()
@STORE
def drop(path: str) -> None:
    """Remove the index of STORE.

    \b
      vecstore index drop words.vecs
    """
    with vecstore.open(path, mode="a") as store:
        had = store.info()["indexes"]
        store.drop_index()
    freed = sum(one["bytes"] for one in had)
    what = "1 index" if len(had) == 1 else f"{len(had)} indexes"
    say(f"{Path(path)}: {what} removed, {freed:,} bytes", err=False)


def _write(store: vecstore.Store, style: Style) -> None:
    """Print the measurements of each index: a line per width of the walk (ef)."""
    for one in store.info()["indexes"]:
        if style in ("json", "jsonl"):
            write_record(one, style)
        elif style == "table":
            from vecstore.cli import tables

            tables.print_index(one)
        else:
            for step in one["steps"]:
                shares = [f"{share:.4f}" for share in step["recall"]]
                rates = [f"{rate:.0f}" for rate in step["speed"].values()]
                click.echo("\t".join([str(step["ef"]), *shares, *rates]))
