"""Import a file of vectors into a store, in one commit."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, cast

import numpy.typing as npt

from vecstore.arrays import Progress
from vecstore.encodings import check_encoding
from vecstore.errors import IngestError
from vecstore.ingest.copying import copy_into, create_like, is_hdf5, is_store
from vecstore.ingest.formats.hdf5 import metric_said
from vecstore.ingest.reader import Reader
from vecstore.ingest.reading import read_source
from vecstore.ingest.report import Report
from vecstore.ingest.source import Source
from vecstore.ingest.table import KeyKind
from vecstore.store import Store, create, open, removed_on_failure

__all__ = ["import_into"]


def import_into(
    path_in: str | PathLike[str],
    store_path: str | PathLike[str],
    *,
    metric: str | None = None,
    dtype: npt.DTypeLike | None = None,
    format: str = "auto",
    errors: str = "raise",
    limit: int | None = None,
    dataset: str | None = None,
    keys: str | PathLike[str] | None = None,
    key_kind: KeyKind | None = None,
    member: str | None = None,
    encoding: str | None = None,
    attributes: Sequence[str] | None = None,
    allow_pickle: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Report:
    r"""Read a file of vectors into a store: all of it in one commit, or nothing.

    Parameters
    ----------
    path_in : path-like
        A file that `read` can read. The other columns of a table (Parquet, Arrow, CSV, JSON lines)
        become attributes.
    store_path : path-like
        An existing store to add to, or the path of a new one.
    metric : str or None
        The metric of a new store. None takes that of an exported store, or the one that a benchmark
        file in HDF5 names in its attribute ``distance``, or else cosine. Under cosine, vectors of
        zeros count as errors.
    dtype : dtype-like or None
        The dtype of a new store. None is float32, or the dtype of an exported store.
    format, errors, limit, dataset, keys, key_kind, member
        As for `read`. Keys are converted to the kind of an existing store.
    encoding, attributes, allow_pickle, threads
        As for `read`.
    progress : callable or None
        Called as ``progress(rows, total)`` from time to time. The total is an estimate where the
        file does not give it, and None while there is no estimate.

    Returns
    -------
    Report
        How many vectors were read; how many lines or rows were skipped, and why.

    Raises
    ------
    IngestError
        If the file cannot be read, or a line of it that may not be skipped.
    DuplicateKeyError
        If a key is already in the store.
    ValueError
        If the file does not fit the store, or an argument is invalid.

    Notes
    -----
    The provenance of the store records the path, format, size and SHA-256 of the file, the
    arguments, the time, and the versions of packages. A store that was exported as HDF5 is restored
    in full, attributes and subwords included, unless `dataset`, `keys` or `key_kind` choose a part
    of it.

    Examples
    --------
    >>> from pathlib import Path
    >>> import vecstore
    >>> from vecstore import ingest
    >>> _ = Path("winds.txt").write_text("boreas 0 1\neurus 1 0\n", encoding="utf-8")
    >>> print(ingest.import_into("winds.txt", "winds.vecs"))
    winds.txt (glove): 2 vectors read.
    >>> with vecstore.open("winds.vecs") as store:
    ...     store["eurus"]
    array([1., 0.], dtype=float32)
    """
    chosen: dict[str, Any] = {
        "errors": errors,
        "limit": limit,
        "dataset": dataset,
        "keys": keys,
        "attributes": attributes,
    }
    parameters = {
        name: value if isinstance(value, int) else str(value)
        for name, value in {
            **chosen,
            "member": member,
            "encoding": encoding,
            "key_kind": key_kind,
        }.items()
        if value is not None
    }
    # All steps share one source: a pipe can be read only once.
    with closing(Source(path_in, member, encoding=check_encoding(encoding))) as source:
        report = _import(
            source,
            store_path,
            metric,
            dtype,
            partial(
                read_source, source, format, **chosen, allow_pickle=allow_pickle, threads=threads
            ),
            whole=format in ("auto", "hdf5") and dataset is keys is key_kind is None,
            labelled=format in ("auto", "hdf5"),
            key_kind=key_kind,
            limit=limit,
            attributes=attributes,
            parameters=parameters,
            progress=progress,
        )
        report.size = source.packed_size
        return report


def _import(
    source: Source,
    store_path: str | PathLike[str],
    metric: str | None,
    dtype: npt.DTypeLike | None,
    reading: Callable[..., Reader],
    *,
    whole: bool,
    labelled: bool,
    key_kind: KeyKind | None,
    limit: int | None,
    attributes: Sequence[str] | None,
    parameters: dict[str, Any],
    progress: Progress | None,
) -> Report:
    """Read a source into a new or an existing store; `whole` restores an exported store in full."""
    if whole and is_store(source):
        origin = {"format": "hdf5", **_identity(source), "parameters": parameters}
        copy = partial(
            copy_into,
            source=source,
            limit=limit,
            attributes=attributes,
            provenance=origin,
            progress=progress,
        )
        if Path(store_path).exists():
            return _add_to_old(store_path, metric, dtype, copy)
        return _add_to_new(create_like(source, Path(store_path), metric, dtype), copy)
    add = partial(_add, source=source, parameters=parameters, progress=progress)
    if Path(store_path).exists():

        def add_to_old(store: Store) -> Report:
            kind, allow_zero = cast("KeyKind", store.key_kind), store.metric != "cosine"
            with reading(dtype=store.dtype, key_kind=kind, allow_zero=allow_zero) as reader:
                return add(store, reader)

        return _add_to_old(store_path, metric, dtype, add_to_old)
    if metric is None and labelled and is_hdf5(source):
        metric = metric_said(source.file())  # ann-benchmarks files name their metric
    metric, dtype = metric or "cosine", dtype or "float32"
    with reading(dtype=dtype, key_kind=key_kind, allow_zero=metric != "cosine") as reader:
        store = create(store_path, reader.dim, metric, reader.key_kind, dtype)
        return _add_to_new(store, partial(add, reader=reader))


def _add_to_old(
    path: str | PathLike[str],
    metric: str | None,
    dtype: npt.DTypeLike | None,
    add: Callable[[Store], Report],
) -> Report:
    with open(path, "a") as store:
        for name, asked, kept in (("metric", metric, store.metric), ("dtype", dtype, store.dtype)):
            if asked is not None and asked != kept:
                raise ValueError(f'`{name}` must be "{kept}", as {path} has it; got "{asked}".')
        return add(store)


def _add_to_new(store: Store, add: Callable[[Store], Report]) -> Report:
    with removed_on_failure(store), store:
        return add(store)


def _add(
    store: Store,
    reader: Reader,
    source: Source,
    parameters: dict[str, Any],
    progress: Progress | None,
) -> Report:
    if reader.dim != store.dim:
        raise ValueError(
            f"{reader.path} holds vectors of length {reader.dim}; those of {store.path} have "
            f"{store.dim}."
        )
    provenance = {"format": reader.format, **_identity(source), "parameters": parameters}
    store.add_batches(_watched(reader, progress), subwords=reader.subwords, provenance=provenance)
    return reader.report


def _identity(source: Source) -> dict[str, Any]:
    path = source.bytes_path
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    name = source.path if source.is_pipe else path.resolve()
    return {"source": str(name), "size": source.packed_size, "sha256": digest}


def _watched(
    reader: Reader, progress: Progress | None
) -> Iterator[tuple[npt.NDArray[Any], npt.NDArray[Any], Any]]:
    with closing(reader.with_attributes()) as batches:
        for batch in batches:
            yield batch
            if progress is not None:
                share = reader.progress
                total = reader.count or (int(reader.report.rows / share) if share else None)
                progress(reader.report.rows, total)
    report = reader.report
    if report.skipped and not report.rows:
        raise IngestError(
            f"{report.path} was read as {report.format}, and none of its {report.unit}s could be: "
            f"{report.unit} {report.examples[0].place}: {report.examples[0]}. Pass format= if it "
            f"is something else."
        )
