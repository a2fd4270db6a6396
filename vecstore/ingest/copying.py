"""Restore a store that `export` wrote as one HDF5 file, attributes and subwords included."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from vecstore.arrays import Progress
from vecstore.ingest.report import Report
from vecstore.ingest.source import Source
from vecstore.storage.segments import is_single
from vecstore.store import Store, create, open

__all__ = ["copy_into", "create_like", "is_hdf5", "is_store"]

_HDF5 = b"\x89HDF\r\n\x1a\n"
_STEP = 65536  # rows


def is_hdf5(source: Source) -> bool:
    """Return whether a file begins like HDF5 once it is decompressed."""
    return source.head.startswith(_HDF5)


def is_store(source: Source) -> bool:
    """Return whether a file is an exported store once it is decompressed."""
    # A compressed file is unpacked only if it begins like HDF5.
    return is_hdf5(source) and is_single(source.file())


def create_like(source: Source, path: Path, metric: str | None, dtype: Any) -> Store:
    """Create an empty store for an exported one; None takes its metric or dtype."""
    with open(source.file()) as single:
        return create(
            path, single.dim, metric or str(single.metric), single.key_kind, dtype or single.dtype
        )


def copy_into(
    store: Store,
    source: Source,
    *,
    limit: int | None,  # rows at most
    attributes: Sequence[str] | None = None,  # which columns; None for all
    provenance: dict[str, Any],  # `exported_from` is added: the origin that the file itself names
    progress: Progress | None,
) -> Report:
    """Add the rows, attributes and subwords of an exported store in one commit."""
    report = Report(str(source.path), "hdf5", "row")
    with open(source.file()) as single:
        if single.dim != store.dim:
            raise ValueError(
                f"{source.path} holds vectors of length {single.dim}; those of {store.path} have "
                f"{store.dim}."
            )
        total = len(single) if limit is None else min(limit, len(single))
        origin = {**provenance, "exported_from": single.info()["provenance"]}
        store.add_batches(
            _rows(single, total, attributes, report, progress),
            subwords=single.subwords,
            provenance=origin,
        )
    return report


def _rows(
    single: Store,
    total: int,
    names: Sequence[str] | None,
    report: Report,
    progress: Progress | None,
) -> Iterator[tuple[Any, Any, Any]]:
    attributes, first = single.frame().drop("key"), 0
    if names is not None:
        absent = [name for name in names if name not in attributes.columns]
        if absent:
            raise ValueError(f'`attributes` must be in {report.path}; got "{absent[0]}".')
        attributes = attributes.select(names)
    steps = -(-total // _STEP)
    for keys, vectors in islice(single.batches(_STEP), steps):
        n = min(len(keys), total - first)
        columns = attributes.slice(first, n) if attributes.width else None
        report.rows = first = first + n
        yield keys[:n], vectors[:n], columns
        if progress is not None:
            progress(report.rows, total)
