"""The completion script, and what a shell gets from it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Invoke = Callable[..., Result]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_script_is_valid(shell: str, invoke: Invoke) -> None:
    result = invoke("completion", shell)
    assert result.exit_code == 0
    assert "_VECSTORE_COMPLETE" in result.stdout
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=result.stdout, text=True, check=True)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("vecstore sim", {"similar"}),
        ("vecstore similar --thr", {"--threads"}),
        ("vecstore create x.vecs --metric e", {"euclidean"}),
    ],
)
def test_completions(typed: str, offered: set[str]) -> None:
    words = typed.split()
    done = subprocess.run(
        [sys.executable, "-m", "vecstore"],
        env=os.environ
        | {
            "PYTHONPATH": str(Path(__file__).parents[3]),
            "_VECSTORE_COMPLETE": "bash_complete",
            "COMP_WORDS": typed,
            "COMP_CWORD": str(len(words) - 1),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert {line.partition(",")[2] for line in done.stdout.splitlines()} == offered
