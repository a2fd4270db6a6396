"""What tests, doctests and benchmarks share."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent / "vecstore"
EXTRAS = ("keras", "matplotlib", "sklearn")

# Modules that cannot be imported for their doctests where an extra is not installed.
collect_ignore = [
    str(path)
    for path in PACKAGE.rglob("*.py")
    for extra in EXTRAS
    if re.search(rf"^(import|from) {extra}\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    and find_spec(extra) is None
]
# Part of ann-benchmarks, where it is copied to.
collect_ignore.append("benchmarks/ann_benchmarks/module.py")
KERNELS = PACKAGE / "kernels"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--runslow", action="store_true", help="run the tests marked slow")


def pytest_configure() -> None:
    """Forget compiled Numba functions that are older than a source file of the engine.

    Numba compares a cached function with its own file only. A function of another file that was
    compiled into it may have changed since.
    """
    newest = max(path.stat().st_mtime for path in KERNELS.rglob("*.py"))
    for path in KERNELS.rglob("__pycache__/*.nb[ic]"):
        if path.stat().st_mtime < newest:
            path.unlink(missing_ok=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--runslow"):
        for item in items:
            if "slow" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="slow: runs with --runslow"))


@pytest.fixture(autouse=True)
def _doctests_write_to_a_folder_of_their_own(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if isinstance(request.node, pytest.DoctestItem):
        monkeypatch.chdir(request.getfixturevalue("tmp_path"))
