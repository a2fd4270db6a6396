"""One state of a store, as every search sees it: parts in order, and rows numbered across them.

Row r of part p is the global row ``first_rows[p] + r``. Engines answer in global rows, and ties go
to the smaller one, which was inserted first. Deleted rows keep their numbers, but nothing finds
them. A snapshot never changes; adding makes a new one that shares the old parts.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Block, Progress, Rows
from vecstore.snapshot.part import Part
from vecstore.storage import Column, RangeKeys, StrKeys, as_kind, join_columns, take_columns, wider
from vecstore.storage.disk import damaged
from vecstore.storage.keys import PackedStrings
from vecstore.storage.segments import (
    Words,
    all_rows,
    clear_rows,
    count_rows,
    has_row,
    have_rows,
    rows_of,
)

__all__ = ["Snapshot", "cleared"]


class Snapshot:
    """The parts of a store at one generation, in the order in which they were added."""

    def __init__(
        self,
        parts: tuple[Part, ...],
        dim: int,
        dtype: np.dtype[Any],
        key_kind: str,
        masks: tuple[Words | None, ...] | None = None,  # per part, rows not deleted; None: all
        schema: Mapping[str, str] = MappingProxyType({}),  # known columns; parts may have more
    ) -> None:
        self.parts = parts
        self.masks = (None,) * len(parts) if masks is None else masks
        self.dim = dim
        self.dtype = dtype
        self.key_kind = key_kind
        self._schema = schema
        self._all_coded: tuple[Block, ...] | None = None  # once all codes are made
        lengths = [len(part.keys) for part in parts]
        self.first_rows = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))

    def __len__(self) -> int:
        return self._length

    @cached_property
    def _length(self) -> int:
        counts = [
            len(part.keys) if mask is None else count_rows(mask)
            for part, mask in zip(self.parts, self.masks, strict=True)
        ]
        return sum(counts)

    @property
    def rows(self) -> int:
        """How many rows there are, deleted ones included."""
        return int(self.first_rows[-1])

    @cached_property
    def live(self) -> Rows:
        """The global rows that are not deleted, in the order of insertion."""
        return np.concatenate(
            [
                first + (np.arange(len(part.keys)) if mask is None else rows_of(mask))
                for part, mask, first in self._numbered()
            ]
            or [np.empty(0, np.int64)]
        )

    @cached_property
    def schema(self) -> dict[str, str]:
        """The attribute columns, in the order in which they came, and their kinds."""
        schema = dict(self._schema)
        for part in self.parts:
            for name, column in part.attributes.items():
                known = schema.get(name, column.kind)
                if (kind := wider(known, column.kind)) is None:
                    raise damaged("store", f'column "{name}" is {known} and {column.kind}')
                schema[name] = kind
        return schema

    @cached_property
    def cased(self) -> Rows:
        """The global rows whose keys have a capital letter or are not ASCII, ascending."""
        found = []
        for part, mask, first in self._numbered():
            keys: Any = part.keys
            if not isinstance(keys, StrKeys):  # a journal, in which a key may come twice
                keys = PackedStrings.pack(keys.take(np.arange(len(keys))).tolist())
            rows = keys.cased()
            found.append(first + (rows if mask is None else rows[have_rows(mask, rows)]))
        return np.concatenate(found or [np.empty(0, np.int64)])

    def check(self) -> None:
        """Raise StoreChangedError if a file that rows are mapped from was written to."""
        # Call it before rows are read, because reading what is no longer there kills the process;
        # and after, because what was computed from other rows is no answer.
        for part in self.parts:
            part.check()

    def spread(self, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Turn booleans of the rows that are not deleted into booleans of all rows."""
        if len(chosen) == self.rows:
            return chosen
        spread = np.zeros(self.rows, np.bool_)
        spread[self.live] = chosen
        return spread

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """What an engine scans, in the order of the rows; without codes."""
        return tuple(
            Block(part.vectors, part.inverse_norms, first, mask)
            for part, mask, first in self._numbered()
        )

    def coded(self, n_queries: int, threads: int | None) -> tuple[Block, ...]:
        """Return `blocks` with the codes that exist or have become worth making."""
        if self._all_coded is None:
            coded = tuple(
                block._replace(codes=part.codes_for(n_queries, threads))
                for block, part in zip(self.blocks, self.parts, strict=True)
            )
            if any(block.codes is None for block in coded):
                return coded
            self._all_coded = coded
        return self._all_coded

    def encode(self, threads: int | None, progress: Progress | None) -> None:
        """Make all codes that are missing."""
        for part, _, first in self._numbered():
            part.encode(threads, progress and _from(first, self.rows, progress))

    def adding(self, part: Part) -> "Snapshot":
        """Return a snapshot with one more part at the end."""
        masks = (*self.masks, None)
        parts = (*self.parts, part)
        return Snapshot(parts, self.dim, self.dtype, self.key_kind, masks, self._schema)

    def without(self, dead: Rows, schema: Mapping[str, str] | None = None) -> "Snapshot":
        """Return a snapshot of the same parts with more global rows deleted."""
        lengths = [len(part.keys) for part in self.parts]
        masks = cleared(list(self.masks), lengths, self.first_rows, dead)
        known = self._schema if schema is None else schema
        return Snapshot(self.parts, self.dim, self.dtype, self.key_kind, tuple(masks), known)

    def find_one(self, key: Any) -> int:
        """Return the global row of a key, or -1."""
        for part, mask, first in self._numbered():
            row = part.keys.find_one(key)
            if row >= 0 and (mask is None or has_row(mask, row)):
                return first + row
        return -1

    def find(self, keys: Sequence[Any]) -> Rows:
        """Return the global row of every key, or -1."""
        if len(keys) == 1:  # the commonest question, in a third of the time
            return np.array([self.find_one(keys[0])], np.int64)
        rows = np.full(len(keys), -1, np.int64)
        for part, mask, first in self._numbered():
            local = part.keys.find(keys)
            found = local >= 0
            if mask is not None:
                found[found] = have_rows(mask, local[found])
            np.copyto(rows, local + first, where=found)
        return rows

    def take(self, rows: Rows) -> npt.NDArray[Any]:
        """Return the keys of global rows: objects (str) or int64."""
        keys = np.empty(len(rows), object if self.key_kind == "str" else np.int64)
        for part, here, local in self._split(rows):
            if not isinstance(part.keys, RangeKeys):  # those lie in no file
                part.check()
            keys[here] = part.keys.take(local)
        return keys

    def gather(self, rows: Rows, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """Return a copy of the vectors of global rows."""
        vectors = np.empty((len(rows), self.dim), dtype)
        for part, here, local in self._split(rows):
            vectors[here] = part.vectors[local]
            part.check()
        return vectors

    def columns(self, rows: Rows) -> dict[str, Column]:
        """Return a copy of the attributes of global rows."""
        taken, places = [], []
        for part, here, local in self._split(rows):
            part.check()
            taken.append((len(local), take_columns(part.attributes, local)))
            places.append(np.flatnonzero(here))
        if not taken:
            return {}
        found = taken[0][1]
        if len(taken) > 1:
            found = take_columns(join_columns(taken), np.argsort(np.concatenate(places)))
        # A part may have int64 in a column that has become float64.
        kinds = self._schema
        return {name: as_kind(one, kinds.get(name, one.kind)) for name, one in found.items()}

    def batches(self, size: int) -> Iterator[tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
        """Yield keys and read-only vectors of all rows in order, at most `size` at a time.

        A step never crosses parts; vectors are views where no row is deleted.
        """
        for part, mask, _ in self._numbered():
            live = None if mask is None else rows_of(mask)
            for start in range(0, len(part.keys if live is None else live), size):
                part.check()
                here = slice(start, start + size)
                vectors = part.vectors[here if live is None else live[here]]
                vectors.flags.writeable = False
                rows = np.arange(start, start + len(vectors)) if live is None else live[here]
                yield part.keys.take(rows), vectors

    def _numbered(self) -> Iterator[tuple[Part, Words | None, int]]:
        return zip(self.parts, self.masks, self.first_rows[:-1].tolist(), strict=True)

    def _split(self, rows: Rows) -> list[tuple[Part, npt.NDArray[np.bool_], Rows]]:
        """Return (part, which of `rows` lie in it, their local rows) for every part concerned."""
        owners = np.searchsorted(self.first_rows, rows, side="right") - 1
        return [
            (self.parts[owner], owners == owner, rows[owners == owner] - self.first_rows[owner])
            for owner in np.unique(owners)
        ]


def cleared(
    masks: list[Words | None], lengths: list[int], first_rows: Rows, dead: Rows
) -> list[Words | None]:
    """Return masks without the bits of global rows; masks that do not change are shared."""
    new = list(masks)
    owners = np.searchsorted(first_rows, dead, side="right") - 1
    for owner in np.unique(owners[owners < len(masks)]).tolist():
        mask = masks[owner]
        words = all_rows(lengths[owner]) if mask is None else mask.copy()
        clear_rows(words, dead[owners == owner] - first_rows[owner])
        new[owner] = words
    return new


def _from(first: int, total: int, progress: Progress) -> Progress:
    """Turn the progress of a part into that of the whole."""
    return lambda done, _: progress(first + done, total)
