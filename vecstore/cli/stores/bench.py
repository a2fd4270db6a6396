"""``vecstore bench``: recall against speed, of vecstore and of other libraries."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from vecstore.cli.fields import field
from vecstore.cli.options import k_option, output_options
from vecstore.cli.output import Style, say, write_record
from vecstore.cli.progress import progress

if TYPE_CHECKING:
    from vecstore.bench import Measurement

__all__ = ["bench"]


@click.command()
@click.argument("dataset", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--algorithms",
    metavar="NAMES",
    help="Comma-separated list of vecstore, vecstore-hnsw, hnswlib, faiss-hnsw, faiss-ivf, scann, "
    "svs, usearch, pynndescent.  [default: all that are installed]",
)
@k_option
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Number of threads, the same for every algorithm.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    help="Seconds to measure each setting, once with single queries and once in batches.",
)
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the measurements to a new .csv or .hdf5 file.",
)
@click.option(
    "--figure",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Draw recall against speed in a new .png or .svg file.",
)
@output_options
def bench(
    dataset: Path,
    algorithms: str | None,
    k: int,
    threads: int,
    seconds: float,
    out: Path | None,
    figure: Path | None,
    style: Style,
) -> None:
    """Measure recall and speed on a benchmark DATASET.

    DATASET is an HDF5 file in the format of ann-benchmarks.

    When the output is piped, each line holds the algorithm, its setting, the recall, queries per
    second one by one, queries per second in batches, and the seconds to build.

    \b
      vecstore bench glove-100-angular.hdf5 --figure recall.png
      vecstore bench sift-128-euclidean.hdf5 --algorithms vecstore,vecstore-hnsw,hnswlib --out r.csv
    """
    from vecstore import bench as benching

    known = {peer.name: peer for peer in benching.PEERS}
    names = list(known) if algorithms is None else [name.strip() for name in algorithms.split(",")]
    for name in names:
        if name not in known:
            raise click.UsageError(f'No algorithm "{name}"; there are {", ".join(known)}.')
    for path in filter(None, (out, figure)):
        if path.exists():
            raise FileExistsError(f"{path} exists already; remove it or choose another name.")
    data = benching.read(dataset)
    found: list[Measurement] = []
    with progress("Measuring") as report:
        for place, name in enumerate(names):
            report(place, len(names))
            try:
                for one in benching.measure(
                    known[name], data, k=k, threads=threads, seconds=seconds
                ):
                    found.append(one)
                    _write(one, style)
            except ImportError as error:
                say(f"{name} is left out: {error}")
    if not found:
        raise click.ClickException("None of these algorithms is installed.")
    if style == "table":
        from vecstore.cli import tables

        tables.print_measurements(found)
    if out:
        benching.write(out, found, data.name)
    if figure:
        shape = f"{len(data.train):,} x {data.train.shape[1]}, {data.metric}"
        benching.draw(figure, found, f"{data.name} ({shape})")


def _write(one: "Measurement", style: Style) -> None:
    """Print a measurement at once; a table is printed only when all are known."""
    if style == "lines":
        numbers = (one.single, one.batch, one.build_seconds)
        rounded = [f"{one.recall:.4f}", *(f"{number:.4g}" for number in numbers)]
        click.echo("\t".join([field(one.algorithm), one.setting, *rounded]))
    elif style != "table":
        write_record(one._asdict(), style)
