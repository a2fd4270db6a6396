"""From a store in one file, as `export` writes it, to a store that can be added to: all of it."""

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
    """Return whether a file, unpacked where it is compressed, begins like HDF5."""
    return source.head.startswith(_HDF5)


def is_store(source: Source) -> bool:
    """Return whether a file, unpacked where it is compressed, is a store of ours.

    Parameters
    ----------
    source : Source
        Any file.

    Returns
    -------
    bool
        Only what begins like HDF5 is unpacked to find out.
    """
    return is_hdf5(source) and is_single(source.file())


def create_like(source: Source, path: Path, metric: str | None, dtype: Any) -> Store:
    """Make an empty store for what a file holds.

    Parameters
    ----------
    source : Source
        A store in one file.
    path : Path
        Where to make the store.
    metric, dtype : str or None
        None takes that of the file.

    Returns
    -------
    Store
        Open for writing.
    """
    with open(source.file()) as single:
        return create(
            path, single.dim, metric or str(single.metric), single.key_kind, dtype or single.dtype
        )


def copy_into(
    store: Store,
    source: Source,
    *,
    limit: int | None,
    attributes: Sequence[str] | None = None,
    provenance: dict[str, Any],
    progress: Progress | None,
) -> Report:
    """Add the rows of a store in one file, their attributes and its subwords: one commit.

    Parameters
    ----------
    store : Store
        Open for writing.
    source : Source
        A store in one file.
    limit : int or None
        At most so many rows.
    attributes : sequence of str or None
        Which columns; None for all.
    provenance : dict
        Of the file; what the file says about its own origin is added as ``exported_from``.
    progress : callable or None
        Called as ``progress(rows, total)``.

    Returns
    -------
    Report
        How many rows there were.

    Raises
    ------
    DuplicateKeyError
        If a key is in the store already.
    ValueError
        If the vectors or attributes do not go with the store.
    """
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
