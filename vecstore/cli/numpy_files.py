"""Read .npy and .npz files; errors name the file."""

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
    """Return the memory-mapped array of a .npy file; raises ValueError if it is damaged."""
    with _reading(path, ".npy"):
        array: npt.NDArray[Any] = np.lib.format.open_memmap(path, mode="r")
        return array


def read_npz(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Return all arrays of a .npz file, in memory; raises ValueError if it is damaged."""
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
