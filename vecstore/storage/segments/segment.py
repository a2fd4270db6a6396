"""A segment: an immutable file of keys and vectors, mapped.

Opening one reads its label and none of its data, so it takes the same millisecond for ten rows
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
    number: int,  # the manifest's `next_number`
    keys: StrKeys | IntKeys,  # at least one; their number is the number of rows
    # Shape (n, dim), whole or in consecutive pieces; a generator is consumed once.
    vectors: npt.NDArray[Any] | Iterable[npt.NDArray[Any]],
    *,
    dim: int,
    metric: str,
    # float32 or float16. Nothing is converted: the vectors must have this dtype already.
    dtype: npt.DTypeLike = np.float32,
    # 1 / |x| of every row, shape (n,): required under cosine, and only then. Read after the last
    # piece of `vectors`, so a generator may fill it on the way; the same holds for `extra`.
    inverse_norms: npt.NDArray[np.float32] | None = None,
    codes: Codes | None = None,
    extra: Mapping[str, npt.NDArray[Any]] | None = None,  # more arrays by path, none empty
) -> FileEntry:
    """Write a segment, all or nothing; it is durable when this returns.

    It becomes part of the store when a manifest names it. Raises ValueError if shapes or dtypes do
    not fit together; an OSError, such as a full disk, leaves nothing behind.
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
    """Return the arrays of a segment by path, in file order; arguments as in `write_segment`."""
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
    """Rows of a store, mapped read-only: what a search reads."""

    path: Path
    n: int
    dim: int
    metric: str
    vectors: npt.NDArray[Any]  # (n, dim); float32 or float16
    inverse_norms: npt.NDArray[np.float32] | None  # (n,), 1 / |x|; under cosine only
    codes: Codes | None  # the rows in 8 bits, if they were written
    keys: StrKeys | IntKeys
    attributes: dict[str, Column]
    # Every array of the file by path, unknown ones included; whoever uses one of those checks its
    # shape.
    arrays: dict[str, npt.NDArray[Any]]
    file: MappedFile | None = None  # what all arrays are mapped from

    @classmethod
    def open(cls, path: Path, expected: FileEntry | None = None) -> Self:
        """Map a segment; `expected` None takes the file's own word.

        The mapping lives as long as any of its arrays. Raises FormatVersionError for a format that
        this library does not read, and CorruptStoreError for a missing, damaged, or other file.
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
