"""Files that a user asks for, on a disk that fills up: nothing is left, and errors name it."""

import errno
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import vecstore
from vecstore import ingest
from vecstore.storage.disk.outputs import disk_errors, write_new

resource = pytest.importorskip("resource")  # limits of a process, as POSIX has them

SUFFIXES = {"npy": ".npy", "npz": ".npz", "fbin": ".fbin", "hdf5": ".h5", "parquet": ".parquet"}

#: Every file that this process writes ends at so many bytes, as if the disk ended there.
FULL = """
import resource, sys
import numpy, vecstore
from vecstore import ingest
store = vecstore.open(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
try:
    {call}
except OSError as error:
    print(error.errno, error.filename, sep="\\n")
"""

CALLS = {
    **{
        f"out{SUFFIXES.get(name, '.' + name)}": f'ingest.export(store, sys.argv[2], "{name}")'
        for name in ingest.WRITABLE
    },
    "graph.h5": "store.neighbors(k=9, out=__import__('pathlib').Path(sys.argv[2]))",
    "answers.npz": "from vecstore.cli.questions.vectors import save_answers; "
    "from pathlib import Path; "
    "save_answers(Path(sys.argv[2]), [('q', store.search(numpy.ones(8), k=4000))])",
    "vectors.npy": "from vecstore.cli.questions.vectors import save_array; "
    "from pathlib import Path; "
    "save_array(Path(sys.argv[2]), numpy.ones((9000, 9)))",
}


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stores") / "words.vecs"
    vectors = np.random.default_rng(5).standard_normal((4000, 8))
    with vecstore.create(path, dim=8) as store:
        store.add([f"{'word' * 5}{number}" for number in range(4000)], vectors)
    return path


@pytest.mark.parametrize("name", CALLS)
def test_a_full_disk_is_named_and_leaves_nothing(name: str, words: Path, tmp_path: Path) -> None:
    program = FULL.format(call=CALLS[name])
    out = tmp_path / name
    run = subprocess.run(
        [sys.executable, "-c", program, str(words), str(out)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    number, path = run.stdout.splitlines() or [run.stderr, ""]
    assert number == str(errno.EFBIG)
    # An export of several files names the one that did not fit.
    assert Path(path).parent == tmp_path
    assert Path(path).name.startswith(out.stem)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format", ["npy", "fbin", "projector"])
def test_a_failed_export_is_not_in_the_way_of_the_next(
    format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = vecstore.from_arrays(np.eye(3), keys=["a", "b", "c"])
    out = tmp_path / f"out.{format}"

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setitem(ingest.export.__globals__["_WRITERS"], format, interrupted)
        with pytest.raises(KeyboardInterrupt):
            ingest.export(store, out, format)
    assert list(tmp_path.iterdir()) == []
    assert ingest.export(store, out, format)[0] == out


@pytest.mark.parametrize("format", ingest.WRITABLE)
def test_a_file_of_the_users_own_beside_the_output_stays(format: str, tmp_path: Path) -> None:
    store = vecstore.from_arrays(np.eye(3), keys=["a", "b", "c"])
    out = tmp_path / f"out{SUFFIXES.get(format, '.txt')}"
    own = out.with_name(out.name + ".tmp")
    own.write_text("mine")
    ingest.export(store, out, format)
    assert own.read_text() == "mine"


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "taken.txt"
    path.write_text("before")
    with pytest.raises(vecstore.StoreExistsError, match="exists already; remove it or choose"):
        write_new(path, lambda new: new.write_text("after"))
    assert path.read_text() == "before"


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("Can't write data (file write failed: errno = 28, error message = ...)", errno.ENOSPC),
        ("parquet: underlying IO error: No space left on device (os error 28)", errno.ENOSPC),
        ("disk quota exceeded (os error 122)", 122),
        ("the drive has gone", errno.EIO),
    ],
)
def test_what_libraries_say_becomes_an_error_of_the_system(said: str, number: int) -> None:
    with pytest.raises(OSError, match=r"x\.h5") as caught, disk_errors(Path("x.h5")):
        raise OSError(said)
    assert caught.value.errno == number
    assert caught.value.filename == "x.h5"
    assert caught.value.strerror


def test_errors_that_are_not_about_the_disk_stay_what_they_are() -> None:
    import polars as pl

    with pytest.raises(pl.exceptions.ComputeError), disk_errors(Path("x")):
        raise pl.exceptions.ComputeError("no such column")
    with pytest.raises(vecstore.StoreExistsError, match=r"^x is there\.$"), disk_errors(Path("y")):
        raise vecstore.StoreExistsError("x is there.")
