"""8-bit codes in a file: five arrays under ``scan/``.

They are derived from the vectors, so a file may lack them; one that has them has all of them.
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
    """Return the codes as arrays for a file.

    Parameters
    ----------
    codes : Codes
        Of at least one row.

    Returns
    -------
    dict of ndarray
        By path in the file.
    """
    return {_FOLDER + name: array for name, array in codes._asdict().items()}


def read_codes(file: ArrayFile, path: Path, rows: int, dim: int) -> Codes | None:
    """Return the codes that a file has.

    Parameters
    ----------
    file : ArrayFile
        Where to look.
    path : Path
        Its path, for the errors.
    rows, dim : int
        The shape of the vectors.

    Returns
    -------
    Codes or None
        Mapped; None if there are none.

    Raises
    ------
    CorruptStoreError
        If some are missing, or are not the codes of such vectors.
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
