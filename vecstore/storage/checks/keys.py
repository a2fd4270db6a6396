"""Whether the parts of a store fit together: what its journal does, and the keys of all parts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Rows
from vecstore.storage.attributes import decode_attributes
from vecstore.storage.checks.problems import Problem, guarded
from vecstore.storage.checks.segment import check_column, check_finite
from vecstore.storage.columns import wider
from vecstore.storage.disk.names import journal_name
from vecstore.storage.generations import Generation
from vecstore.storage.journal_records import Record
from vecstore.storage.keys.strings import PackedStrings
from vecstore.storage.segments.tombstones import rows_of

__all__ = ["check_journal", "check_live_keys"]

# How many keys a problem names.
_SHOWN = 3


def check_journal(folder: Path, generation: Generation) -> Iterator[Problem]:
    """Find whole records of an opened generation that do what no commit does."""
    # A torn end is no problem: its writer died before it acknowledged the record.
    manifest = generation.manifest
    path = folder / journal_name(manifest.generation)
    rows, schema = manifest.rows, dict(manifest.schema)
    gone = set(_dead_rows(generation).tolist())
    for record in generation.journal.records:
        where = f"the record of generation {record.generation}"
        rows += len(record.keys)
        if len(record.keys):
            yield from check_finite(path, record.vectors, manifest.metric == "cosine")
        dead = record.dead.tolist()
        if beyond := [row for row in dead if not 0 <= row < rows]:
            yield Problem(path, f"{where} deletes row {beyond[0]} of {rows}")
        if again := [row for row in dead if row in gone]:
            yield Problem(path, f"{where} deletes row {again[0]}, which was deleted before")
        gone.update(dead)
        yield from guarded(path, _check_columns(path, record, schema, where))


def check_live_keys(folder: Path, generation: Generation) -> Iterator[Problem]:
    """Find keys that two live rows share, as one problem; no part may be damaged."""
    values, rows = _key_values(generation)
    records = [record.dead for record in generation.journal.records]
    dead = np.concatenate([_dead_rows(generation), *records])
    live = np.ones(len(values), bool)
    live[np.isin(rows, dead)] = False
    values, rows = values[live], rows[live]
    # Equal hashes only make suspects, whose keys are then compared.
    order = np.argsort(values)
    equal = values[order[1:]] == values[order[:-1]]
    suspects = np.unique(np.concatenate([order[1:][equal], order[:-1][equal]]))
    seen: set[Any] = set()
    twice = []
    for row in rows[suspects].tolist():
        key = _key_at(generation, row)
        if key in seen:
            twice.append(repr(key))
        seen.add(key)
    if twice:
        shown = ", ".join(twice[:_SHOWN])
        yield Problem(folder, f"{len(twice)} keys have two rows that are not deleted: {shown}")


def _check_columns(
    path: Path, record: Record, schema: dict[str, str], where: str
) -> Iterator[Problem]:
    if record.attributes:
        for name, column in decode_attributes(record.attributes, len(record.keys), path).items():
            known = schema.get(name, column.kind)
            if (kind := wider(known, column.kind)) is None:
                yield Problem(path, f'{where} has column "{name}"', known, column.kind)
            schema[name] = kind or known
            yield from check_column(path, name, column)


def _dead_rows(generation: Generation) -> Rows:
    """Return the global rows that tombstones delete."""
    first, dead = 0, [np.empty(0, np.int64)]
    for segment, deleted in zip(generation.segments, generation.deleted, strict=True):
        if deleted is not None:
            dead.append(first + rows_of(deleted))
        first += segment.n
    return np.concatenate(dead)


def _key_values(generation: Generation) -> tuple[npt.NDArray[Any], Rows]:
    """Return the keys, or the hashes of string keys, and the global row of each."""
    text = generation.manifest.key_kind == "str"
    table = "keys/hash_table" if text else "keys/id_table"
    first, values, rows = 0, [], []
    for segment in generation.segments:
        values.append(segment.arrays[table][0])
        rows.append(first + segment.arrays[table][1].astype(np.int64))
        first += segment.n
    for record in generation.journal.records:
        keys = record.keys
        values.append(keys if isinstance(keys, np.ndarray) else PackedStrings.pack(keys).hashes())
        rows.append(np.arange(first, first + len(keys)))
        first += len(keys)
    if not values:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    return np.concatenate(values), np.concatenate(rows)


def _key_at(generation: Generation, row: int) -> Any:
    for segment in generation.segments:
        if row < segment.n:
            return segment.keys.take(np.array([row]))[0]
        row -= segment.n
    for record in generation.journal.records:
        if row < len(record.keys):
            return record.keys[row]
        row -= len(record.keys)
    raise IndexError(f"`row` must be a row of the store; got {row} past the last.")
