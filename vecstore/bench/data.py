"""Files in the layout of ann-benchmarks: vectors, queries, and the true neighbours of the queries.

The layout is that of Aumueller, Bernhardsson and Faithfull, 2020, "ANN-Benchmarks: a benchmarking
tool for approximate nearest neighbor algorithms", Information Systems 87.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.errors import IngestError
from vecstore.storage.hdf5 import check_claims, datasets, file_metric

__all__ = ["Data", "distances", "read", "recall"]

# Relative tolerance: the file's neighbours were found in float32 or float64, by any formula.
_ROOM = 1e-6


class Data(NamedTuple):
    """The contents of one benchmark file."""

    name: str  # of the file, without its suffix
    metric: str
    train: npt.NDArray[np.float32]  # (n, dim): the rows to search
    test: npt.NDArray[np.float32]  # (n_queries, dim): the queries
    neighbors: npt.NDArray[np.int64]  # (n_queries, depth): the true rows, nearest first


def read(path: Path) -> Data:
    """Read a file into memory; raises IngestError if it is not in this layout."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            known = datasets(file)
            missing = [name for name in ("train", "test", "neighbors") if name not in known]
            metric = None if missing else file_metric(file, path)
            if missing or metric is None:
                what = f'no dataset "{missing[0]}"' if missing else "no metric that is known"
                raise IngestError(f"{path} is not in the layout of ann-benchmarks: it has {what}.")
            for name in ("train", "test", "neighbors"):
                if known[name].ndim != 2 or known[name].dtype.kind not in "fiub":
                    raise IngestError(
                        f'{path} is not in the layout of ann-benchmarks: "{name}" is '
                        f"{known[name].dtype} of shape {known[name].shape}."
                    )
                check_claims(known[name], path)
            train, test = (np.asarray(known[name], np.float32) for name in ("train", "test"))
            neighbors = np.asarray(known["neighbors"], np.int64)
    except (OSError, RuntimeError, KeyError) as error:
        if not path.exists():
            raise
        raise IngestError(f"{path} is not HDF5: {error}.") from None
    if neighbors.shape[0] != len(test) or train.shape[1:] != test.shape[1:]:
        raise IngestError(
            f"{path} has {test.shape} queries for {train.shape} vectors and {neighbors.shape} "
            f"neighbours, which do not go together."
        )
    return Data(path.stem, metric, train, test, neighbors)


def distances(
    data: Data, rows: npt.NDArray[np.int64], queries: npt.NDArray[np.float32]
) -> npt.NDArray[np.float64]:
    """Return the distances, (n_queries, k), from queries to rows; infinite for negative rows."""
    # Libraries report a place that they could not fill as row -1.
    x = data.train[np.maximum(rows, 0)].astype(np.float64)
    q = queries[:, None, :].astype(np.float64)
    if data.metric == "euclidean":
        far = np.sqrt(((x - q) ** 2).sum(axis=2))
    else:
        far = -(x * q).sum(axis=2)
        if data.metric == "cosine":
            far = 1 + far / np.sqrt((x**2).sum(axis=2) * (q**2).sum(axis=2))
    return np.where(rows < 0, np.inf, far)


def recall(data: Data, rows: npt.NDArray[np.int64]) -> float:
    """Return the share of the true neighbours found; `rows` (n, k) answer the first n queries."""
    n, k = rows.shape
    queries = data.test[:n]
    # A row counts if it is as near as the k-th true neighbour. Which of several rows at the same
    # distance was found does not matter.
    farthest = distances(data, data.neighbors[:n, k - 1 : k], queries)
    found = distances(data, rows, queries) <= farthest + _ROOM * (1 + np.abs(farthest))
    return float(found.mean())
