"""The attribute "distance" of benchmark files: the metric their neighbours were computed with.

Spellings vary, so only letters and digits count, and case does not. Squared euclidean distances
give the same neighbours as euclidean ones.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import h5py

__all__ = ["file_metric", "metric_of_label"]

_NAMES = {
    "cosine": "angular cosine cos cossim cosinesimilarity cosinedistance angulardistance",
    "euclidean": "euclidean euclid euclideandistance l2 l2distance l2norm l2sqr l2squared "
    "squaredl2 sqeuclidean squaredeuclidean euclideansquared 2norm",
    "dot": "dot dotproduct ip innerproduct maxinnerproduct maximuminnerproduct mip mips",
}
_METRICS = {spelling: metric for metric, names in _NAMES.items() for spelling in names.split()}

_LONGEST_LABEL = 1024  # bytes
_SHOWN = 40  # characters


def metric_of_label(label: str, path: Path) -> str:
    """Return the metric that a label means; raises ValueError for an unknown one.

    >>> metric_of_label("Inner-Product", Path("f.hdf5"))
    'dot'
    """
    spelling = "".join(filter(str.isalnum, label.casefold())).removeprefix("metric")
    if spelling in _METRICS:
        return _METRICS[spelling]
    shown = label if len(label) <= _SHOWN else f"{label[:_SHOWN]}..."
    raise ValueError(
        f"{path} says that its `distance` is {shown!a}, which vecstore does not compute: it "
        f"has cosine (angular), euclidean (l2) and dot (inner product). Pass one of them as "
        f"metric= to search by that."
    )


def file_metric(file: "h5py.File", path: Path) -> str | None:
    """Return the metric that a file names, None if it names none."""
    if "distance" not in file.attrs:
        return None
    stored = file.attrs.get_id("distance")
    if stored.shape is None or 0 in stored.shape:  # HDF5 allows empty attributes
        return metric_of_label("nothing", path)
    size = stored.get_storage_size()
    if size > _LONGEST_LABEL or np.prod(stored.shape, dtype=float) != 1:
        return metric_of_label(f"an attribute of {size} bytes", path)
    value = np.asarray(file.attrs["distance"]).reshape(-1)[0]
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    label = text.strip("\0 \t\r\n")
    return metric_of_label(label, path) if label else None
