"""A small store with keys that are hard on a shell, and ways to call the program."""

import os
import subprocess
import sys
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
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])} | variables,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return call
