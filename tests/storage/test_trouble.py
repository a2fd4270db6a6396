"""Disks that are full, folders that may not be written: a clear error, and the store as before."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import vecstore
from vecstore.storage.checks.whole import check

ROOT = Path(__file__).parents[2]
ROWS = np.random.default_rng(0).standard_normal((50, 8)).astype(np.float32)
KEYS = [f"key {number}" for number in range(50)]


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "a.vecs"
    with vecstore.create(path, dim=8) as store:
        store.add(KEYS, ROWS)
    yield path
    with vecstore.open(path) as store:
        assert store.keys().tolist() == KEYS
        np.testing.assert_array_equal(store[KEYS], ROWS)
    with vecstore.open(path, mode="a"):
        assert list(check(path, full=True)) == []


# Writes past the limit fail, as on a full disk: not through our double, but in the kernel.
FULL = """
import resource, signal, sys
import numpy as np
import vecstore

path, many = sys.argv[1], int(sys.argv[2])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = vecstore.open(path, mode="a")
before = len(store)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    store.add([f"new {number}" for number in range(many)], np.ones((many, 8)))
except OSError as error:
    print(error)
assert len(store) == before
assert store.similar("key 1", k=1).counts == 1
"""


@pytest.mark.parametrize("many", [30, 100_000], ids=["journal", "segment"])
def test_a_full_disk_is_an_error_and_the_store_is_as_before(path: Path, many: int) -> None:
    program = [sys.executable, "-W", "ignore", "-c", FULL, str(path), str(many)]
    found = subprocess.run(program, cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    assert "File too large" in found.stdout
    assert str(path) in found.stdout


@pytest.fixture
def read_only() -> Iterator[Path]:
    """A store that this user may read and not write; root becomes nobody for the time."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.vecs"
        with vecstore.create(path, dim=8) as store:
            store.add(KEYS, ROWS)
        user = os.geteuid()
        Path(folder).chmod(0o711)
        path.chmod(0o555)
        for file in path.iterdir():
            file.chmod(0o444)
        if user == 0:
            os.seteuid(65534)
        try:
            yield path
        finally:
            os.seteuid(user)
            path.chmod(0o755)


@pytest.mark.skipif(os.name == "nt", reason="permissions are another thing on Windows")
def test_a_read_only_folder_is_read_and_not_written(read_only: Path) -> None:
    before = {file.name: file.read_bytes() for file in read_only.iterdir()}
    with vecstore.open(read_only) as store:
        assert store.similar("key 1", k=3).counts == 3
        store.refresh()
        with pytest.raises(vecstore.ReadOnlyError, match='open it with mode="a" to change it'):
            store.delete(["key 1"])
    with pytest.raises(
        vecstore.ReadOnlyError, match=r"cannot be written by this process; open it w"
    ):
        vecstore.open(read_only, mode="a")
    assert {file.name: file.read_bytes() for file in read_only.iterdir()} == before
