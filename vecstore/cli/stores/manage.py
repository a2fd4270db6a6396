"""Making and describing stores: import, create, info, export."""

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

# What a file called so is expected to hold; .gz and the like are not written.
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
@metric_option(default=None, help="Of a new store.  [default: cosine]")
@dtype_option(default=None, help="Of a new store.  [default: float32]")
@click.option(
    "--format",
    type=click.Choice(["auto", *ingest.FORMATS]),
    metavar="NAME",
    default="auto",
    help=f"One of {', '.join(ingest.FORMATS)}.  [default: told by the content]",
)
@click.option(
    "--errors",
    type=click.Choice(["raise", "skip"]),
    default="raise",
    show_default=True,
    help="At a line that cannot be read, or whose key came before: stop, or skip and count it.",
)
@click.option("--limit", type=click.IntRange(min=1), help="At most so many vectors.")
@click.option(
    "--dataset",
    "--layer",
    metavar="NAME",
    help="Dataset, array, column or layer of the vectors.  [default: guessed]",
)
@click.option(
    "--keys",
    metavar="NAME",
    help='Dataset, array, column or file of the keys, or "row numbers".  [default: guessed]',
)
@click.option("--key-kind", type=click.Choice(["str", "int"]), help="Convert the keys.")
@click.option("--member", help="Which file of a .zip archive.")
@click.option(
    "--encoding",
    metavar="NAME",
    help="Of text and of keys: latin-1, utf-16, gb18030...  [default: utf-8]",
)
@click.option(
    "--attributes",
    metavar="NAMES",
    callback=lambda _, __, text: None if text is None else [one for one in text.split(",") if one],
    help='Other columns of a table to keep, "year,title"; "" for none.  [default: all]',
)
@click.option("--allow-pickle", is_flag=True, help="Unpickle a file of gensim: its code will run.")
@threads_option
@output_options
def import_(file: str, store: str, style: Style, **options: Any) -> None:
    """Read FILE, of almost any format, into STORE; "-" is standard input.

    A STORE that is not there is made; one that is there is added to. It is all one commit: if
    anything goes wrong, the store is as before. Lines skipped are listed on standard error.

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
@click.option("--dim", type=click.IntRange(min=1), required=True, help="Numbers in a vector.")
@metric_option(default="cosine", show_default=True, help="1 - cos, L2, or minus the dot product.")
@click.option(
    "--keys",
    type=click.Choice(["str", "int"]),
    default="str",
    show_default=True,
    help="What vectors are looked up by.",
)
@dtype_option(default="float32", show_default=True, help="float16 halves the files.")
@output_options
def create(path: str, style: Style, **options: Any) -> None:
    """Make an empty STORE, for "import" or a program to add to.

    "import" makes a store by itself; this is for one that shall differ from the file.

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
    """Describe STORE: size, metric, files, origin."""
    # As it was typed: the store knows the absolute path.
    write_record({**store.info(), "path": ctx.params["path"]}, style)


@click.command()
@with_store
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--format",
    type=click.Choice(ingest.WRITABLE),
    metavar="NAME",
    help=f"One of {', '.join(ingest.WRITABLE)}.  [default: told by the suffix of FILE]",
)
@click.option(
    "--neighbors",
    type=click.IntRange(min=1),
    help="With Parquet: so many nearest of every key too.",
)
def export(store: vecstore.Store, file: Path, format: str | None, neighbors: int | None) -> None:
    """Write STORE to a FILE that other programs read.

    Prints the names of the files made. "import" gets the same vectors back from them, to the last
    bit. Nothing is overwritten.

    \b
      vecstore export words.vecs words.vec
      vecstore export words.vecs words.npy        and beside it words.keys.txt
      vecstore export words.vecs words.h5         everything in one file, which "info" and all open
      vecstore export words.vecs vectors.tsv      and beside it metadata.tsv, for TensorBoard
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
