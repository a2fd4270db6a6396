"""A small store with keys that are hard on a shell, and ways to call the program."""

import os
import pty
import re
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import vecstore
from vecstore.cli.main import main

# Directions in the plane, so that every answer can be seen.
DIRECTIONS = {
    "east": [1, 0],
    "north": [0, 1],
    "west": [-1, 0],
    "south": [0, -1],
    "new york": [1, 1],
    "-5": [2, 1],
    "[red]a=b": [1, 2],
    "tab\tkey": [1, 3],
    "mañana": [3, 1],
}

Invoke = Callable[..., Result]
Launch = Callable[..., "subprocess.CompletedProcess[str]"]
Watch = Callable[..., str]

# What rich believes rather than the terminal.
OVERRIDING = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
STYLING = re.compile(r"\x1b\[[0-9;]*m")

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def directions(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of a store keyed by text."""
    path = str(tmp_path_factory.mktemp("stores") / "directions.vecs")
    with vecstore.create(path, dim=2, metric="cosine", keys="str", dtype="float32") as store:
        store.add(list(DIRECTIONS), list(DIRECTIONS.values()))
    return path


@pytest.fixture(scope="session")
def numbered(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of a store keyed by integers, one of them negative."""
    path = str(tmp_path_factory.mktemp("stores") / "numbered.vecs")
    with vecstore.create(path, dim=1, metric="euclidean", keys="int", dtype="float32") as store:
        store.add([7, -5, 40], [[0.0], [1.0], [3.0]])
    return path


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Return a function that runs a command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str, piped: str | bytes | None = None) -> Result:
        return CliRunner().invoke(main, arguments, input=piped, prog_name="vecstore")

    return call


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    """Return a function that runs a shell command, in which `vecstore` is the program."""

    def call(command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        program = f'vecstore() {{ "{sys.executable}" -m vecstore "$@"; }}; set -o pipefail\n'
        return subprocess.run(
            ["bash", "-c", program + command],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)} | variables,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return call


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    """Return a function that runs vecstore in a terminal and returns what a person reads."""

    def call(*arguments: str, columns: int = 100, raw: bool = False, **variables: str) -> str:
        here, there = pty.openpty()
        termios.tcsetwinsize(there, (50, columns))
        inherited = {name: value for name, value in os.environ.items() if name not in OVERRIDING}
        process = subprocess.Popen(
            [sys.executable, "-m", "vecstore", *arguments],
            cwd=tmp_path,
            env=inherited | {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color"} | variables,
            stdin=there,
            stdout=there,
            stderr=there,
        )
        os.close(there)
        seen = b"".join(iter(lambda: _read(here), b""))
        os.close(here)
        assert process.wait(timeout=60) == 0, seen.decode()
        if raw:
            return seen.decode()
        text = STYLING.sub("", seen.decode())
        return "".join(f"{line.rstrip()}\n" for line in text.split("\r\n")[:-1])

    return call


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # Linux reports the end of a terminal as an input/output error
        return b""
