"""The soak: three seconds here, a minute with --runslow or by hand."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

if not hasattr(os, "fork"):
    pytest.skip("the soak forks", allow_module_level=True)


@pytest.mark.parametrize("seconds", [3, pytest.param(60, marks=pytest.mark.slow)])
def test_readers_see_committed_generations_and_never_go_back(
    seconds: int, capsys: pytest.CaptureFixture[str]
) -> None:
    program = [sys.executable, "-m", "tests.storage.soak", "--seconds", str(seconds)]
    found = subprocess.run(program, cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
    with capsys.disabled():
        print(f"\n{found.stdout.strip()}")
    commits, answers, readers = map(int, re.findall(r"\d+", found.stdout)[:3])
    assert readers == 8
    assert min(commits, answers) >= readers
