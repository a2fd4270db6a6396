"""From batches to segments: rows are checked, then written; nothing is committed here."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore import kernels
from vecstore.arrays import as_vectors, check_rows
from vecstore.attributes import normalise, schema_of
from vecstore.errors import DuplicateKeyError
from vecstore.index import encode
from vecstore.snapshot import Part, Snapshot, as_keys
from vecstore.storage import (
    Column,
    Columns,
    Directory,
    Manifest,
    Segment,
    attribute_arrays,
    build_keys,
    first_rounded,
    join_columns,
    take_columns,
    write_segment,
)
from vecstore.storage.segments import rows_of

__all__ = [
    "SEGMENT_BYTES",
    "Batches",
    "Checked",
    "checked",
    "refuse_known",
    "refuse_rounding",
    "seal",
    "weight",
]

#: Keys, vectors and optional attributes of one batch after another.
Batches = Iterable[tuple[Iterable[Any], npt.ArrayLike] | tuple[Iterable[Any], npt.ArrayLike, Any]]

#: Batches are collected up to this weight before they become a segment: few segments and bounded
#: memory.
SEGMENT_BYTES = 256 << 20

# Rough memory of a key while its batch waits.
_KEY_BYTES = 80


class Checked(NamedTuple):
    """A batch as it is stored, with nothing wrong in it alone."""

    keys: Sequence[Any]
    vectors: npt.NDArray[Any]  # (n, dim), in the dtype of the store
    columns: dict[str, Column]


def checked(
    keys: Iterable[Any],
    vectors: npt.ArrayLike,
    attributes: Any,
    manifest: Manifest,
    schema: Mapping[str, str],
) -> Checked:
    """Return a batch as it is stored; raises ValueError or TypeError if anything is wrong with it.

    Its keys may still be in the store, or twice in the batch.
    """
    listed = as_keys(keys, manifest.key_kind)
    rows = as_vectors(vectors, manifest.dim, manifest.dtype)
    if len(listed) != len(rows):
        raise ValueError(
            f"`vectors` must have a row for each of the {len(listed)} keys; got {len(rows)}."
        )
    check_rows(rows, manifest.metric, keys=listed)
    return Checked(listed, rows, normalise(attributes, len(listed), schema))


def weight(rows: int, manifest: Manifest) -> int:
    """Return roughly how many bytes rows take, keys included."""
    return rows * (manifest.dim * np.dtype(manifest.dtype).itemsize + _KEY_BYTES)


def seal(
    path: Path | Directory,
    manifest: Manifest,
    snapshot: Snapshot,
    batches: Batches,
    known: int = 0,
    *,
    replacing: bool = False,
) -> tuple[Manifest, Snapshot]:
    """Write batches of new rows as segments that no manifest names yet.

    The caller holds the lock. The first `known` rows are in the store already and only move; the
    keys of the others must not be in `snapshot`, or, if `replacing`, replace the rows that had
    them. Returns the manifest to commit, and the snapshot after it. An error in a batch leaves the
    segments of earlier batches behind.
    """
    for keys, group in _grouped(_all_checked(batches, manifest, snapshot, replacing), manifest):
        if replacing:
            keys, group = _newest(keys, group)
            found = snapshot.find(keys)
            snapshot = snapshot.without(found[found >= 0])
        elif len(snapshot):
            refuse_known(keys[known:], snapshot.find(keys[known:]))
        if known:  # name a repeated key by its place among the new ones
            build_keys(keys[known:], manifest.key_kind)
        table, known = build_keys(keys, manifest.key_kind), max(0, known - len(keys))
        pieces = [batch.vectors for batch in group]
        columns = join_columns([(len(batch.keys), batch.columns) for batch in group])
        entry = write_segment(
            path,
            manifest.next_number,
            table,
            pieces,
            dim=manifest.dim,
            metric=manifest.metric,
            dtype=manifest.dtype,
            inverse_norms=_inverse_norms(pieces) if manifest.metric == "cosine" else None,
            codes=encode(pieces, manifest.metric),
            extra=attribute_arrays(columns),
        )
        manifest = replace(manifest.adding(entry), schema=schema_of(manifest.schema, columns))
        snapshot = snapshot.adding(Part.of(Segment.open(path / entry.name, entry)))
        del keys, group, pieces, columns  # otherwise they stay in memory beside the next ones
    return manifest, snapshot


def refuse_known(keys: Sequence[Any], rows: npt.NDArray[np.int64]) -> None:
    """Raise DuplicateKeyError for the first key that was found in the store."""
    if (rows >= 0).any():
        key = keys[int(np.argmax(rows >= 0))]
        shown = f'"{key}"' if isinstance(key, str) else key
        raise DuplicateKeyError(f"Key {shown} is in the store already.")


def refuse_rounding(
    schema: Mapping[str, str], columns: Columns, snapshot: Snapshot, before: Iterable[Columns]
) -> None:
    """Refuse float columns if an int64 of the store, or of `before`, would be rounded."""
    for name, column in columns.items():
        if schema.get(name) != "int64" or column.kind != "float64":
            continue
        held = (one[name] for one in chain(_living_columns(snapshot, name), before) if name in one)
        if any((far := first_rounded(one)) is not None for one in held):
            raise ValueError(
                f'`attributes` must hold int64 in column "{name}", because it has {far}, which '
                f"no float64 is; got float64. Put the floats into a column of their own."
            )


def _living_columns(snapshot: Snapshot, name: str) -> Iterator[Columns]:
    for part, mask in zip(snapshot.parts, snapshot.masks, strict=True):
        columns = {name: part.attributes[name]} if name in part.attributes else {}
        yield columns if mask is None else take_columns(columns, rows_of(mask))


def _all_checked(
    batches: Batches, manifest: Manifest, snapshot: Snapshot, replacing: bool
) -> Iterator[Checked]:
    schema: Mapping[str, str] = manifest.schema
    rounded: dict[str, Column] = {}  # per column, one integer that is not exact as float64
    for keys, vectors, *rest in batches:
        batch = checked(keys, vectors, rest[0] if rest else None, manifest, schema)
        refuse_rounding(schema, batch.columns, snapshot, [rounded])
        for name, column in batch.columns.items():
            if name not in rounded and (far := first_rounded(column)) is not None:
                rounded[name] = Column("int64", np.array([far]))
        schema = schema_of(schema, batch.columns)
        if replacing:  # across batches the last key counts; within one a repeated key is an error
            build_keys(batch.keys, manifest.key_kind)
        yield batch


def _newest(keys: list[Any], group: list[Checked]) -> tuple[list[Any], list[Checked]]:
    """Keep the last of the rows with the same key."""
    last = dict(zip(keys, range(len(keys)), strict=True))
    if len(last) == len(keys):
        return keys, group
    chosen, start, left = np.array(sorted(last.values())), 0, []
    for batch in group:
        stop = start + len(batch.keys)
        rows = chosen[(chosen >= start) & (chosen < stop)] - start
        columns = take_columns(batch.columns, rows)
        left.append(Checked([batch.keys[row] for row in rows], batch.vectors[rows], columns))
        start = stop
    return [key for batch in left for key in batch.keys], left


def _grouped(
    batches: Iterable[Checked], manifest: Manifest
) -> Iterator[tuple[list[Any], list[Checked]]]:
    """Collect batches until they are worth a segment."""
    keys: list[Any] = []
    group: list[Checked] = []
    for batch in batches:
        if len(batch.keys):
            keys.extend(batch.keys)
            group.append(batch)
        if weight(len(keys), manifest) >= SEGMENT_BYTES:
            yield keys, group
            keys, group = [], []
    if keys:
        yield keys, group


def _inverse_norms(pieces: list[npt.NDArray[Any]]) -> npt.NDArray[np.float32]:
    engine = kernels.engine()
    return np.concatenate([engine.inverse_norms(piece) for piece in pieces])
