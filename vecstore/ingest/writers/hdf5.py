"""Write a store as one HDF5 file, which `vecstore.open` and other HDF5 readers open."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore import kernels
from vecstore.attributes import normalise
from vecstore.index import encode
from vecstore.ingest.writers.rows import Rows
from vecstore.metrics import check_metric
from vecstore.storage import build_keys
from vecstore.storage.segments import write_single

__all__ = ["write_hdf5"]

# The metadata of a store that are true of its copy as well.
_KEPT = ("created", "library", "provenance")


def write_hdf5(rows: Rows, path: Path) -> None:
    """Write keys, vectors, attributes, subwords and provenance to a new file."""
    store, metric = rows.store, rows.store.metric
    if not isinstance(metric, str):
        raise ValueError("`store` must have a metric with a name to be written as hdf5.")
    check_metric(metric)
    if not len(store):
        raise ValueError(f"{store.path} is empty; there is nothing to write as hdf5.")
    # If rows are deleted, the others are copied to memory. Compacting the store avoids that.
    pieces = [vectors for _, vectors in rows.batches()]
    frame = store.frame().drop("key")
    info = store.info()
    write_single(
        path,
        build_keys(store.keys().tolist(), store.key_kind),
        pieces,
        dim=rows.dim,
        metric=metric,
        dtype=rows.dtype,
        inverse_norms=_inverse_norms(pieces) if metric == "cosine" else None,
        codes=encode(pieces, metric),
        columns=normalise(frame, rows.n, {}) if frame.columns else {},
        subwords=store.subwords,
        metadata={
            "columns": frame.columns,
            "exported": datetime.now(UTC).isoformat(timespec="seconds"),
            **{name: info[name] for name in _KEPT if name in info},
        },
    )


def _inverse_norms(pieces: list[npt.NDArray[Any]]) -> npt.NDArray[np.float32]:
    engine = kernels.engine()
    return np.concatenate([engine.inverse_norms(piece) for piece in pieces])
