"""Codes and norms computed from a dataset of a foreign file, kept beside that file.

The name says which dataset: ``glove.hdf5.train.cosine.codes.h5``. The foreign file is recognised
by its size, the time of its last change, and a checksum of some of its rows. If the file has
changed, its sidecar is ignored and written anew. Any number of processes may write a sidecar at
once: each writes a temporary file of its own, and the last one to rename it wins.
"""

import os
import re
import time
import warnings
import zlib
from contextlib import suppress
from io import FileIO
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Codes
from vecstore.errors import CorruptStoreError
from vecstore.storage.disk.mapped import MappedFile
from vecstore.storage.disk.versions import FORMAT
from vecstore.storage.hdf5.reader import map_arrays
from vecstore.storage.hdf5.writer import write_arrays
from vecstore.storage.segments.array_files import required
from vecstore.storage.segments.scan_codes import code_arrays, read_codes

__all__ = ["Computed", "Sidecar"]

_FORMAT = "vecstore codes"
_SAMPLED_ROWS = 64
# The label of a file of arrays lies in its first and its last pages.
_LABEL_BYTES = 1 << 16
# No writer takes this long, so the process behind an older temporary file has died.
_OLD_SECONDS = 3600.0
_TEMPORARY = re.compile(r"\.[0-9a-f]{32}\.tmp")


class Computed(NamedTuple):
    """What a sidecar holds: inverse norms under cosine, codes, and the file they lie in."""

    inverse_norms: npt.NDArray[np.float32] | None
    codes: Codes
    file: MappedFile


class Sidecar:
    """A file beside a foreign one, for one of its datasets under one metric."""

    def __init__(
        self, source: MappedFile, dataset: str, metric: str, vectors: npt.NDArray[Any]
    ) -> None:
        name = f"{source.path.name}.{dataset.replace('/', '.')}.{metric}.codes.h5"
        self.path = source.path.with_name(name)
        self._rows, self._dim = vectors.shape
        # Taken before the rows are read: a change in between makes the sidecar stale, not wrong.
        size, changed = source.state
        self._label: dict[str, str | int] = {
            "format": _FORMAT,
            "version": FORMAT,
            "dataset": dataset.encode("unicode_escape").decode("ascii"),
            "metric": metric,
            "rows": self._rows,
            "dim": self._dim,
            "source_size": size,
            "source_changed": changed,
            "source_sample": _sample(vectors),
        }

    def read(self) -> Computed | None:
        """Return what it holds; None if it is missing, damaged, or of another state of the file."""
        if not self.path.is_file():
            return None
        try:
            file = map_arrays(self.path)
            if any(file.attributes.get(name) != value for name, value in self._label.items()):
                return None
            codes = read_codes(file, self.path, self._rows, self._dim)
            cosine = self._label["metric"] == "cosine"
            norms = (
                required(file, self.path, "inverse_norms", (self._rows,), "float32")
                if cosine
                else None
            )
        except (CorruptStoreError, OSError):  # it can be made again
            return None
        return Computed(norms, codes, file.file) if codes and file.file else None

    def write(self, inverse_norms: npt.NDArray[np.float32] | None, codes: Codes) -> None:
        """Write it, all or nothing; warn if that fails, because searches do without it.

        A file of that name that is no sidecar stays. Temporary files of dead writers are removed.
        """
        arrays = code_arrays(codes)
        if inverse_norms is not None:
            arrays["inverse_norms"] = inverse_norms
        temporary = self.path.with_name(f"{self.path.name}.{os.urandom(16).hex()}.tmp")
        try:
            self._refuse_others()
            self._clear()
            try:
                write_arrays(temporary, self._label, arrays)
                with FileIO(temporary, "r+") as file:
                    os.fsync(file.fileno())
                self._refuse_others()  # again: writing took a while
                temporary.replace(self.path)
            except BaseException:
                with suppress(OSError):
                    temporary.unlink()
                raise
        except OSError as error:
            warnings.warn(
                f"{self.path} cannot be written ({error.strerror or error}): the next process "
                f"computes again what would be in it.",
                stacklevel=2,
            )

    def _refuse_others(self) -> None:
        """Raise FileExistsError if the path is taken by something that is no sidecar."""
        if not self.path.exists():
            return
        if self.path.is_file():
            size = self.path.stat().st_size
            with self.path.open("rb") as file:
                label = file.read(_LABEL_BYTES)
                file.seek(max(0, size - _LABEL_BYTES))
                label += file.read()
            if not size or _FORMAT.encode() in label:
                return
        raise FileExistsError(f"{self.path.name} is there and is no sidecar; move it away")

    def _clear(self) -> None:
        """Remove the temporary files of processes that died."""
        for path in self.path.parent.glob(f"{_literal(self.path.name)}.*.tmp"):
            rest = path.name.removeprefix(self.path.name)
            with suppress(OSError):
                if _TEMPORARY.fullmatch(rest) and path.stat().st_mtime < time.time() - _OLD_SECONDS:
                    path.unlink()


def _sample(vectors: npt.NDArray[Any]) -> str:
    """Return the checksum of some rows, including the first and the last."""
    rows = np.linspace(0, len(vectors) - 1, _SAMPLED_ROWS).astype(np.int64)
    return f"{zlib.crc32(vectors[rows].tobytes()):08x}"


def _literal(name: str) -> str:
    """Return a glob pattern that matches only this name."""
    return re.sub(r"([*?\[])", r"[\1]", name)
