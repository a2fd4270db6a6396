"""A bar appears where somebody waits, and nowhere else."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from vecstore.cli.progress import progress

PROGRAM = """
import sys, time
from vecstore.cli.progress import progress
with progress("Working") as report:
    for done in range(int(sys.argv[1])):
        report(done, 20)
        time.sleep(0.1)
print("done")
"""


def run(steps: int, *, piped: bool = False, terminal: str = "xterm") -> str:
    here, there = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(steps)],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "TERM": terminal},
        stdout=subprocess.PIPE if piped else there,
        stderr=there,
    )
    os.close(there)
    seen = b""
    try:
        while chunk := os.read(here, 1 << 16):
            seen += chunk
    except OSError:  # Linux reports the end of a terminal as an input/output error
        pass
    os.close(here)
    process.communicate()
    assert process.returncode == 0
    return seen.decode()


def test_bar_appears_after_a_second() -> None:
    assert "Working" in run(20)


def test_short_work_shows_no_bar() -> None:
    assert run(2) == "done\r\n"


def test_no_bar_when_the_output_is_piped() -> None:
    assert run(20, piped=True) == ""


def test_no_bar_where_none_can_be_drawn() -> None:
    assert run(20, terminal="dumb") == "done\r\n"


def test_error_passes_through() -> None:
    with pytest.raises(KeyError, match="inside"), progress("Working"):
        raise KeyError("inside")
