"""HDF5 files: one dataset is a matrix, in any chunks and with any compression.

The files of ann-benchmarks are of this kind: their vectors are called "train" and have no keys. In
a store that was exported as HDF5, nothing needs to be guessed.
"""

import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from vecstore.errors import IngestError
from vecstore.ingest.formats.guess import ArrayInfo, guess_arrays
from vecstore.ingest.formats.matrix import as_keys, check_matrix, matrix_table
from vecstore.ingest.source import Source
from vecstore.ingest.table import Options, Table, row_slices
from vecstore.storage.hdf5 import check_claims, datasets, file_metric, hard_path
from vecstore.storage.segments import is_single, open_single

__all__ = ["metric_said", "open_hdf5", "queries_dataset"]

Result = TypeVar("Result")

# What h5py raises for damaged files, depending on where the damage is.
_DAMAGE = (OSError, RuntimeError, KeyError, ValueError, TypeError, MemoryError, zlib.error)
_HDF5 = b"\x89HDF\r\n\x1a\n"


def open_hdf5(source: Source, options: Options) -> Table:
    """Open a dataset of an HDF5 file, or an exported store."""
    path = source.file()
    if options.dataset is None and options.keys is None and is_single(path):
        return _single(source, path)
    arrays = _reading(source, lambda: _datasets(path))
    named = _reading(source, lambda: _without_links(path, options))
    vectors, keys = guess_arrays(arrays, source.path, named)
    what = f'dataset "{vectors}" of {source.path}'
    shape, dtype = arrays[vectors]
    # A boolean is read as the number 0 or 1.
    shape = check_matrix(shape, np.dtype(np.uint8) if dtype.kind == "b" else dtype, what)
    _reading(source, lambda: _check(path, vectors))
    found = None
    if keys is not None:
        raw = _reading(source, lambda: _read(path, keys))
        found = as_keys(raw, f'dataset "{keys}" of {source.path}')
    parts = partial(_parts, path, vectors, shape)
    return matrix_table("hdf5", source, shape, parts, found, f'dataset "{keys}"')


def _single(source: Source, path: Path) -> Table:
    """Open an exported store."""
    segment = open_single(path).segment
    keys = segment.keys.take(np.arange(segment.n))

    def parts() -> Iterator[npt.NDArray[Any]]:
        for part in row_slices(segment.n, segment.dim):
            yield segment.vectors[part]

    return matrix_table("hdf5", source, (segment.n, segment.dim), parts, keys)


def _reading(source: Source, read: Callable[[], Result]) -> Result:
    try:
        return read()
    except IngestError:
        raise
    except _DAMAGE as error:
        raise IngestError(f"{source.path} is HDF5 that cannot be read: {error}.") from error


def metric_said(path: Path) -> str | None:
    """Return the metric that a benchmark file names; ValueError if it is none that we have."""
    import h5py

    # None for all that is not readable HDF5: the function that reads the file reports it.
    if not path.is_file():
        return None
    with path.open("rb") as start:
        if start.read(len(_HDF5)) != _HDF5:
            return None
    try:
        file = h5py.File(path, "r")
    except (OSError, RuntimeError):
        return None
    with file:
        return file_metric(file, path)


def queries_dataset(path: Path) -> str | None:
    """Return the dataset of the queries in a benchmark file; None for any other file."""
    if not path.is_file():  # a pipe can be read only once
        return None
    source = Source(path)
    try:
        if not source.head.startswith(_HDF5):
            return None
        found = _reading(source, lambda: _datasets(source.file()))
        return "test" if "test" in found and found["test"].is_matrix else None
    finally:
        source.close()


def _without_links(path: Path, options: Options) -> Options:
    """Name datasets as `_datasets` does: by hard links, without a slash in front."""
    import h5py

    with h5py.File(path, "r") as file:
        dataset, keys = (
            name and hard_path(file, path, name) for name in (options.dataset, options.keys)
        )
    return options._replace(dataset=dataset, keys=keys)


def _datasets(path: Path) -> dict[str, ArrayInfo]:
    import h5py

    with h5py.File(path, "r") as file:
        found = datasets(file)
        return {
            name: ArrayInfo(one.shape, one.dtype)
            for name, one in found.items()
            if one.shape is not None
        }


def _check(path: Path, dataset: str) -> None:
    import h5py

    with h5py.File(path, "r") as file:
        check_claims(datasets(file)[dataset], path)


def _read(path: Path, dataset: str) -> npt.NDArray[Any]:
    import h5py

    with h5py.File(path, "r") as file:
        known = datasets(file)[dataset]
        check_claims(known, path)
        return np.asarray(known[()])


def _parts(path: Path, name: str, shape: tuple[int, int]) -> Iterator[npt.NDArray[Any]]:
    import h5py

    with h5py.File(path, "r") as file:
        dataset = datasets(file)[name]
        # Read whole chunks: HDF5 decompresses no less.
        chunk_rows = dataset.chunks[0] if dataset.chunks else 1
        for part in row_slices(*shape, multiple_of=chunk_rows):
            try:
                vectors = dataset[part]
            except (OSError, MemoryError) as error:
                raise IngestError(
                    f'Dataset "{name}" of {path} is damaged after row {part.start}: {error}.'
                ) from error
            yield vectors.view(np.uint8) if vectors.dtype.kind == "b" else vectors
