"""A store in one file: a segment that also says where its rows come from.

Anything that reads HDF5 can read it; `FORMAT.md` shows how in ten lines of h5py.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Codes
from vecstore.storage.attributes import attribute_arrays
from vecstore.storage.columns import Columns
from vecstore.storage.disk.damage import damaged
from vecstore.storage.hdf5.reader import ArrayFile
from vecstore.storage.hdf5.writer import write_arrays
from vecstore.storage.keys.key_tables import IntKeys, StrKeys
from vecstore.storage.segments.array_files import new_label, required
from vecstore.storage.segments.segment import Segment, segment_arrays
from vecstore.storage.segments.subwords import Subwords

__all__ = ["Single", "is_single", "open_single", "write_single"]

_METADATA = "metadata"
_BUCKETS = "subwords/buckets"


class Single(NamedTuple):
    """A store in one file, mapped."""

    segment: Segment
    subwords: Subwords | None  # for words that no row has
    metadata: dict[str, Any]  # JSON values: where the rows come from


def write_single(
    path: Path,
    keys: StrKeys | IntKeys,
    vectors: npt.NDArray[Any] | Iterable[npt.NDArray[Any]],
    *,
    dim: int,
    metric: str,
    dtype: npt.DTypeLike,
    inverse_norms: npt.NDArray[np.float32] | None,
    codes: Codes | None,
    columns: Columns,
    subwords: Subwords | None,
    metadata: Mapping[str, Any],
) -> None:
    """Write a store to a new file, which is not synced; arguments as in `write_segment`."""
    described = dict(metadata)
    extra = attribute_arrays(columns)
    if subwords:
        described["subwords"] = {"minn": subwords.minn, "maxn": subwords.maxn}
        extra[_BUCKETS] = subwords.buckets
    extra[_METADATA] = np.frombuffer(json.dumps(described).encode(), np.uint8)
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
    label = new_label("segment", len(keys))
    write_arrays(path, {**label, "dim": dim, "metric": metric, "key_kind": keys.kind}, arrays)


def is_single(path: Path) -> bool:
    """Return whether a file is a whole store; a segment of a store is not."""
    import h5py

    if not path.is_file():  # opening a pipe would wait for ever
        return False
    try:
        with h5py.File(path, "r") as file:
            return file.attrs.get("format") == b"vecstore segment" and _METADATA in file
    except (OSError, RuntimeError, KeyError, ValueError, TypeError):  # what h5py raises on damage
        return False


def open_single(path: Path) -> Single:
    """Map a store in one file; the mapping lives as long as any of its arrays.

    Raises FormatVersionError for a format that this library does not read, and CorruptStoreError.
    """
    segment = Segment.open(path)
    file = ArrayFile({}, segment.arrays, segment.file)
    text = required(file, path, _METADATA, (None,), "uint8").tobytes()
    try:
        metadata = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise damaged(path, f'its "{_METADATA}" are not JSON ({error})') from None
    if not isinstance(metadata, dict):
        raise damaged(path, f'its "{_METADATA}" must be an object; got {type(metadata).__name__}')
    return Single(segment, _subwords(file, path, segment.dim, metadata), metadata)


def _subwords(file: ArrayFile, path: Path, dim: int, metadata: dict[str, Any]) -> Subwords | None:
    lengths = metadata.get("subwords")
    if lengths is None:
        return None
    try:
        minn, maxn = int(lengths["minn"]), int(lengths["maxn"])
        buckets = required(file, path, _BUCKETS, (None, dim), "float32")
        return Subwords(buckets, minn, maxn, file.file)
    except (ValueError, TypeError, KeyError) as error:
        raise damaged(path, f"its subwords are not as they should be ({error})") from None
