"""What a commit is to do to a store, collected before any of it is done."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.attributes import normalise, schema_of
from vecstore.lookup import as_keys, not_found
from vecstore.parts import Part, Rows
from vecstore.sealing import Batches, Checked, checked, refuse_known
from vecstore.snapshot import Snapshot
from vecstore.state import State
from vecstore.storage import RangeKeys, Record, build_keys
from vecstore.storage.attributes import encode_attributes
from vecstore.storage.columns import Column, Columns, join_columns, take_columns

__all__ = ["Batch"]

# Bytes of vectors that are read at once when rows are written anew with other attributes.
_PIECE = 32 << 20


class _Moved(NamedTuple):
    """Rows with other attributes. Their vectors are read when they are written, not before."""

    keys: Sequence[Any]
    rows: Rows
    snapshot: Snapshot
    columns: dict[str, Column]

    @property
    def vectors(self) -> npt.NDArray[Any]:
        return self.snapshot.gather(self.rows, self.snapshot.dtype)


class Batch:
    """Many calls that become one commit: all of them, or none.

    Each call sees what those before it did. A call that raises leaves the batch as it was; an
    exception that leaves the ``with`` block discards all of it. What is added is kept in memory
    until then: `Store.add_batches` adds more than fits. Vectors of which only attributes change are
    not.

    Parameters
    ----------
    state : State
        What the store is now; it does not change while the batch is open.

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

    def __init__(self, state: State) -> None:
        self._state = state
        self._schema = state.schema
        self._added: list[Checked | _Moved] = []
        self._dead: list[int] = []
        self._rows: dict[Any, int] = {}
        self._next = state.rows
        self._open = True

    def add(self, keys: Iterable[Any], vectors: npt.ArrayLike, attributes: Any = None) -> None:
        """Add vectors under new keys; see `Store.add`.

        Parameters
        ----------
        keys : iterable of str or of int, n of them
            None of them in the store.
        vectors : array_like of numbers, shape (n, dim)
            Theirs.
        attributes : mapping, frame, structured array, or None
            Theirs.
        """
        batch = self._checked(keys, vectors, attributes)
        found = self._find(batch.keys)
        refuse_known(batch.keys, found)
        self._append(batch, found)

    def upsert(self, keys: Iterable[Any], vectors: npt.ArrayLike, attributes: Any = None) -> None:
        """Put vectors under keys, new or not; see `Store.upsert`.

        Parameters
        ----------
        keys : iterable of str or of int, n of them
            Each of them once.
        vectors : array_like of numbers, shape (n, dim)
            Theirs.
        attributes : mapping, frame, structured array, or None
            Theirs.
        """
        batch = self._checked(keys, vectors, attributes)
        self._append(batch, self._find(batch.keys))

    def set_attributes(self, keys: Iterable[Any], attributes: Any) -> None:
        """Change attributes of keys that are there; see `Store.set_attributes`.

        Parameters
        ----------
        keys : iterable of str or of int, n of them
            Each of them once.
        attributes : mapping, frame, structured array
            Theirs.
        """
        self._refuse_when_over()
        manifest = self._state.manifest
        listed = as_keys(keys, manifest.key_kind)
        build_keys(listed, manifest.key_kind)  # for what it refuses
        found = self._find(listed)
        if (found < 0).any():
            raise not_found(self._state.snapshot, listed[int(np.argmin(found))])
        new = normalise(attributes, len(listed), self._schema)
        rows = self._all_rows()
        step = max(1, _PIECE // self._row_bytes)
        for first in range(0, len(listed), step):
            some = np.arange(first, min(first + step, len(listed)))
            columns = {**rows.columns(found[some]), **take_columns(new, some)}
            moved = _Moved(listed[first : first + step], found[some], rows, columns)
            self._append(moved, moved.rows)

    def delete(self, keys: Iterable[Any], *, missing: str = "raise") -> int:
        """Delete keys; see `Store.delete`.

        Parameters
        ----------
        keys : iterable of str or of int
            A key that comes twice counts once.
        missing : str, default "raise"
            ``"raise"`` or ``"ignore"``.

        Returns
        -------
        int
            How many rows went.
        """
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

    def end(self) -> None:
        """Refuse further calls."""
        self._open = False

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
        """The global rows that go, those among the new rows included."""
        return np.array(self._dead, np.int64)

    def record(self) -> Record | None:
        """Return the batch as a commit.

        Returns
        -------
        Record or None
            Of the next generation; None if there is nothing to do.
        """
        if not self._added and not self._dead:
            return None
        manifest = self._state.manifest
        keys = [key for batch in self._added for key in batch.keys]
        vectors = [np.empty((0, manifest.dim), manifest.dtype)]
        vectors.extend(batch.vectors for batch in self._added)
        columns = join_columns([(len(batch.keys), batch.columns) for batch in self._added])
        return Record(
            self._state.generation + 1,
            keys if manifest.key_kind == "str" else np.array(keys, np.int64),
            np.concatenate(vectors),
            self.dead,
            encode_attributes(columns),
        )

    def survivors(self) -> Batches:
        """Return the new rows that the batch itself does not delete.

        Yields
        ------
        keys, vectors, attributes
            As `seal` takes them.
        """
        first, dead = self._state.rows, set(self._dead)
        for batch in self._added:
            rows = range(first, first + len(batch.keys))
            first += len(batch.keys)
            if dead.isdisjoint(rows):
                yield batch.keys, batch.vectors, batch.columns
            else:
                kept = np.array([row not in dead for row in rows])
                yield _only(batch, np.flatnonzero(kept))

    def _checked(self, keys: Iterable[Any], vectors: npt.ArrayLike, attributes: Any) -> Checked:
        self._refuse_when_over()
        manifest = self._state.manifest
        batch = checked(keys, vectors, attributes, manifest, self._schema)
        if len(batch.keys) != 1 or not _is_plain(batch.keys[0]):
            build_keys(batch.keys, manifest.key_kind)  # for what it refuses
        return batch

    def _append(self, batch: Checked | _Moved, replaced: Rows) -> None:
        if not len(batch.keys):
            return
        self._dead.extend(replaced[replaced >= 0].tolist())
        self._added.append(batch)
        self._schema = schema_of(self._schema, batch.columns)
        self._rows.update(
            zip(batch.keys, range(self._next, self._next + len(batch.keys)), strict=True)
        )
        self._next += len(batch.keys)

    def _all_rows(self) -> Snapshot:
        """Return the rows of the store with those of the batch behind them, to take from."""
        rows = self._state.snapshot
        for batch in self._added:
            numbers = RangeKeys(len(batch.keys))
            columns: Callable[[], Columns] = partial(dict, batch.columns)
            part = Part(batch.vectors, numbers, self._state.manifest.metric, attributes=columns)
            rows = rows.adding(part)
        return rows

    def _find(self, keys: Sequence[Any]) -> Rows:
        """Return the row of every key, as the calls so far have left it; -1 where there is none."""
        found = self._state.find(keys)
        if self._rows:
            here = [self._rows.get(key) for key in keys]
            found[:] = [old if new is None else new for new, old in zip(here, found, strict=True)]
        return found

    def _refuse_when_over(self) -> None:
        if not self._open:
            raise ValueError("The batch is over; begin another one with store.batch().")


def _only(batch: Checked | _Moved, rows: Rows) -> Checked:
    keys = [batch.keys[row] for row in rows.tolist()]
    return Checked(keys, batch.vectors[rows], take_columns(batch.columns, rows))


def _is_plain(key: str | int) -> bool:
    """Return whether a key alone needs no closer look, which takes a third of a small commit."""
    return key.isascii() if isinstance(key, str) else -(2**63) <= key < 2**63
