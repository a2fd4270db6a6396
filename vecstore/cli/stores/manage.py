"""Commands that make and describe stores: import, create, info, export."""

import time
from pathlib import Path
from typing import Any

import click

import vecstore
from vecstore import ingest
from vecstore.cli.fields import field
from vecstore.cli.options import (
    dtype_option,
    metric_option,
    output_options,
    threads_option,
    with_store,
)
from vecstore.cli.output import Style, say, write_record
from vecstore.cli.progress import progress

__all__ = ["create", "export", "import_", "info"]

# The format that a suffix of a new file stands for; compressed files are not written.
FORMAT_OF_SUFFIX = {
    ".bin": "word2vec-binary",
    ".fbin": "fbin",
    ".h5": "hdf5",
    ".hdf5": "hdf5",
    ".npy": "npy",
    ".npz": "npz",
    ".parquet": "parquet",
    ".tsv": "projector",
    ".txt": "word2vec-text",
    ".vec": "word2vec-text",
}


@click.command("import")
@click.argument("file", type=click.Path(allow_dash=True))
@click.argument("store", metavar="STORE", type=click.Path())
@metric_option(default=None, help="Metric, if the store is new.  [default: cosine]")
@dtype_option(
    default=None, help="Type of the stored numbers, if the store is new.  [default: float32]"
)
@click.option(
    "--format",
    type=click.Choice(["auto", *ingest.FORMATS]),
    metavar="NAME",
    default="auto",
    help=f"Format of FILE: {', '.join(ingest.FORMATS)}.  [default: recognised by content]",
)
@click.option(
    "--errors",
    type=click.Choice(["raise", "skip"]),
    default="raise",
    show_default=True,
    help="What to do with a line that cannot be read or repeats a key: stop, or skip and count it.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Read at most this many vectors.")
@click.option(
    "--dataset",
    "--layer",
    metavar="NAME",
    help="Dataset, array, column or layer with the vectors.  [default: guessed]",
)
@click.option(
    "--keys",
    metavar="NAME",
    help='Dataset, array, column or file with the keys, or "row numbers".  [default: guessed]',
)
@click.option(
    "--key-kind", type=click.Choice(["str", "int"]), help="Convert the keys to this type."
)
@click.option("--member", help="Name of the file to read in a .zip archive.")
@click.option(
    "--encoding",
    metavar="NAME",
    help="Encoding of the text, such as latin-1, utf-16 or gb18030.  [default: utf-8]",
)
@click.option(
    "--attributes",
    metavar="NAMES",
    callback=lambda _, __, text: None if text is None else [one for one in text.split(",") if one],
    help='Other columns of a table to keep, such as "year,title"; "" for none.  [default: all]',
)
@click.option(
    "--allow-pickle",
    is_flag=True,
    help="Unpickle a gensim file. This runs code from the file: do it only with files you trust.",
)
@threads_option
@output_options
def import_(file: str, store: str, style: Style, **options: Any) -> None:
    """Read vectors of almost any format from FILE into STORE.

    FILE may be "-" for standard input. STORE is made if it does not exist, and otherwise added to.
    The import is one commit: if anything goes wrong, the store is as before. Skipped lines are
    listed on standard error.

    \b
      vecstore import glove.6B.300d.txt words.vecs
      vecstore import cc.en.300.bin.gz words.vecs --limit 400000 --dtype float16
      vecstore import photos.parquet photos.vecs --dataset embedding --keys path
      vecstore import model.keras words.vecs --layer words --keys vocabulary.txt
      zcat part1.gz part2.gz | vecstore import - words.vecs --encoding latin-1
    """
    begun = time.perf_counter()
    with progress(f"Importing {Path(file).name}") as report_progress:
        report = ingest.import_into(file, store, progress=report_progress, **options)
    seconds = time.perf_counter() - begun
    facts = {
        "store": store,
        "format": report.format,
        "rows": report.rows,
        **({"keys": report.keys} if report.keys else {}),
        "skipped": report.skipped,
        "duplicates": report.duplicates,
        "seconds": round(seconds, 3),
        "rows_per_second": round(report.rows / seconds),
        "megabytes_per_second": round(report.size / 1e6 / seconds, 1),
    }
    if report.skipped or report.notes:
        say(report)
    write_record(facts, style)


@click.command()
@click.argument("path", metavar="STORE", type=click.Path())
@click.option("--dim", type=click.IntRange(min=1), required=True, help="Dimension of the vectors.")
@metric_option(
    default="cosine",
    show_default=True,
    help="Metric of the new store: 1 - cos, L2, or minus the dot product.",
)
@click.option(
    "--keys",
    type=click.Choice(["str", "int"]),
    default="str",
    show_default=True,
    help="Type of the keys.",
)
@dtype_option(
    default="float32",
    show_default=True,
    help="Type of the stored numbers; float16 halves the files.",
)
@output_options
def create(path: str, style: Style, **options: Any) -> None:
    """Make an empty STORE, for "import" or a program to add to.

    "import" makes a store by itself; use this when the store should differ from the file.

    \b
      vecstore create words.vecs --dim 100 --metric dot
    """
    with vecstore.create(path, **options) as store:
        write_record({**store.info(), "path": path}, style)


@click.command()
@with_store
@output_options
@click.pass_context
def info(ctx: click.Context, store: vecstore.Store, style: Style) -> None:
    """Describe STORE: its size, metric, files and origin."""
    # The path as it was typed: the store only knows the absolute one.
    write_record({**store.info(), "path": ctx.params["path"]}, style)


@click.command()
@with_store
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--format",
    type=click.Choice(ingest.WRITABLE),
    metavar="NAME",
    help=f"Format of FILE: {', '.join(ingest.WRITABLE)}.  [default: chosen by its suffix]",
)
@click.option(
    "--neighbors",
    type=click.IntRange(min=1),
    help="With Parquet: also write this many nearest neighbours of every key.",
)
def export(store: vecstore.Store, file: Path, format: str | None, neighbors: int | None) -> None:
    """Write STORE to a FILE that other programs can read.

    The names of the new files are printed. "import" reads the same vectors back from them, to the
    last bit. Existing files are never overwritten.

    \b
      vecstore export words.vecs words.vec
      vecstore export words.vecs words.npy        also makes words.keys.txt
      vecstore export words.vecs words.h5         one file, which every command opens as a STORE
      vecstore export words.vecs vectors.tsv      also makes metadata.tsv, for TensorBoard
      vecstore export words.vecs map.parquet --neighbors 15
      embedding-atlas map.parquet --vector vector --neighbors neighbors
    """
    chosen = format or FORMAT_OF_SUFFIX.get(file.suffix.lower())
    if chosen is None:
        raise click.UsageError(f'The name "{file.name}" tells no format; pass --format.')
    with progress(f"Exporting {store.path}"):
        made = ingest.export(store, file, chosen, neighbors=neighbors)
    for path in made:
        click.echo(field(path))
