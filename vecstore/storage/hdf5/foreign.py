"""Vectors in anybody's HDF5 file: one contiguous dataset, mapped in place and never written."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.errors import CorruptStoreError, StoreNotFoundError
from vecstore.storage.disk.mapped import MappedFile, open_regular
from vecstore.storage.hdf5.contents import datasets, hard_path
from vecstore.storage.hdf5.distance_labels import file_metric

if TYPE_CHECKING:
    import h5py

__all__ = ["ForeignVectors", "open_dataset"]

# Benchmark files hold answers besides vectors.
_ANSWERS = ("neighbors", "distances")
_LISTED = 12


class ForeignVectors(NamedTuple):
    """A dataset of somebody else's file, mapped read-only."""

    vectors: npt.NDArray[Any]  # (n, dim); float32 or float16
    dataset: str  # its name in the file
    metric: str | None  # as asked for, else as the file names it; None if it names none
    file: MappedFile | None  # what the vectors are mapped from


def open_dataset(
    path: Path, dataset: str | None = None, metric: str | None = None
) -> ForeignVectors:
    """Map one dataset of an HDF5 file, by default the only one that could be vectors.

    Raises StoreNotFoundError if the file is not HDF5, CorruptStoreError if it is damaged or cut
    short, and ValueError if the dataset is missing or not a contiguous matrix of native float32 or
    float16, or if the file names an unknown metric.
    """
    import h5py

    with open_regular(path) as opened:
        if not h5py.is_hdf5(path):
            raise StoreNotFoundError(f"{path} is neither a store nor an HDF5 file.")
        mapped = MappedFile(path, opened)
    try:
        with h5py.File(path, "r") as file:
            metric = metric or file_metric(file, path)
            known = datasets(file)
            name = hard_path(file, path, dataset) if dataset else _only_candidate(known, path)
            if name not in known:
                raise ValueError(
                    f'`dataset` must be one of {_listed(known)} in {path}; got "{dataset}".'
                )
            _check_mappable(known[name], name, path)
            vectors = _view(known[name], name, mapped)
    except (OSError, KeyError, RuntimeError, UnicodeError) as error:  # h5py's errors on damage
        raise CorruptStoreError(f"{path} is damaged: {error}. Fetch the file again.") from error
    if not mapped.is_at_path():
        raise CorruptStoreError(f"{path} was replaced while it was opened. Open it again.")
    mapped.check()
    return ForeignVectors(vectors, name, metric, mapped)


def _only_candidate(known: "dict[str, h5py.Dataset]", path: Path) -> str:
    answers = _ANSWERS if all(name in known for name in _ANSWERS) else ()
    matrices = [name for name, one in known.items() if one.ndim == 2 and name not in answers]
    candidates = [name for name in matrices if known[name].dtype.kind == "f"]
    if len(candidates) == 1:
        return candidates[0]
    if not candidates and "train" in matrices:
        return "train"  # a benchmark of bits or bytes, for which there is an error of its own
    if not candidates:
        raise ValueError(f"{path} holds no matrix of floats that could be opened as vectors.")
    raise ValueError(
        f"`dataset` is required to open {path}: it holds "
        f"{_listed({name: known[name] for name in candidates})}."
    )


def _listed(known: "dict[str, h5py.Dataset]") -> str:
    shown = [f'"{name}" {one.shape}' for name, one in list(known.items())[:_LISTED]]
    more = len(known) - len(shown)
    return ", ".join(shown + ([f"{more} more"] if more else [])) or "no dataset"


def _check_mappable(dataset: "h5py.Dataset", name: str, path: Path) -> None:
    if dataset.ndim != 2:
        raise ValueError(f'`dataset` "{name}" of {path} must have two axes; got {dataset.ndim}.')
    if dataset.shape[1] == 0:
        raise ValueError(f'`dataset` "{name}" of {path} must have columns; got {dataset.shape}.')
    kept_as = None
    if dataset.dtype.newbyteorder("=").name not in ("float32", "float16"):
        kept_as = f"kept as {dataset.dtype.name}, not float32 or float16"
    elif not dataset.dtype.isnative:
        kept_as = "kept in the other byte order"
    elif dataset.chunks is not None:
        kept_as = f"compressed ({dataset.compression})" if dataset.compression else "chunked"
    elif dataset.is_virtual or dataset.external:
        kept_as = "kept in other files"
    elif dataset.id.get_offset() is None and dataset.size:
        kept_as = "not contiguous"
    if kept_as:
        raise ValueError(
            f'`dataset` "{name}" of {path} is {kept_as} and cannot be searched in place; '
            f'"vecstore import" makes a store of it.'
        )


def _view(dataset: "h5py.Dataset", name: str, mapped: MappedFile) -> npt.NDArray[Any]:
    if not dataset.size:
        return np.empty(dataset.shape, dataset.dtype)
    offset, count = dataset.id.get_offset(), math.prod(dataset.shape)
    end = offset + count * dataset.dtype.itemsize
    if end > mapped.size:
        raise CorruptStoreError(
            f'{mapped.path} is truncated: dataset "{name}" ends at byte {end}, the file at '
            f"{mapped.size}. Fetch the file again."
        )
    flat = np.frombuffer(mapped.mapping, dataset.dtype, count, offset)
    return flat.reshape(dataset.shape)
