"""A segment: an immutable file of keys and vectors, mapped.

Opening one reads its label and nothing of its data, so it takes the same millisecond for ten rows
and for ten million.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Codes
from vecstore.metrics import METRICS
from vecstore.storage.attributes import read_attributes
from vecstore.storage.columns import Column
from vecstore.storage.disk.damage import damaged
from vecstore.storage.disk.directory import Directory
from vecstore.storage.disk.mapped import MappedFile
from vecstore.storage.disk.names import segment_name
from vecstore.storage.hdf5.reader import ArrayFile
from vecstore.storage.hdf5.writer import Pieces
from vecstore.storage.keys.key_tables import IntKeys, StrKeys
from vecstore.storage.keys.strings import PADDING
from vecstore.storage.manifest import FileEntry
from vecstore.storage.segments.array_files import open_arrays, publish_arrays, required
from vecstore.storage.segments.scan_codes import code_arrays, read_codes

__all__ = ["Segment", "segment_arrays", "write_segment"]


def write_segment(
    folder: Path | Directory,
    number: int,
    keys: StrKeys | IntKeys,
    vectors: npt.NDArray[Any] | Iterable[npt.NDArray[Any]],
    *,
    dim: int,
    metric: str,
    dtype: npt.DTypeLike = np.float32,
    inverse_norms: npt.NDArray[np.float32] | None = None,
    codes: Codes | None = None,
    extra: Mapping[str, npt.NDArray[Any]] | None = None,
) -> FileEntry:
    """Write a segment: all of it or nothing, and durable when this returns.

    Parameters
    ----------
    folder : Path
        The store.
    number : int
        The manifest's `next_number`.
    keys : StrKeys or IntKeys
        One for every row, and at least one; their number is the number of rows.
    vectors : ndarray of `dtype`, shape (n, dim), or iterable of ndarray, shape (m, dim)
        The rows, whole or in consecutive pieces; a generator is consumed once.
    dim : int
        Length of every vector.
    metric : str
        The metric of the store.
    dtype : dtype-like, default float32
        float32 or float16. Nothing is converted: the vectors must have it already.
    inverse_norms : ndarray of float32, shape (n,), or None
        ``1 / |x|`` of every row: required under cosine, and only then. Read after the last piece
        of `vectors`, so that a generator may fill it on the way; the same holds for `extra`.
    codes : Codes or None
        The rows in 8 bits.
    extra : mapping of ndarray, or None
        More arrays for the file by their path in it; not empty.

    Returns
    -------
    FileEntry
        For the manifest, which makes the segment a part of the store.

    Raises
    ------
    ValueError
        If the shapes or dtypes do not fit together.
    OSError
        If the disk is full, say; nothing is left behind.
    """
    arrays = segment_arrays(
        keys,
        vectors,
        dim=dim,
        metric=metric,
        dtype=dtype,
        inverse_norms=inverse_norms,
        codes=codes,
        extra=extra,
    )
    attributes: dict[str, str | int] = {"dim": dim, "metric": metric, "key_kind": keys.kind}
    name = segment_name(number)
    return publish_arrays(folder, name, "segment", len(keys), attributes, arrays)


def segment_arrays(
    keys: StrKeys | IntKeys,
    vectors: npt.NDArray[Any] | Iterable[npt.NDArray[Any]],
    *,
    dim: int,
    metric: str,
    dtype: npt.DTypeLike,
    inverse_norms: npt.NDArray[np.float32] | None,
    codes: Codes | None,
    extra: Mapping[str, npt.NDArray[Any]] | None,
) -> dict[str, npt.NDArray[Any] | Pieces]:
    """Return what a segment stores, by path in the file; see `write_segment`.

    Parameters
    ----------
    keys, vectors, dim, metric, dtype, inverse_norms, codes, extra
        As for `write_segment`.

    Returns
    -------
    dict of ndarray or Pieces
        In the order in which they are to lie.

    Raises
    ------
    ValueError
        If the shapes or dtypes do not fit together.
    """
    rows = len(keys)
    if rows == 0:
        raise ValueError("`keys` must not be empty: a segment has at least one row.")
    given = [vectors] if isinstance(vectors, np.ndarray) else vectors
    arrays: dict[str, npt.NDArray[Any] | Pieces] = {
        **keys.arrays(),
        "vectors": Pieces((rows, dim), np.dtype(dtype), given),
    }
    if (inverse_norms is not None) != (metric == "cosine"):
        raise ValueError(f'`inverse_norms` belong to "cosine" only; the metric is "{metric}".')
    if inverse_norms is not None:
        if inverse_norms.dtype != np.float32 or inverse_norms.shape != (rows,):
            raise ValueError(
                f"`inverse_norms` must be float32 of shape ({rows},); "
                f"got {inverse_norms.dtype} of shape {inverse_norms.shape}."
            )
        arrays["inverse_norms"] = inverse_norms
    derived = code_arrays(codes) if codes else {}
    for name, array in {**derived, **(extra or {})}.items():
        if name in arrays:
            raise ValueError(f'`extra` must not name "{name}", which every segment has.')
        arrays[name] = array
    return arrays


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Rows of a store: what a search reads.

    Attributes
    ----------
    path : Path
        The file.
    n : int
        How many rows there are.
    dim : int
        Length of every vector.
    metric : str
        The metric of the store.
    vectors : ndarray of float32 or float16, shape (n, dim)
        Mapped, read-only.
    inverse_norms : ndarray of float32, shape (n,), or None
        ``1 / |x|`` of every row; present under cosine only.
    codes : Codes or None
        The rows in 8 bits, if they were written.
    keys : StrKeys or IntKeys
        One for every row.
    attributes : dict of Column
        Typed values for every row.
    arrays : dict of ndarray
        Every array of the file by its path in it, others than these included. Whoever uses such
        a one checks its shape.
    file : MappedFile or None
        What all of it is mapped from.
    """

    path: Path
    n: int
    dim: int
    metric: str
    vectors: npt.NDArray[Any]
    inverse_norms: npt.NDArray[np.float32] | None
    codes: Codes | None
    keys: StrKeys | IntKeys
    attributes: dict[str, Column]
    arrays: dict[str, npt.NDArray[Any]]
    file: MappedFile | None = None

    @classmethod
    def open(cls, path: Path, expected: FileEntry | None = None) -> Self:
        """Map a segment.

        Parameters
        ----------
        path : Path
            The file.
        expected : FileEntry or None
            What the manifest says about it; None takes the file's own word.

        Returns
        -------
        Segment
            The mapping lives as long as any of its arrays.

        Raises
        ------
        FormatVersionError
            If it is of a format that this library does not read.
        CorruptStoreError
            If it is missing, damaged, or another file; says what was expected and what found.
        """
        file = open_arrays(path, "segment", expected)
        rows, dim, metric = (file.attributes.get(name) for name in ("rows", "dim", "metric"))
        if not isinstance(rows, int) or not isinstance(dim, int) or metric not in METRICS:
            raise damaged(path, f"it holds {rows} rows of {dim} values for the metric {metric}")
        return cls(
            path=path,
            n=rows,
            dim=dim,
            metric=str(metric),
            vectors=required(file, path, "vectors", (rows, dim), "float32", "float16"),
            inverse_norms=(
                required(file, path, "inverse_norms", (rows,), "float32")
                if metric == "cosine"
                else None
            ),
            codes=read_codes(file, path, rows, dim),
            keys=_keys(file, path, rows),
            attributes=read_attributes(file.arrays, rows, path),
            arrays=file.arrays,
            file=file.file,
        )


def _keys(file: ArrayFile, path: Path, rows: int) -> StrKeys | IntKeys:
    if file.attributes.get("key_kind") == "int":
        ids = required(file, path, "keys/ids", (rows,), "int64")
        return IntKeys(ids, required(file, path, "keys/id_table", (2, rows), "int64"), str(path))
    utf8 = required(file, path, "keys/utf8", (None,), "uint8")
    if len(utf8) < PADDING:
        raise damaged(path, f'"keys/utf8" must have at least {PADDING} bytes; got {len(utf8)}')
    return StrKeys(
        utf8,
        required(file, path, "keys/offsets", (rows + 1,), "uint64"),
        required(file, path, "keys/hash_table", (2, rows), "uint64"),
        str(path),
    )
