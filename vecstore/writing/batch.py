"""The changes of one commit, collected and checked before any of them is made."""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Rows
from vecstore.attributes import normalise, schema_of
from vecstore.snapshot import State, as_keys, not_found
from vecstore.storage import (
    Column,
    Columns,
    Record,
    build_keys,
    encode_attributes,
    join_columns,
    take_columns,
)
from vecstore.writing.segments import Batches, Checked, checked, refuse_known, refuse_rounding

__all__ = ["Batch"]

# Bytes of vectors read at once when rows go into a segment.
_PIECE = 32 << 20


class _Moved(NamedTuple):
    """Rows with other attributes; their vectors stay where they are until they are written."""

    keys: Sequence[Any]
    # (n,): global rows under which the vectors were added, to the store or in a `Checked`.
    origins: Rows
    columns: dict[str, Column]  # all attributes, those that stay included


class Batch:
    """Many calls that become one commit: all of them, or none.

    Each call sees what those before it did. A call that raises leaves the batch as it was; an
    exception that leaves the ``with`` block discards the whole batch. What is added is kept in
    memory until then: `Store.add_batches` adds more than fits. If only attributes change, keys and
    attributes are in memory, but the vectors are not.

    Examples
    --------
    >>> import vecstore
    >>> with vecstore.create("compass.vecs", dim=2) as store:
    ...     with store.batch() as batch:
    ...         batch.add(["north", "est"], [[0, 1], [1, 0]])
    ...         batch.upsert(["east"], [[1, 0]])
    ...         batch.delete(["est"])
    ...     sorted(store.keys())
    1
    ['east', 'north']
    """

    def __init__(self, state: State, is_over: Callable[[], bool]) -> None:
        self._state = state
        self._is_over = is_over  # whether the block has ended, with or without an exception
        self.schema = state.schema
        self._added: list[Checked | _Moved] = []
        # The global row at which each addition begins, and the next free one.
        self._bounds = [state.rows]
        self._dead = array("q")
        self._rows: dict[Any, int] = {}

    def add(self, keys: Iterable[Any], vectors: npt.ArrayLike, attributes: Any = None) -> None:
        """Add vectors under new keys; see `Store.add`."""
        batch = self._checked(keys, vectors, attributes)
        found = self._find(batch.keys)
        refuse_known(batch.keys, found)
        self._append(batch, found)

    def upsert(self, keys: Iterable[Any], vectors: npt.ArrayLike, attributes: Any = None) -> None:
        """Put vectors under keys, new or not; see `Store.upsert`."""
        batch = self._checked(keys, vectors, attributes)
        self._append(batch, self._find(batch.keys))

    def set_attributes(self, keys: Iterable[Any], attributes: Any) -> None:
        """Change attributes of keys that are there; see `Store.set_attributes`."""
        self._refuse_when_over()
        manifest = self._state.manifest
        listed = as_keys(keys, manifest.key_kind)
        build_keys(listed, manifest.key_kind)  # refuses invalid and repeated keys
        found = self._find(listed)
        if (found < 0).any():
            raise not_found(self._state.snapshot, listed[int(np.argmin(found))])
        new = normalise(attributes, len(listed), self.schema)
        columns = {**self._columns(found), **new}
        self._append(_Moved(listed, self._origins(found), columns), found)

    def delete(self, keys: Iterable[Any], *, missing: str = "raise") -> int:
        """Delete keys and return how many there were; see `Store.delete`."""
        if missing not in ("raise", "ignore"):
            raise ValueError(f'`missing` must be "raise" or "ignore"; got {missing!r}.')
        self._refuse_when_over()
        listed = as_keys(keys, self._state.manifest.key_kind)
        found = self._find(listed)
        if missing == "raise" and (found < 0).any():
            raise not_found(self._state.snapshot, listed[int(np.argmin(found))])
        dead = np.unique(found[found >= 0]).tolist()
        self._dead.extend(dead)
        self._rows.update(dict.fromkeys(listed, -1))
        return len(dead)

    @property
    def nbytes(self) -> int:
        """About how long the record would be."""
        rows = sum(len(batch.keys) for batch in self._added)
        return rows * self._row_bytes + 8 * len(self._dead)

    @property
    def _row_bytes(self) -> int:
        manifest = self._state.manifest
        return manifest.dim * np.dtype(manifest.dtype).itemsize

    @property
    def dead(self) -> Rows:
        """The global rows to delete, new rows of the batch included."""
        return np.array(self._dead, np.int64)

    def record(self) -> Record | None:
        """Return the batch as the next record of the journal; None if there is nothing to do."""
        if not self._added and not self._dead:
            return None
        manifest = self._state.manifest
        keys = [key for batch in self._added for key in batch.keys]
        vectors = [np.empty((0, manifest.dim), manifest.dtype)]
        vectors.extend(self._vectors(batch, slice(None)) for batch in self._added)
        columns = join_columns([(len(batch.keys), batch.columns) for batch in self._added])
        return Record(
            self._state.generation + 1,
            keys if manifest.key_kind == "str" else np.array(keys, np.int64),
            np.concatenate(vectors),
            self.dead,
            encode_attributes(columns),
        )

    def survivors(self) -> Batches:
        """Yield the new rows that the batch itself does not delete, as `seal` takes them."""
        start = self._state.rows
        living = np.ones(self._bounds[-1] - start, np.bool_)
        dead = self.dead
        living[dead[dead >= start] - start] = False
        step = max(1, _PIECE // self._row_bytes)
        for batch, (first, end) in zip(self._added, pairwise(self._bounds), strict=True):
            rows = np.flatnonzero(living[first - start : end - start])
            if isinstance(batch, Checked) and len(rows) == len(batch.keys):
                yield batch
                continue
            for begin in range(0, len(rows), step):
                some = rows[begin : begin + step]
                keys = [batch.keys[row] for row in some.tolist()]
                yield keys, self._vectors(batch, some), take_columns(batch.columns, some)

    def _checked(self, keys: Iterable[Any], vectors: npt.ArrayLike, attributes: Any) -> Checked:
        self._refuse_when_over()
        manifest = self._state.manifest
        batch = checked(keys, vectors, attributes, manifest, self.schema)
        if len(batch.keys) != 1 or not _is_plain(batch.keys[0]):
            build_keys(batch.keys, manifest.key_kind)  # refuses invalid and repeated keys
        return batch

    def _append(self, batch: Checked | _Moved, replaced: Rows) -> None:
        if not len(batch.keys):
            return
        gone = replaced[replaced >= 0].tolist()
        if _widens(self.schema, batch.columns):
            dead = np.array([*self._dead, *gone], np.int64)
            left = self._state.without(dead[dead < self._state.rows])
            refuse_rounding(self.schema, batch.columns, left, (one.columns for one in self._added))
        self._dead.extend(gone)
        self._added.append(batch)
        self.schema = schema_of(self.schema, batch.columns)
        first, end = self._bounds[-1], self._bounds[-1] + len(batch.keys)
        self._rows.update(zip(batch.keys, range(first, end), strict=True))
        self._bounds.append(end)

    def _columns(self, rows: Rows) -> dict[str, Column]:
        """Return the attributes of global rows, of the store and of the batch."""
        old = np.flatnonzero(rows < self._state.rows)
        taken, places = [(len(old), self._state.snapshot.columns(rows[old]))], [old]
        for batch, here, local in self._split(rows):
            taken.append((len(here), take_columns(batch.columns, local)))
            places.append(here)
        if len(taken) == 1:
            return taken[0][1]
        return take_columns(join_columns(taken), np.argsort(np.concatenate(places)))

    def _origins(self, rows: Rows) -> Rows:
        """Return the global rows under which the vectors of rows were added."""
        origins = rows.copy()
        for batch, here, local in self._split(rows):
            if isinstance(batch, _Moved):
                origins[here] = batch.origins[local]
        return origins

    def _vectors(self, batch: Checked | _Moved, rows: Rows | slice) -> npt.NDArray[Any]:
        """Return vectors of one addition, by its own row numbers."""
        if isinstance(batch, Checked):
            return batch.vectors[rows]
        manifest, origins = self._state.manifest, batch.origins[rows]
        vectors = np.empty((len(origins), manifest.dim), manifest.dtype)
        old = origins < self._state.rows
        vectors[old] = self._state.snapshot.gather(origins[old], manifest.dtype)
        for source, here, local in self._split(origins):
            vectors[here] = self._vectors(source, local)
        return vectors

    def _split(self, rows: Rows) -> Iterator[tuple[Checked | _Moved, Rows, Rows]]:
        """Yield (addition, which of `rows` lie in it, their local rows) for those with any."""
        new = np.flatnonzero(rows >= self._state.rows)
        # Bisect the list: making an array of the bounds at every call takes quadratic time in all.
        owners = np.array([bisect_right(self._bounds, row) for row in rows[new].tolist()], int) - 1
        for owner in np.unique(owners).tolist():
            here = new[owners == owner]
            yield self._added[owner], here, rows[here] - self._bounds[owner]

    def _find(self, keys: Sequence[Any]) -> Rows:
        """Return the row of every key after the calls so far, or -1."""
        found = self._state.find(keys)
        if self._rows:
            here = [self._rows.get(key) for key in keys]
            found[:] = [old if new is None else new for new, old in zip(here, found, strict=True)]
        return found

    def _refuse_when_over(self) -> None:
        if self._is_over():
            raise ValueError("The batch is over; begin another one with store.batch().")


def _widens(schema: Mapping[str, str], columns: Columns) -> bool:
    return any(schema.get(name, one.kind) != one.kind for name, one in columns.items())


def _is_plain(key: str | int) -> bool:
    """Return whether `build_keys`, a third of the time of a small commit, may skip a key."""
    return key.isascii() if isinstance(key, str) else -(2**63) <= key < 2**63
