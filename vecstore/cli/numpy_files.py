"""Arrays in the files of NumPy; what cannot be read is named."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import BadZipFile
from zlib import error as BadCompression

import numpy as np
import numpy.typing as npt

__all__ = ["read_npy", "read_npz"]


def read_npy(path: Path) -> npt.NDArray[Any]:
    """Return the array of a .npy file, read as it is needed.

    Parameters
    ----------
    path : Path
        Of the file, which is there.

    Returns
    -------
    ndarray
        Mapped.

    Raises
    ------
    ValueError
        If it is damaged, or no such file.
    """
    with _reading(path, ".npy"):
        array: npt.NDArray[Any] = np.lib.format.open_memmap(path, mode="r")
        return array


def read_npz(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of a .npz file.

    Parameters
    ----------
    path : Path
        Of the file, which is there.

    Returns
    -------
    dict of str to ndarray
        All of them, in memory.

    Raises
    ------
    ValueError
        If it is damaged, or no such file.
    """
    opened = np.lib.npyio.NpzFile
    with _reading(path, ".npz"), path.open("rb") as file, opened(file) as saved:
        return dict(saved)


@contextmanager
def _reading(path: Path, kind: str) -> Iterator[None]:
    try:
        yield
    except (ValueError, EOFError, OSError, BadZipFile, BadCompression) as error:
        first = str(error).partition(". ")[0].rstrip(".")
        raise ValueError(f"{path} cannot be read as a {kind} file: {first}.") from error
