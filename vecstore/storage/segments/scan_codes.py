"""8-bit codes in a file: five arrays under ``scan/``.

They are derived from the vectors, so a file may lack them. A file that has one has all five.
"""

from pathlib import Path
from typing import Any

import numpy.typing as npt

from vecstore.arrays import Codes
from vecstore.storage.hdf5.reader import ArrayFile
from vecstore.storage.segments.array_files import required

__all__ = ["code_arrays", "read_codes"]

_FOLDER = "scan/"


def code_arrays(codes: Codes) -> dict[str, npt.NDArray[Any]]:
    """Return codes of at least one row as arrays, by path in the file."""
    return {_FOLDER + name: array for name, array in codes._asdict().items()}


def read_codes(file: ArrayFile, path: Path, rows: int, dim: int) -> Codes | None:
    """Return the mapped codes of a file, None if it has none.

    Raises CorruptStoreError if some are missing or do not fit vectors of shape (rows, dim).
    """
    if _FOLDER + "codes" not in file.arrays:
        return None
    return Codes(
        codes=required(file, path, _FOLDER + "codes", (rows, -(-dim // 4) * 4), "uint8"),
        bounds=required(file, path, _FOLDER + "bounds", (-(-rows // 16), 3), "float32"),
        errors=required(file, path, _FOLDER + "errors", (rows,), "float32"),
        norms=required(file, path, _FOLDER + "norms", (rows,), "float32"),
        center=required(file, path, _FOLDER + "center", (dim,), "float32"),
    )
