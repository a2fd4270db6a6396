"""What was computed from a dataset of somebody else's file, kept beside that file.

The name says of what: ``glove.hdf5.train.cosine.codes.h5``. The foreign file is known again by its
size and the time of its last change; of a file that is not the same any more, a sidecar says
nothing, and is written anew.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Codes
from vecstore.errors import CorruptStoreError
from vecstore.storage import files
from vecstore.storage.array_files import required
from vecstore.storage.hdf5_reader import map_arrays
from vecstore.storage.hdf5_writer import write_arrays
from vecstore.storage.scan_codes import code_arrays, read_codes
from vecstore.storage.versions import FORMAT

__all__ = ["Computed", "Sidecar"]


class Computed(NamedTuple):
    """What a sidecar holds.

    Attributes
    ----------
    inverse_norms : ndarray of float32, shape (n,), or None
        None but under cosine.
    codes : Codes
        Mapped.
    """

    inverse_norms: npt.NDArray[np.float32] | None
    codes: Codes


class Sidecar:
    """A file beside a foreign one.

    Parameters
    ----------
    source : Path
        The foreign file.
    dataset : str
        Which of its datasets.
    metric : str
        What the codes are for.
    shape : tuple of int
        Rows and dimensions of the dataset.
    """

    def __init__(self, source: Path, dataset: str, metric: str, shape: tuple[int, ...]) -> None:
        name = f"{source.name}.{dataset.replace('/', '.')}.{metric}.codes.h5"
        self.path = source.with_name(name)
        self._rows, self._dim = shape
        # Taken before the rows are read: a change in between makes the sidecar stale, not wrong.
        status = source.stat()
        self._label: dict[str, str | int] = {
            "format": "vecstore codes",
            "version": FORMAT,
            "dataset": dataset.encode("unicode_escape").decode("ascii"),
            "metric": metric,
            "rows": self._rows,
            "dim": self._dim,
            "source_size": status.st_size,
            "source_changed": status.st_mtime_ns,
        }

    def read(self) -> Computed | None:
        """Return what the sidecar holds.

        Returns
        -------
        Computed or None
            None if there is no sidecar, or one of another state of the file, or a damaged one.
        """
        if not self.path.exists():
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
        except CorruptStoreError:  # it can be made again, which the file beside it cannot
            return None
        return Computed(norms, codes) if codes else None

    def write(self, inverse_norms: npt.NDArray[np.float32] | None, codes: Codes) -> None:
        """Write the sidecar: all of it or nothing.

        Parameters
        ----------
        inverse_norms : ndarray of float32, shape (n,), or None
            None but under cosine.
        codes : Codes
            Of every row.

        Raises
        ------
        OSError
            If the folder is read-only, say, or the disk is full.
        """
        arrays = code_arrays(codes)
        if inverse_norms is not None:
            arrays["inverse_norms"] = inverse_norms
        if self._rows:
            files.publish(self.path, lambda new: write_arrays(new, self._label, arrays))
