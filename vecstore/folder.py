"""A store on disk: its generations as snapshots, and the writing of the next one."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any, Self

import numpy as np

from vecstore.errors import ReadOnlyError, StoreExistsError
from vecstore.parts import Part
from vecstore.sealing import Batches, seal
from vecstore.snapshot import Snapshot
from vecstore.storage import (
    Generation,
    Manifest,
    Segment,
    Subwords,
    WriterLock,
    commit,
    files,
    read_generation,
    read_latest,
    reclaim,
    write_subwords,
)

__all__ = ["Folder"]


class Folder:
    """A store on disk, open for reading or for writing.

    Parameters
    ----------
    path : Path
        The folder.
    generation : Generation
        Its newest one.
    lock : WriterLock or None
        The right to write.
    """

    def __init__(self, path: Path, generation: Generation, lock: WriterLock | None) -> None:
        self.path = path
        self._lock = lock
        # One thread at a time: the generations that a store shows never go backwards.
        self._moving = Lock()
        self._parts: dict[Segment, Part] = {}
        self._move_to(generation)

    @classmethod
    def create(cls, path: Path, dim: int, metric: str, key_kind: str, dtype: np.dtype[Any]) -> Self:
        """Make an empty store and open it for writing.

        Parameters
        ----------
        path : Path
            A folder that does not exist yet, in one that does.
        dim : int
            Length of every vector.
        metric : str
            What near means.
        key_kind : str
            ``"str"`` or ``"int"``.
        dtype : numpy.dtype
            float32 or float16.

        Returns
        -------
        Folder
            At its first generation, without rows.

        Raises
        ------
        StoreExistsError
            If the path is taken.
        FileNotFoundError
            If there is no folder to make it in.
        """
        if not path.parent.is_dir():
            raise FileNotFoundError(f"{path.parent} is not a folder; make it first.")
        try:
            files.make_folder(path)
        except FileExistsError:
            raise StoreExistsError(
                f"{path} exists already; open it, or choose another path."
            ) from None
        lock = WriterLock(path)
        try:
            commit(path, Manifest(dim=dim, metric=metric, dtype=dtype.name, key_kind=key_kind))
            return cls(path, read_generation(path), lock)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def open(cls, path: Path, mode: str) -> Self:
        """Open a store that is there.

        Parameters
        ----------
        path : Path
            The folder.
        mode : str
            ``"r"`` takes no lock, ``"a"`` the writer's.

        Returns
        -------
        Folder
            At its newest generation.

        Raises
        ------
        StoreNotFoundError
            If there is no store.
        StoreLockedError
            If somebody else is writing.
        """
        if mode == "r":
            return cls(path, read_generation(path), None)
        read_latest(path)  # so that a folder which is no store gets no lock file
        lock = WriterLock(path)
        try:
            generation = read_generation(path)
            reclaim(path, generation.manifest)
            return cls(path, generation, lock)
        except BaseException:
            lock.release()
            raise

    @property
    def generation(self) -> int:
        """The number of the generation that the snapshot shows."""
        return self._generation.manifest.generation

    @property
    def metric(self) -> str:
        """The metric of the store."""
        return self._generation.manifest.metric

    @property
    def subwords(self) -> Subwords | None:
        """What vectors of unknown words are made of, if the store has it."""
        return self._generation.subwords

    def refresh(self) -> None:
        """Move on to the newest generation; what did not change stays mapped."""
        with self._moving:
            self._move_to(read_generation(self.path, self._generation))

    def close(self) -> None:
        """Give up the right to write."""
        with self._moving:
            if self._lock:
                self._lock.release()

    def info(self) -> dict[str, Any]:
        """Return what the manifest says beyond the shape of the vectors.

        Returns
        -------
        dict
            JSON values; see `Store.info`.
        """
        manifest = self._generation.manifest
        return {
            "created": manifest.created,
            "committed": manifest.committed,
            "library": manifest.library,
            "segments": len(manifest.segments),
            "files": {entry.name: entry.size for entry in manifest.files},
            "provenance": [dict(entry) for entry in manifest.provenance],
        }

    def add(
        self,
        batches: Batches,
        *,
        subwords: Subwords | None = None,
        provenance: Mapping[str, Any] | None = None,
    ) -> int:
        """Add batches of new rows as one commit.

        Parameters
        ----------
        batches : iterable of (keys, vectors)
            Nothing of them is seen by anybody before all are durable.
        subwords : Subwords or None
            What vectors of unknown words are made of.
        provenance : mapping or None
            What JSON can hold.

        Returns
        -------
        int
            The number of rows added.

        Raises
        ------
        ReadOnlyError
            If the store is open for reading.
        DuplicateKeyError, ValueError, TypeError
            If anything is wrong with a batch: nothing is left of it then.
        """
        if self._lock is None:
            raise ReadOnlyError(
                f'{self.path} is open for reading; open it with mode="a" to add to it.'
            )
        with self._moving:
            manifest = self._generation.manifest
            source = () if provenance is None else (_as_json(provenance),)
            try:
                following = self._sealed(batches, subwords)
            except BaseException:
                reclaim(self.path, manifest)  # no manifest names what was written so far
                raise
            if following is not manifest or source:
                sources = (*manifest.provenance, *source)
                committed = commit(self.path, replace(following, provenance=sources))
                self._move_to(read_generation(self.path, self._generation))
                reclaim(self.path, committed)
            return following.rows - manifest.rows

    def _sealed(self, batches: Batches, subwords: Subwords | None) -> Manifest:
        """Write the files of the next generation; return its manifest, not committed yet."""
        manifest = seal(self.path, self._generation.manifest, self.snapshot, batches)
        if subwords is None:
            return manifest
        if subwords.dim != manifest.dim:
            raise ValueError(f"`subwords` must have dim {manifest.dim}; got {subwords.dim}.")
        return manifest.adding(write_subwords(self.path, manifest.next_number, subwords))

    def _move_to(self, generation: Generation) -> None:
        manifest = generation.manifest
        dtype = np.dtype(manifest.dtype)
        # Parts of segments that stay keep what was computed for them.
        self._parts = {
            segment: self._parts.get(segment) or Part.of(segment) for segment in generation.segments
        }
        parts = tuple(self._parts.values())
        self._generation = generation
        self.snapshot = Snapshot(parts, manifest.dim, dtype, manifest.key_kind)


def _as_json(provenance: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy that a manifest can hold; what JSON cannot say is an error before any write."""
    try:
        copy: dict[str, Any] = json.loads(json.dumps(dict(provenance), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise type(error)(f"`provenance` must be what JSON can hold: {error}.") from None
    return copy
