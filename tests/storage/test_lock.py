"""One writer at a time, and nothing to clean up after one that died."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from vecstore.errors import StoreLockedError
from vecstore.storage import WriterLock

ROOT = Path(__file__).parents[2]
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
import filelock
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
