"""The harness of habits: seconds here, minutes with --runslow or by hand."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

if not hasattr(os, "fork"):
    pytest.skip("the harness forks", allow_module_level=True)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("minutes", "seed"), [(0.05, 7), pytest.param(30, 8, marks=pytest.mark.slow)]
)
def test_no_habit_harms_a_store(
    minutes: float, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    # In a process of its own: it forks, changes the working folder, and sets signal handlers.
    program = [sys.executable, "-X", "dev", "-m", "tests.storage.habits"]
    program += ["--minutes", str(minutes), "--seed", str(seed)]
    found = subprocess.run(program, cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    with capsys.disabled():
        print(f"\n{found.stdout.strip()}")
    steps, episodes = map(int, re.findall(r"\d+", found.stdout)[:2])
    assert steps > episodes >= 1
