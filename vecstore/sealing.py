"""From batches to segments: everything is checked, then written, and nothing is committed yet."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore import kernels
from vecstore.arrays import as_vectors, check_rows
from vecstore.errors import DuplicateKeyError
from vecstore.index import codes
from vecstore.lookup import as_keys
from vecstore.parts import Part
from vecstore.snapshot import Snapshot
from vecstore.storage import Manifest, Segment, build_keys, write_segment

__all__ = ["Batches", "seal"]

#: Pairs of keys and vectors, one after another.
Batches = Iterable[tuple[Iterable[Any], npt.ArrayLike]]

# Batches are collected up to this size before they become a segment: few segments, bounded memory.
_SEGMENT_BYTES = 256 << 20

# What a key costs in memory, roughly, while its batch waits.
_KEY_BYTES = 80


def seal(path: Path, manifest: Manifest, snapshot: Snapshot, batches: Batches) -> Manifest:
    """Write batches of new rows as segments that no manifest names yet.

    Parameters
    ----------
    path : Path
        The store. The caller holds its lock.
    manifest : Manifest
        What the store is now.
    snapshot : Snapshot
        Its rows, whose keys must not come again.
    batches : iterable of (keys, vectors)
        The new rows.

    Returns
    -------
    Manifest
        With the new segments, to be committed.

    Raises
    ------
    DuplicateKeyError, ValueError, TypeError
        If anything is wrong with a batch. Segments of the batches before it are left behind.
    """
    for keys, pieces in _grouped(_checked(batch, manifest) for batch in batches):
        table = build_keys(keys, manifest.key_kind)
        _refuse_known(keys, snapshot)
        entry = write_segment(
            path,
            manifest.next_number,
            table,
            pieces,
            dim=manifest.dim,
            metric=manifest.metric,
            dtype=manifest.dtype,
            inverse_norms=_inverse_norms(pieces) if manifest.metric == "cosine" else None,
            codes=codes.encode(pieces, manifest.metric),
        )
        manifest = manifest.adding(entry)
        snapshot = snapshot.adding(Part.of(Segment.open(path / entry.name, entry)))
    return manifest


def _checked(
    batch: tuple[Iterable[Any], npt.ArrayLike], manifest: Manifest
) -> tuple[Sequence[Any], npt.NDArray[Any]]:
    """Return keys and vectors as they are stored, once nothing is wrong with either alone."""
    keys = as_keys(batch[0], manifest.key_kind)
    vectors = as_vectors(batch[1], manifest.dim, manifest.dtype)
    if len(keys) != len(vectors):
        raise ValueError(
            f"`vectors` must have a row for each of the {len(keys)} keys; got {len(vectors)}."
        )
    check_rows(vectors, manifest.metric, keys=keys)
    return keys, vectors


def _grouped(
    batches: Iterable[tuple[Sequence[Any], npt.NDArray[Any]]],
) -> Iterator[tuple[list[Any], list[npt.NDArray[Any]]]]:
    """Collect batches until they are worth a segment."""
    keys: list[Any] = []
    pieces: list[npt.NDArray[Any]] = []
    size = 0
    for some, vectors in batches:
        keys.extend(some)
        pieces.append(vectors)
        size += vectors.nbytes + len(vectors) * _KEY_BYTES
        if size >= _SEGMENT_BYTES:
            yield keys, pieces
            keys, pieces, size = [], [], 0
    if keys:
        yield keys, pieces


def _inverse_norms(pieces: list[npt.NDArray[Any]]) -> npt.NDArray[np.float32]:
    engine = kernels.engine()
    return np.concatenate([engine.inverse_norms(piece) for piece in pieces])


def _refuse_known(keys: list[Any], snapshot: Snapshot) -> None:
    known = snapshot.find(keys) >= 0 if len(snapshot) else np.zeros(0, bool)
    if known.any():
        key = keys[int(np.argmax(known))]
        shown = f'"{key}"' if isinstance(key, str) else key
        raise DuplicateKeyError(f"Key {shown} is in the store already.")
