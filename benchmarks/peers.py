"""Compare vecstore with its peers in one process, on the same vectors, with the same threads.

::

    .venv/bin/python -m benchmarks.peers --rows 300000 --csv peers.csv --figure peers.png
    .venv/bin/python -m benchmarks.peers --data minilm --only vecstore --only "FAISS Flat"
"""

from pathlib import Path

import click
from rich.console import Console

from benchmarks import datasets, machine
from benchmarks.answers import nearest
from benchmarks.figure import draw
from benchmarks.measurement import Measurement, measurements
from benchmarks.ours import OURS
from benchmarks.peer import unit
from benchmarks.report import as_table, write_csv
from benchmarks.rivals import RIVALS

NAMES = [peer.name for peer in OURS + RIVALS]


@click.command()
@click.option(
    "--data",
    default="words",
    show_default=True,
    metavar="NAME|PATH",
    help="words, clustered, minilm, bigann, or an ann-benchmarks HDF5 file.",
)
@click.option("--rows", default=300_000, show_default=True, help="Of words and clustered.")
@click.option("--dim", default=128, show_default=True, help="Of clustered.")
@click.option(
    "--metric", type=click.Choice(["cosine", "euclidean", "dot"]), help="Default: that of the data."
)
@click.option("--queries", "n_queries", default=1024, show_default=True, help="In a batch.")
@click.option("-k", default=10, show_default=True, help="Neighbours per query.")
@click.option("--threads", default=machine.THREADS, show_default=True, help="For everybody.")
@click.option("--seconds", default=2.0, show_default=True, help="To measure each figure.")
@click.option("--only", multiple=True, type=click.Choice(NAMES), help="Leave out the others.")
@click.option("--csv", "csv_path", type=click.Path(path_type=Path), help="Write the figures.")
@click.option("--figure", "figure_path", type=click.Path(path_type=Path), help="Draw them (PNG).")
def main(
    data: str,
    rows: int,
    dim: int,
    metric: str | None,
    n_queries: int,
    k: int,
    threads: int,
    seconds: float,
    only: tuple[str, ...],
    csv_path: Path | None,
    figure_path: Path | None,
) -> None:
    """Measure queries per second of vecstore and its peers, with the recall of every figure."""
    console, messages = Console(width=100), Console(stderr=True)
    dataset = datasets.load(data, rows, dim, n_queries)
    dataset = dataset._replace(metric=metric or dataset.metric)
    dataset = dataset._replace(queries=unit(dataset.queries, dataset.metric))
    messages.print("Measuring the machine, then finding the true neighbours in float64 ...")
    limits = machine.measure(threads=threads)
    truth = nearest(dataset.vectors, dataset.queries, k, dataset.metric)
    found: list[Measurement] = []
    for peer in OURS + RIVALS:
        if (only and peer.name not in only) or dataset.metric not in peer.metrics:
            continue
        messages.print(f"{peer.name} ...")
        try:
            found.extend(measurements(peer, dataset, truth, threads, seconds))
        except ImportError as error:
            messages.print(f"[yellow]{peer.name} is left out: {error}.")
    title = (
        f"The {k} nearest of {len(dataset.vectors):,} {dataset.name} x {dataset.vectors.shape[1]}, "
        f"{dataset.metric}, {threads} threads"
    )
    console.print(as_table(found, dataset, title, limits))
    if csv_path:
        write_csv(csv_path, found, dataset, title, limits)
    if figure_path:
        draw(figure_path, found, title, limits)


if __name__ == "__main__":
    main()
