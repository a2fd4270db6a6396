"""HDF5 files: one dataset of them is a matrix, chunked and compressed as it may be.

ann-benchmarks files are such: their vectors are called "train" and have no keys. A store that was
exported as HDF5 is one that needs no guessing.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from vecstore.errors import IngestError
from vecstore.ingest.guess import ArrayInfo, guess_arrays
from vecstore.ingest.matrix import as_keys, check_matrix, matrix_table
from vecstore.ingest.source import Source
from vecstore.ingest.table import Options, Table, row_slices
from vecstore.storage.single import is_single, open_single

__all__ = ["open_hdf5"]

Result = TypeVar("Result")

# What h5py raises for damaged files, depending on where the damage is.
_DAMAGE = (OSError, RuntimeError, KeyError, ValueError, TypeError)


def open_hdf5(source: Source, options: Options) -> Table:
    """Open a dataset of an HDF5 file."""
    path = source.file()
    if options.dataset is None and options.keys is None and is_single(path):
        return _single(source, path)
    arrays = _reading(source, lambda: _datasets(path))
    vectors, keys = guess_arrays(arrays, source.path, _without_slashes(options))
    what = f'dataset "{vectors}" of {source.path}'
    shape = check_matrix(*arrays[vectors], what)
    found = None
    if keys is not None:
        raw = _reading(source, lambda: _read(path, keys))
        found = as_keys(raw, f'dataset "{keys}" of {source.path}')
    parts = partial(_parts, path, vectors, shape)
    return matrix_table("hdf5", source, shape, parts, found, f'dataset "{keys}"')


def _single(source: Source, path: Path) -> Table:
    """Open a store that was exported as a file."""
    segment = open_single(path).segment
    keys = segment.keys.take(np.arange(segment.n))

    def parts() -> Iterator[npt.NDArray[Any]]:
        for part in row_slices(segment.n, segment.dim):
            yield segment.vectors[part]

    return matrix_table("hdf5", source, (segment.n, segment.dim), parts, keys)


def _reading(source: Source, read: Callable[[], Result]) -> Result:
    try:
        return read()
    except _DAMAGE as error:
        raise IngestError(f"{source.path} is HDF5 that cannot be read: {error}.") from error


def _without_slashes(options: Options) -> Options:
    """Name datasets as `_datasets` does: without the leading slash of the root."""
    dataset, keys = ((name and name.strip("/")) for name in (options.dataset, options.keys))
    return options._replace(dataset=dataset, keys=keys)


def _datasets(path: Path) -> dict[str, ArrayInfo]:
    import h5py

    found: dict[str, ArrayInfo] = {}

    def collect(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and item.shape is not None:
            found[name] = ArrayInfo(item.shape, item.dtype)

    with h5py.File(path, "r") as file:
        file.visititems(collect)
    return found


def _read(path: Path, dataset: str) -> npt.NDArray[Any]:
    import h5py

    with h5py.File(path, "r") as file:
        return np.asarray(file[dataset][()])


def _parts(path: Path, name: str, shape: tuple[int, int]) -> Iterator[npt.NDArray[Any]]:
    import h5py

    with h5py.File(path, "r") as file:
        dataset = file[name]
        # A chunk is decompressed as a whole, so it is read as a whole.
        chunk_rows = dataset.chunks[0] if dataset.chunks else 1
        for part in row_slices(*shape, multiple_of=chunk_rows):
            try:
                vectors = dataset[part]
            except OSError as error:
                raise IngestError(
                    f'Dataset "{name}" of {path} is damaged after row {part.start}: {error}.'
                ) from error
            yield vectors
