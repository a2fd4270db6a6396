"""The three ways to get a store: make one, open one, or wrap existing arrays."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from vecstore.arrays import DTYPES, MOST_DIM, as_vectors, check_count, check_dtype, check_rows
from vecstore.errors import ReadOnlyError, StoreNotFoundError, VecstoreError
from vecstore.metrics import Metric, check_metric
from vecstore.snapshot import Keys, Part, Snapshot, as_keys, check_key_kind
from vecstore.storage import Directory, Manifest, RangeKeys, Sidecar, build_keys
from vecstore.storage.disk import absolute_path
from vecstore.storage.hdf5 import ForeignVectors, open_dataset
from vecstore.storage.segments import is_single
from vecstore.store.folder import Folder
from vecstore.store.single_file import SingleFile
from vecstore.store.store import Store

__all__ = ["create", "foreign_sources", "from_arrays", "open", "removed_on_failure"]


#: For each open foreign file, its dataset and whether it has a sidecar.
foreign_sources: WeakKeyDictionary[Store, tuple[str, bool]] = WeakKeyDictionary()


def create(
    path: str | PathLike[str],
    dim: int,
    metric: str = "cosine",
    keys: str = "str",
    dtype: npt.DTypeLike = "float32",
    durability: str = "full",
) -> Store:
    """Make an empty store on disk and open it for writing.

    Parameters
    ----------
    path : path-like
        A folder that does not exist yet, by custom with the suffix ``.vecs``.
    dim : int
        The length of every vector.
    metric : str, default "cosine"
        ``"cosine"``, ``"euclidean"`` or ``"dot"``.
    keys : str, default "str"
        The type of the keys: ``"str"`` or ``"int"`` (64 bits).
    dtype : dtype-like, default "float32"
        How vectors are stored: float32 or float16.
    durability : str, default "full"
        With ``"full"`` a commit is on the device when the call returns, which takes one sync. With
        ``"fast"`` small commits are left to the operating system: they survive any end of the
        process, but a crash of the machine only after `Store.flush` or `Store.close`.

    Returns
    -------
    Store
        Open for writing; nobody else can write to it until it is closed.

    Raises
    ------
    StoreExistsError
        If the path is taken.
    FileNotFoundError
        If the parent of the path is not a folder.
    ValueError
        If an argument has none of the values above.

    Examples
    --------
    >>> import tempfile, vecstore
    >>> folder = tempfile.TemporaryDirectory()
    >>> with vecstore.create(folder.name + "/compass.vecs", dim=2) as store:
    ...     store.add(["north", "east"], [[0, 1], [1, 0]])
    >>> with vecstore.open(folder.name + "/compass.vecs") as store:
    ...     store.similar("north", k=1)
    <Matches 1 of k=1: east 1>
    >>> folder.cleanup()
    """
    dim = check_count(dim, "dim", most=MOST_DIM)
    check_metric(metric)
    check_key_kind(keys)
    new = Manifest(dim=dim, metric=metric, dtype=check_dtype(dtype).name, key_kind=keys)
    folder = Folder.create(absolute_path(path), new, durable=_is_durable(durability))
    return Store(folder, metric, folder.path)


def open(
    path: str | PathLike[str],
    mode: str = "r",
    dataset: str | None = None,
    metric: str | None = None,
    sidecar: bool = False,
    durability: str = "full",
) -> Store:
    """Open a store, or any HDF5 file that holds a contiguous matrix. No data is read.

    Parameters
    ----------
    path : path-like
        A store, or an HDF5 file.
    mode : str, default "r"
        ``"r"`` sees the newest committed state until `Store.refresh`; ``"a"`` is the one writer.
    dataset : str or None
        The dataset of an HDF5 file; None takes the only matrix of floats in it. The keys are the
        row numbers.
    metric : str or None
        The metric for an HDF5 file. None takes what the file says (ann-benchmarks files have an
        attribute ``distance``), or cosine if it says nothing. A store has its own metric.
    sidecar : bool, default False
        Keep what makes searches of an HDF5 file fast in a second file beside it, about a quarter of
        its size, so that the next process need not compute it again. The first search writes it, or
        `Store.prepare`; it is made anew when the HDF5 file has changed.
    durability : str, default "full"
        For a store opened with ``"a"``: ``"full"`` or ``"fast"``; see `create`.

    Returns
    -------
    Store
        Open until it is closed.

    Raises
    ------
    StoreNotFoundError
        If there is no store and no HDF5 file at the path.
    StoreLockedError
        If `mode` is ``"a"`` and somebody else has the store open for writing.
    ReadOnlyError
        If `mode` is ``"a"`` for an HDF5 file, or for a folder that this user may not write to.
    CorruptStoreError, FormatVersionError
        If the store is damaged, or has a format that this version does not read.
    ValueError
        If an argument does not fit what is at the path, or the dataset cannot be mapped.

    Examples
    --------
    >>> import vecstore
    >>> with vecstore.create("compass.vecs", dim=2) as store:
    ...     store.add(["north", "east"], [[0, 1], [1, 0]])
    >>> with vecstore.open("compass.vecs") as store:
    ...     store.search([1, 2], k=1).keys.tolist()
    ['north']
    """
    given, path = path, absolute_path(path)
    if mode not in ("r", "a"):
        raise ValueError(f'`mode` must be "r" or "a"; got {mode!r}.')
    if metric is not None:
        check_metric(metric)
    durable = _is_durable(durability)
    if not path.exists():
        raise StoreNotFoundError(f"{given} does not exist; vecstore.create makes a store.")
    if path.is_dir():
        _refuse_for_folders(path, dataset, sidecar)
        return _open_folder(path, mode, metric, durable)
    if not path.is_file():
        raise StoreNotFoundError(f"{path} is neither a folder nor a regular file.")
    if mode == "a":
        raise ReadOnlyError(f'{path} is an HDF5 file, not a store of ours; open it with mode="r".')
    if dataset is None and is_single(path):
        return _open_single(path, metric, sidecar)
    found = open_dataset(path, dataset, metric)
    chosen = found.metric or "cosine"
    beside = None
    if sidecar and found.file and len(found.vectors):
        beside = Sidecar(found.file, found.dataset, chosen, found.vectors)
    store = Store(_as_snapshot(_foreign_part(path, found, chosen, beside)), chosen, path)
    foreign_sources[store] = found.dataset, sidecar
    return store


def from_arrays(
    vectors: npt.ArrayLike, keys: Sequence[Any] | None = None, metric: Metric = "cosine"
) -> Store:
    """Search arrays where they are, in memory or mapped. Nothing is written.

    Parameters
    ----------
    vectors : array_like of numbers, shape (n, dim)
        Float32 and float16 in C order are used without a copy and must not change afterwards;
        anything else is converted to float32.
    keys : sequence of n str or of n int, or None
        None takes the row numbers, or the index of a pandas frame unless it only numbers the rows.
    metric : str or callable, default "cosine"
        ``"cosine"``, ``"euclidean"`` or ``"dot"``; or a Numba function ``f(x, y) -> float`` of two
        float32 vectors, where smaller means nearer.

    Returns
    -------
    Store
        Read-only.

    Raises
    ------
    DuplicateKeyError
        If a key is given twice.
    TypeError
        If the vectors are not numbers, or the keys neither all str nor all int.
    ValueError
        If the shapes disagree, a value is not finite, or a vector is zero under cosine.

    Examples
    --------
    >>> import vecstore
    >>> vecstore.from_arrays([[0, 1], [1, 0], [1, 1]], metric="euclidean").similar(0, k=2).keys
    array([2, 1])
    """
    if not callable(metric):
        check_metric(metric)
    dtype = str(getattr(vectors, "dtype", None))
    rows = as_vectors(vectors, None, dtype if dtype in DTYPES else np.float32)
    table: Keys = RangeKeys(len(rows))
    keys = _index_of(vectors) if keys is None else keys
    if keys is not None:
        listed = list(keys)
        kind = "int" if listed and not isinstance(listed[0], str) else "str"
        table = build_keys(as_keys(listed, kind), kind)
        if len(table) != len(rows):
            raise ValueError(f"`keys` must have {len(rows)} keys, one per row; got {len(table)}.")
    check_rows(rows, metric, keys=None if keys is None else listed)
    return Store(_as_snapshot(Part(rows, table, metric)), metric)


def _index_of(vectors: Any) -> list[Any] | None:
    """Return the index of a pandas frame; None if it only numbers the rows."""
    index = getattr(vectors, "index", None)
    if type(vectors).__module__.partition(".")[0] != "pandas" or index is None:
        return None
    names: list[Any] = index.tolist()
    if names == list(range(len(names))):
        return None
    if wrong := {type(name).__name__ for name in names} - {"str", "int"}:
        raise TypeError(
            f"`vectors` must have an index of str or of int for keys; it holds {min(wrong)}. Pass "
            f"keys=, or vectors.to_numpy() to take row numbers."
        )
    return names


@contextmanager
def removed_on_failure(store: Store) -> Iterator[Store]:
    """Yield a new store to be filled; remove it on failure, so that a next try can make it."""
    made = Directory(store.path) if store.path else None
    try:
        yield store
    except BaseException:
        with suppress(OSError, VecstoreError):  # on a full disk this repeats the error raised below
            store.close()
        if made:
            made.discard()
        raise


def _foreign_part(path: Path, found: ForeignVectors, metric: str, sidecar: Sidecar | None) -> Part:
    keys, name = RangeKeys(len(found.vectors)), f"{path}:{found.dataset}"
    known = sidecar.read() if sidecar else None
    mapped = [found.file] if found.file else []
    if known:  # its writer has checked the rows
        return Part(
            found.vectors,
            keys,
            metric,
            inverse_norms=known.inverse_norms,
            stored=known.codes,
            mapped=[*mapped, known.file],
        )
    return Part(found.vectors, keys, metric, name, sidecar=sidecar, mapped=mapped)


def _as_snapshot(part: Part) -> Snapshot:
    return Snapshot((part,), part.vectors.shape[1], part.vectors.dtype, part.keys.kind)


def _is_durable(durability: str) -> bool:
    if durability not in ("full", "fast"):
        raise ValueError(f'`durability` must be "full" or "fast"; got {durability!r}.')
    return durability == "full"


def _refuse_for_folders(path: Path, dataset: str | None, sidecar: bool) -> None:
    if dataset is not None:
        raise ValueError(f'`dataset` is for HDF5 files; {path} is a folder; got "{dataset}".')
    if sidecar:
        raise ValueError(f"`sidecar` is for HDF5 files; {path} is a folder that keeps its own.")


def _open_folder(path: Path, mode: str, metric: str | None, durable: bool) -> Store:
    folder = Folder.open(path, mode, durable=durable)
    if metric not in (None, folder.metric):
        folder.close()
        raise _fixed_metric(path, folder.metric, metric)
    return Store(folder, folder.metric, path)


def _open_single(path: Path, metric: str | None, sidecar: bool) -> Store:
    if sidecar:
        raise ValueError(f"`sidecar` is for other people's HDF5 files; {path} needs none.")
    single = SingleFile(path)
    if metric not in (None, single.metric):
        raise _fixed_metric(path, single.metric, metric)
    return Store(single, single.metric, path)


def _fixed_metric(path: Path, metric: str, given: str | None) -> ValueError:
    return ValueError(
        f'`metric` is fixed when a store is created, as "{metric}" for {path}; got "{given}".'
    )
