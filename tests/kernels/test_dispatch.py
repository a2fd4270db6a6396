"""Which engine and which level computes: names, environment variables, and what is missing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import CHOICES
from vecstore import kernels
from vecstore.arrays import Block

ROOT = Path(__file__).parents[2]

SEARCH = """
import json
import numpy as np
from vecstore import kernels
from vecstore.arrays import Block

rows = np.arange(12, dtype=np.float32).reshape(4, 3) - 5
block = Block(rows, None, 0, None)
found = kernels.engine().search([block], rows[:1], 4, "euclidean")[1]
print(json.dumps({**kernels.build_info(), "rows": found[0].tolist()}))
"""

# As on a machine where the wheel's compiled core cannot be loaded.
WITHOUT_CORE = """
import sys
sys.modules["vecstore._native"] = None
"""


def run(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own, with only these of vecstore's variables set."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("VECSTORE_")}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**inherited, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def native_levels() -> tuple[str, ...]:
    try:
        return kernels.engine("native").levels()
    except ImportError as error:
        pytest.skip(f"the native engine cannot be imported: {error}")


@pytest.mark.parametrize("choice", CHOICES)
def test_the_environment_chooses_engine_and_level(choice: str) -> None:
    name, _, level = choice.partition("-")
    if level and level not in native_levels():
        pytest.skip(f"this CPU has no {level}")
    done = run(SEARCH, VECSTORE_ENGINE=name, VECSTORE_SIMD=level, VECSTORE_THREADS="3")
    assert done.stderr == ""
    info = json.loads(done.stdout)
    assert info["engine"] == name
    assert info["level"] == (level or kernels.engine(name).levels()[0])
    assert info["level"] in info["levels"]
    assert info["threads"] == 3
    assert info["compiler"]
    assert info["rows"] == [0, 1, 2, 3]


def test_native_at_its_best_level_is_the_default() -> None:
    best = native_levels()[0]
    info = json.loads(run(SEARCH).stdout)
    assert (info["engine"], info["level"]) == ("native", best)


def test_levels_are_listed_best_first() -> None:
    order = ["amx", "avx512", "avx2", "scalar"]
    levels = [level for level in native_levels() if level in order]
    assert levels == sorted(levels, key=order.index)
    assert native_levels()[-1] == "scalar"


def test_an_unknown_level_is_an_error_that_lists_the_choices() -> None:
    levels = native_levels()
    done = run(SEARCH, VECSTORE_SIMD="mmx")
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ValueError")
    assert '"mmx"' in last
    assert all(level in last for level in levels)


def test_the_level_of_a_call_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    native_levels()
    from vecstore.kernels import native

    monkeypatch.setenv("VECSTORE_SIMD", "mmx")
    rows = np.eye(3, dtype=np.float32)
    block = Block(rows, None, 0, None)
    found = native.search([block], rows[:1], 1, "dot", level="scalar")[1]
    assert found.tolist() == [[0]]
    with pytest.raises(ValueError, match="scalar"):
        native.search([block], rows[:1], 1, "dot")
    with pytest.raises(ValueError, match="scalar"):
        native.search([block], rows[:1], 1, "dot", level="sse9")


def test_an_unknown_engine_is_an_error_that_lists_the_choices(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ValueError, match=r'`engine` must be one of "native", "numba", "reference"'):
        kernels.engine("cuda")
    monkeypatch.setenv("VECSTORE_ENGINE", "cuda")
    with pytest.raises(ValueError, match=r'`VECSTORE_ENGINE` must be one of .*; got "cuda"\.'):
        kernels.engine()


def test_a_name_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VECSTORE_ENGINE", "cuda")
    assert kernels.engine("reference").NAME == "reference"


@pytest.mark.parametrize("name", kernels.ENGINES)
def test_an_engine_knows_its_name(name: str) -> None:
    if name == "native":
        native_levels()
    assert name == kernels.engine(name).NAME


def test_numba_takes_over_with_one_warning_without_the_compiled_core() -> None:
    done = run(WITHOUT_CORE + SEARCH + "kernels.engine(); kernels.engine()")
    assert done.returncode == 0, done.stderr
    info = json.loads(done.stdout)
    assert info["engine"] == "numba"
    assert info["compiler"].startswith("numba ")
    assert info["rows"] == [0, 1, 2, 3]
    assert done.stderr.count("RuntimeWarning") == 1
    assert "Numba engine takes over" in done.stderr


def test_asking_for_numba_without_the_compiled_core_warns_of_nothing() -> None:
    done = run(WITHOUT_CORE + SEARCH, VECSTORE_ENGINE="numba")
    assert json.loads(done.stdout)["engine"] == "numba"
    assert done.stderr == ""


def test_asking_for_native_without_the_compiled_core_is_an_error() -> None:
    done = run(WITHOUT_CORE + SEARCH, VECSTORE_ENGINE="native")
    assert done.returncode == 1
    assert "ImportError" in done.stderr or "ModuleNotFoundError" in done.stderr


@pytest.mark.parametrize("name", ["native", "reference"])
def test_only_the_numba_engine_imports_numba(name: str) -> None:
    if name == "native":
        native_levels()
    loaded = "import sys; print('numba' in sys.modules)"
    assert run(SEARCH + loaded, VECSTORE_ENGINE=name).stdout.splitlines()[-1] == "False"


def test_the_engine_is_imported_when_first_used() -> None:
    code = "import sys; from vecstore import kernels; print('vecstore._native' in sys.modules)"
    assert run(code).stdout.strip() == "False"
