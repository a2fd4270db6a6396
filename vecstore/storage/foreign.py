"""Vectors in anybody's HDF5 file: one contiguous dataset, mapped where it lies, never written."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.errors import CorruptStoreError, StoreNotFoundError

if TYPE_CHECKING:
    import h5py

__all__ = ["ForeignVectors", "open_dataset"]

# ann-benchmarks files say in the attribute "distance" what their neighbours were computed with.
_METRICS = {"angular": "cosine", "cosine": "cosine", "euclidean": "euclidean", "dot": "dot"}


class ForeignVectors(NamedTuple):
    """A dataset of somebody else's file.

    Attributes
    ----------
    vectors : ndarray of float32 or float16, shape (n, dim)
        Mapped, read-only.
    dataset : str
        Its name in the file.
    metric : str or None
        The metric that an ann-benchmarks file names; None where the file says nothing we know.
    """

    vectors: npt.NDArray[Any]
    dataset: str
    metric: str | None


def open_dataset(path: Path, dataset: str | None = None) -> ForeignVectors:
    """Map one dataset of an HDF5 file.

    Parameters
    ----------
    path : Path
        The file.
    dataset : str or None
        Which dataset; None takes the only one that could be vectors.

    Returns
    -------
    ForeignVectors
        The mapped matrix and what the file says about it. HDF5 is closed again.

    Raises
    ------
    StoreNotFoundError
        If the file is not HDF5.
    ValueError
        If the dataset does not exist, or is not a contiguous matrix of native float32 or float16.
    CorruptStoreError
        If the file is damaged, or ends before the dataset does.
    """
    import h5py

    path.open("rb").close()  # a missing or unreadable file has its own error
    if not h5py.is_hdf5(path):
        raise StoreNotFoundError(f"{path} is neither a store nor an HDF5 file.")
    try:
        with h5py.File(path, "r") as file:
            found = _named(file, path, dataset) if dataset else _only_candidate(file, path)
            _check_mappable(found, path)
            return ForeignVectors(
                vectors=_mapped(found, path),
                dataset=found.name.lstrip("/"),
                metric=_METRICS.get(_text(file.attrs.get("distance"))),
            )
    except (OSError, KeyError, RuntimeError) as error:  # what h5py makes of damage
        raise CorruptStoreError(f"{path} is damaged: {error}. Fetch the file again.") from error


def _text(value: object) -> str:
    # Fixed-length HDF5 strings come as bytes, the others as str.
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _named(file: "h5py.File", path: Path, dataset: str) -> "h5py.Dataset":
    import h5py

    found = file.get(dataset)
    if isinstance(found, h5py.Dataset):
        return found
    raise ValueError(
        f'`dataset` must be one of {_listed(_datasets(file))} in {path}; got "{dataset}".'
    )


def _only_candidate(file: "h5py.File", path: Path) -> "h5py.Dataset":
    candidates = [one for one in _datasets(file) if one.ndim == 2 and one.dtype.kind == "f"]
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise ValueError(f"{path} holds no matrix of floats that could be opened as vectors.")
    raise ValueError(f"`dataset` is required to open {path}: it holds {_listed(candidates)}.")


def _datasets(file: "h5py.File") -> list["h5py.Dataset"]:
    import h5py

    found: list[h5py.Dataset] = []

    def collect(_: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            found.append(item)

    file.visititems(collect)
    return found


def _listed(datasets: list["h5py.Dataset"]) -> str:
    return ", ".join(f'"{one.name.lstrip("/")}" {one.shape}' for one in datasets) or "no dataset"


def _check_mappable(dataset: "h5py.Dataset", path: Path) -> None:
    name = dataset.name.lstrip("/")
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


def _mapped(dataset: "h5py.Dataset", path: Path) -> npt.NDArray[Any]:
    if not dataset.size:
        return np.empty(dataset.shape, dataset.dtype)
    offset = dataset.id.get_offset()
    if offset + dataset.nbytes > path.stat().st_size:
        raise CorruptStoreError(
            f'{path} is truncated: dataset "{dataset.name.lstrip("/")}" ends at byte '
            f"{offset + dataset.nbytes}, the file at {path.stat().st_size}. Fetch the file again."
        )
    # A plain view of the memmap: same mapping, without its per-index overhead.
    return np.asarray(
        np.memmap(path, mode="r", dtype=dataset.dtype, offset=offset, shape=dataset.shape)
    )
