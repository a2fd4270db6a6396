"""One writer at a time, and nothing to clean up after one that died."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import vecstore
from vecstore.errors import CorruptStoreError, StoreLockedError
from vecstore.storage import Directory, WriterLock
from vecstore.storage.disk.holder import Holder

ROOT = Path(__file__).parents[3]
HOLDER = """
import sys
from pathlib import Path
from vecstore.storage import WriterLock
lock = WriterLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds the lock of `tmp_path`."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_process_is_told_who_writes(
    tmp_path: Path, holder: "subprocess.Popen[str]"
) -> None:
    for _ in range(2):  # the first refusal must not wipe out the holder's name
        with pytest.raises(StoreLockedError) as error:
            WriterLock(tmp_path)
        assert str(error.value) == f"{tmp_path} is open for writing by process {holder.pid}."


def test_a_killed_writer_leaves_nothing_to_clean_up(
    tmp_path: Path, holder: "subprocess.Popen[str]"
) -> None:
    holder.send_signal(signal.SIGKILL if os.name != "nt" else signal.SIGTERM)
    holder.wait()
    WriterLock(tmp_path).release()


def test_a_second_writer_in_one_process_is_refused_too(tmp_path: Path) -> None:
    with (
        WriterLock(tmp_path),
        pytest.raises(StoreLockedError, match=r"open for writing by this process\."),
    ):
        WriterLock(tmp_path)


def test_a_released_lock_can_be_taken_again(tmp_path: Path) -> None:
    first = WriterLock(tmp_path)
    first.release()
    with WriterLock(tmp_path):
        first.release()  # a second time; it is not the holder's any more
        with pytest.raises(StoreLockedError):
            WriterLock(tmp_path)


def test_the_lock_file_says_who_holds_it_and_no_more_once_released(tmp_path: Path) -> None:
    with WriterLock(tmp_path):
        content = (tmp_path / "writer.lock").read_bytes()
        assert content.startswith(f"\0{os.getpid()}\n".encode())
        assert content.count(b"\n") == 4
    assert (tmp_path / "writer.lock").read_bytes() == b"\0"


@pytest.mark.skipif(os.name == "nt", reason="needs the permissions of POSIX")
def test_a_folder_that_cannot_be_written_is_read_only() -> None:
    program = """
import os, sys
from pathlib import Path
from vecstore.errors import ReadOnlyError
from vecstore.storage import WriterLock
if os.geteuid() == 0:
    os.seteuid(65534)  # permissions do not bind root
try:
    WriterLock(Path(sys.argv[1]))
except ReadOnlyError as error:
    print(error)
"""
    # Not below `tmp_path`, into which nobody but its owner may look.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        run = subprocess.run(
            [sys.executable, "-c", program, folder], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
    assert run.stdout == f'{folder} cannot be written by this process; open it with mode="r".\n'


WITHOUT_LOCKS = """
import errno, fcntl, sys
def flock(descriptor, operation):
    raise OSError(errno.{name}, "no locks here")
fcntl.flock = flock
import vecstore
"""
WRITE = """
try:
    with vecstore.open(sys.argv[1], mode="a") as store:
        store.upsert(["b"], [[1, 1]])
    print("written")
except vecstore.VecstoreError as error:
    print(type(error).__name__, error)
"""
HOLD = """
store = vecstore.open(sys.argv[1], mode="a")
store.upsert(["held"], [[1, 1]])
print("held", flush=True)
sys.stdin.read()
"""


def program(body: str, name: str) -> list[str]:
    return [sys.executable, "-c", WITHOUT_LOCKS.replace("{name}", name) + body]


def run(path: Path, name: str, body: str = WRITE) -> str:
    done = subprocess.run(
        [*program(body, name), str(path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or done.stderr


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with vecstore.create(tmp_path / "a.vecs", dim=2, metric="euclidean") as store:
        store.add(["a"], [[0, 0]])
    return tmp_path / "a.vecs"


posix = pytest.mark.skipif(os.name == "nt", reason="has always locks")


@posix
@pytest.mark.parametrize("name", ["ENOSYS", "ENOLCK", "EOPNOTSUPP"])
def test_without_locks_a_store_that_was_closed_opens_again(store: Path, name: str) -> None:
    for _ in range(2):
        assert run(store, name) == "written"
    (store / "writer.lock").unlink()
    assert run(store, name) == "written"
    assert not (store / "writer.claim").exists()
    with vecstore.open(store, mode="a") as again:
        assert again.keys().tolist() == ["a", "b"]


@posix
def test_without_locks_a_live_writer_is_told_from_a_killed_one(store: Path) -> None:
    with subprocess.Popen(
        [*program(HOLD, "ENOSYS"), str(store)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        told = f"StoreLockedError {store} is open for writing by process {holder.pid}."
        assert run(store, "ENOSYS") == told
        with pytest.raises(StoreLockedError, match=f"by process {holder.pid}"):  # with locks
            vecstore.open(store, mode="a")
        holder.kill()
        holder.wait()
    assert run(store, "ENOSYS") == "written"
    with vecstore.open(store) as reader:
        assert reader.keys().tolist() == ["a", "held", "b"]


@posix
@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"computer": "elsewhere"}, True),
        ({"process": 1}, False),  # it lives, but began at another time
        ({"folder": "1:2"}, False),  # it was copied with its store
        ({"process": 2**22 + 1}, False),  # more than there can be
    ],
)
def test_whose_claim_counts(store: Path, change: dict[str, object], refused: bool) -> None:
    holder = Holder.here(Directory(store).identity)._replace(**change)
    (store / "writer.claim").write_bytes(holder.to_bytes())
    if refused:
        with pytest.raises(StoreLockedError) as error:
            vecstore.open(store, mode="a")
        assert "on elsewhere" in str(error.value)
        assert f"remove {store / 'writer.claim'}" in str(error.value)
    else:
        vecstore.open(store, mode="a").close()
        assert not (store / "writer.claim").exists()


def test_a_claim_that_nobody_can_read_is_honoured(store: Path) -> None:
    (store / "writer.claim").write_bytes(b"\xff")
    with pytest.raises(StoreLockedError, match="remove "):
        vecstore.open(store, mode="a")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_lock_file_is_named(store: Path, make) -> None:
    (store / "writer.lock").unlink()
    make(store / "writer.lock")
    with pytest.raises(CorruptStoreError, match="nobody can lock it"):
        vecstore.open(store, mode="a")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_does_not_keep_the_lock(store: Path) -> None:
    """The parent may die and leave its pool of workers behind."""
    writer = vecstore.open(store, mode="a")
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(write)
        os.read(read, 1)  # until the parent is done
        os._exit(0)
    os.close(read)
    try:
        writer._writable().writer._lock._unlocking()  # as the end of the process does
        writer._writable().writer._lock._closing()
        vecstore.open(store, mode="a").close()
    finally:
        os.close(write)
        os.waitpid(child, 0)
        writer._writable().writer._journal.close()


@pytest.mark.skipif(os.name == "nt", reason="no process inherits the lock")
def test_a_copy_of_the_descriptor_does_not_keep_the_lock(store: Path) -> None:
    """A process that is being started has one for a moment."""
    with WriterLock(store) as lock:
        copies = [os.dup(lock._file.fileno()), os.dup(lock._descriptor)]
    try:
        WriterLock(store).release()
    finally:
        for copy in copies:
            os.close(copy)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_in_place_of_a_claim_is_damage(store: Path) -> None:
    os.mkfifo(store / "writer.claim")
    with pytest.raises(CorruptStoreError, match="not a regular file"):
        WriterLock(store)
