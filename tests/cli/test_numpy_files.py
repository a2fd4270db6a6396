"""Files of NumPy: read, or named in one sentence."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vecstore.cli.numpy_files import read_npy, read_npz

ARRAY = np.arange(1000.0)


def npz(path: Path, array: Any = ARRAY) -> bytes:
    np.savez(path, numbers=array)
    return path.read_bytes()


def npy(path: Path, array: Any = ARRAY) -> bytes:
    np.save(path, array)
    return path.read_bytes()


def test_what_was_written_is_read(tmp_path: Path) -> None:
    npz(tmp_path / "a.npz")
    npy(tmp_path / "a.npy")
    assert np.array_equal(read_npz(tmp_path / "a.npz")["numbers"], ARRAY)
    assert np.array_equal(read_npy(tmp_path / "a.npy"), ARRAY)


def damaged(whole: bytes) -> bytes:
    """Return a file in which one number is another."""
    return whole.replace(ARRAY[500].tobytes(), ARRAY[7].tobytes())


BROKEN: dict[str, Callable[[Path], bytes]] = {
    "empty.npz": lambda _: b"",
    "text.npz": lambda _: b"hello",
    "cut.npz": lambda path: npz(path)[:500],
    "damaged.npz": lambda path: damaged(npz(path)),
    "array.npz": lambda path: npy(path.with_suffix(".npy")),
    "objects.npz": lambda path: npz(path, np.array([{}])),
    "empty.npy": lambda _: b"",
    "text.npy": lambda _: b"hello",
    "cut.npy": lambda path: npy(path)[:500],
    "archive.npy": lambda path: npz(path.with_suffix(".npz")),
    "objects.npy": lambda path: npy(path, np.array([{}])),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_is_named(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(BROKEN[name](path))
    read = read_npz if path.suffix == ".npz" else read_npy
    with pytest.raises(ValueError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(f"{path} cannot be read as a {path.suffix} file: ")
    assert message.endswith(".")
    assert "\n" not in message
