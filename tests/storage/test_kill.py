"""The kill harness: some rounds here, a thousand with --runslow or by hand."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

if not hasattr(os, "fork"):
    pytest.skip("the harness forks", allow_module_level=True)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("rounds", [20, pytest.param(1000, marks=pytest.mark.slow)])
def test_a_writer_that_is_killed_loses_nothing(
    rounds: int, capsys: pytest.CaptureFixture[str]
) -> None:
    # In a process of its own, because the harness forks, and pytest and NumPy have threads.
    program = [sys.executable, "-m", "tests.storage.kill_harness", "--rounds", str(rounds)]
    found = subprocess.run(program, cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    with capsys.disabled():
        print(f"\n{found.stdout.strip()}")
    kills, acknowledged = map(int, re.findall(r"\d+", found.stdout)[:2])
    assert kills == rounds
    assert acknowledged > 0
