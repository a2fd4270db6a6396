"""Write our benchmark data as a file of ann-benchmarks, for ``vecstore bench`` and for others.

::

    .venv/bin/python -m benchmarks.ann_file words.hdf5 --rows 48976
    vecstore bench words.hdf5 --figure docs/recall.png
"""

from pathlib import Path

import click
import h5py

from benchmarks import datasets
from benchmarks.answers import nearest

_DEPTH = 100  # neighbours of each query, as ann-benchmarks has them
_DISTANCES = {"cosine": "angular", "euclidean": "euclidean"}


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--data", default="words", show_default=True, help="words or clustered.")
@click.option("--rows", default=300_000, show_default=True)
@click.option("--dim", default=128, show_default=True, help="Of clustered.")
@click.option("--queries", "n_queries", default=1024, show_default=True)
def main(path: Path, data: str, rows: int, dim: int, n_queries: int) -> None:
    """Write vectors, queries that are not among them, and the true neighbours to PATH."""
    dataset = datasets.load(data, rows, dim, n_queries)
    truth = nearest(dataset.vectors, dataset.queries, _DEPTH, dataset.metric)
    with h5py.File(path, "x") as file:
        file.attrs["distance"] = _DISTANCES[dataset.metric]
        file["train"], file["test"] = dataset.vectors, dataset.queries
        file["neighbors"], file["distances"] = truth.rows, truth.distances


if __name__ == "__main__":
    main()
