"""What a process knows of a store on disk: the files of a manifest, and the commits since.

One thread at a time, which writes or follows a writer, applies records. Any number of threads take
snapshots meanwhile and need no lock: rows and deletions are only ever appended, and how many of
them count is published last, in one assignment.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from vecstore.arrays import Rows
from vecstore.snapshot.journal_rows import Tail
from vecstore.snapshot.part import Part
from vecstore.snapshot.snapshot import Snapshot, cleared
from vecstore.storage import (
    Columns,
    Generation,
    Manifest,
    Record,
    Segment,
    decode_attributes,
    widened,
    wider,
)
from vecstore.storage.disk import damaged, journal_name
from vecstore.storage.segments import Words, all_rows, has_row, have_rows

__all__ = ["State"]

# Up to so many keys are looked up one by one: the overhead of NumPy would be larger.
_FEW = 16


class _Moment(NamedTuple):
    """How much of what was appended counts."""

    generation: int
    tail_rows: int
    deletions: int


class _Shown(NamedTuple):
    """A snapshot, and the moment that it shows."""

    moment: _Moment
    snapshot: Snapshot


class State:
    """A store as of one generation, moved on by records."""

    def __init__(self, stored: Generation, before: "State | None" = None) -> None:
        self.stored = stored  # the files
        self.tail = Tail(stored.manifest)  # the rows of the journal
        # Segments that an older state has too keep what was computed for them.
        known = before.parts if before else {}
        self.parts: dict[Segment, Part] = {
            segment: known.get(segment) or Part.of(segment) for segment in stored.segments
        }
        for part, index in zip(self.parts.values(), stored.indexes, strict=True):
            part.stored_index = index
        rows = [segment.n for segment in stored.segments]
        self._first_rows = np.cumsum([0, *rows], dtype=np.int64)
        self._dead: list[int] = []
        self._gone: set[int] = set()
        self._moment = _Moment(stored.manifest.generation, 0, 0)
        self._shown: _Shown | None = None
        self.journal_end = 0  # the byte after the last record applied
        self.apply(stored.journal.records, stored.journal.end)

    @property
    def manifest(self) -> Manifest:
        """The manifest that the journal follows."""
        return self.stored.manifest

    @property
    def schema(self) -> dict[str, str]:
        """The attribute columns and their kinds."""
        return widened(self.manifest.schema, self.tail.schema)

    @property
    def generation(self) -> int:
        """The number of the last commit applied."""
        return self._moment.generation

    @property
    def rows(self) -> int:
        """How many rows there are, deleted ones included: the global row of the next one."""
        return self.tail_at + len(self.tail)

    @property
    def tail_at(self) -> int:
        """The global row of the first row of the tail."""
        return int(self._first_rows[-1])

    def apply(self, records: Sequence[Record], end: int) -> None:
        """Apply commits, all at once to other threads; `end` is where they end in the journal."""
        for record in records:
            self.tail.append(record.keys, record.vectors, self._columns(record))
            dead = record.dead
            if len(dead) and not (dead.min() >= 0 and dead.max() < self.rows):
                name = journal_name(self.manifest.generation)
                raise damaged(name, f"it deletes rows beyond the {self.rows} that there are")
            self._dead.extend(dead.tolist())
            self._gone.update(dead.tolist())
        self.tail.prepare()
        self.journal_end = end
        generation = records[-1].generation if records else self.generation
        self._moment = _Moment(generation, len(self.tail), len(self._dead))

    @property
    def snapshot(self) -> Snapshot:
        """What searches see: made when it is asked for, and kept until the next commit."""
        moment, shown = self._moment, self._shown
        if shown is None or shown.moment != moment:
            shown = _Shown(moment, self._snapshot(moment, shown))
            self._shown = shown
        return shown.snapshot

    def find_one(self, key: Any) -> int:
        """Return the global row of a key, or -1, in time that does not depend on the rows."""
        if (row := self.tail.newest(key)) >= 0:
            return -1 if self.tail_at + row in self._gone else self.tail_at + row
        for number, segment in enumerate(self.stored.segments):
            if (row := segment.keys.find_one(key)) >= 0:
                deleted = self.stored.deleted[number]
                here = int(self._first_rows[number]) + row
                if here not in self._gone and (deleted is None or not has_row(deleted, row)):
                    return here
        return -1

    def find(self, keys: Sequence[Any]) -> Rows:
        """Return the global rows of keys, or -1, without making a snapshot."""
        if len(keys) <= _FEW:
            return np.array([self.find_one(key) for key in keys], np.int64)
        listed = list(keys)
        rows = np.fromiter(map(self.tail.newest, listed), np.int64, len(listed))
        left = np.flatnonzero(rows < 0)
        rows[rows >= 0] += self.tail_at
        for number, segment in enumerate(self.stored.segments):
            local = segment.keys.find([listed[place] for place in left.tolist()])
            found, deleted = local >= 0, self.stored.deleted[number]
            if deleted is not None:
                found[found] = ~have_rows(deleted, local[found])
            rows[left[found]] = self._first_rows[number] + local[found]
            left = left[~found]
        if self._gone:
            rows[[row in self._gone for row in rows.tolist()]] = -1
        return rows

    def without(self, dead: Rows) -> Snapshot:
        """Return the snapshot with more global rows deleted."""
        return self.snapshot.without(dead, self.schema)

    def _columns(self, record: Record) -> Columns:
        if not record.attributes:
            return {}
        name = journal_name(self.manifest.generation)
        columns = decode_attributes(record.attributes, len(record.keys), name)
        schema = self.schema
        for column, found in columns.items():
            if wider(schema.get(column, found.kind), found.kind) is None:
                raise damaged(name, f'column "{column}" changes its type')
        return columns

    def _snapshot(self, moment: _Moment, shown: _Shown | None) -> Snapshot:
        segments, manifest = self.stored.segments, self.manifest
        parts, lengths = list(self.parts.values()), [segment.n for segment in segments]
        masks = [
            _living(n, deleted) for n, deleted in zip(lengths, self.stored.deleted, strict=True)
        ]
        rows = deletions = 0
        if shown and shown.moment.deletions <= moment.deletions:
            # Apply only the deletions since then: copying all masks at each commit would be slow.
            _, rows, deletions = shown.moment
            masks = list(shown.snapshot.masks)
        if moment.tail_rows:
            parts.append(self.tail.part(moment.tail_rows))
            lengths.append(moment.tail_rows)
            known = masks.pop() if len(masks) == len(lengths) else None
            masks.append(_lengthened(known, rows, moment.tail_rows))
        dead = np.array(self._dead[deletions : moment.deletions], np.int64)
        masks = cleared(masks, lengths, self._first_rows, dead)
        dtype = np.dtype(manifest.dtype)
        return Snapshot(
            tuple(parts), manifest.dim, dtype, manifest.key_kind, tuple(masks), self.schema
        )


def _living(n: int, deleted: Words | None) -> Words | None:
    return None if deleted is None else all_rows(n) & ~deleted


def _lengthened(mask: Words | None, rows: int, n: int) -> Words | None:
    """Return the mask of the first `rows` rows with the bits of all rows up to n set."""
    if mask is None:
        return None
    words = all_rows(n)
    words[: len(mask)] &= mask | ~all_rows(rows)
    return words
