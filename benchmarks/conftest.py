"""What the benchmarks share: sizes, the machine's limits, a clock, and tables at the end.

Benchmarks are disabled unless pytest is told ``--benchmark-enable``. Then each runs once, on little
data, and is a test of its answer and nothing else.
"""

import os
from collections.abc import Iterator
from unittest import mock

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from rich.console import Console

from benchmarks.machine import Machine, measure
from benchmarks.ours import LEVELS
from benchmarks.stopwatch import Line, Stopwatch, as_table

LINES = pytest.StashKey[list[Line]]()
MACHINE = pytest.StashKey[Machine]()

# Rows to search. 50,000 x 100 float32 are 20 MB, which some caches hold; 300,000 are 120 MB.
ROWS, SMOKE_ROWS = (50_000, 300_000), (2_000,)
SMOKE_SCALE = 1 / 64


def measuring(config: pytest.Config) -> bool:
    return config.getoption("benchmark_enable") or not config.getoption("benchmark_disable")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LINES] = []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "n_rows" in metafunc.fixturenames:
        metafunc.parametrize("n_rows", ROWS if measuring(metafunc.config) else SMOKE_ROWS)
    if "vocabulary" in metafunc.fixturenames:
        metafunc.parametrize("vocabulary", [400_000 if measuring(metafunc.config) else 10_000])


def pytest_terminal_summary(config: pytest.Config) -> None:
    if config.stash[LINES]:
        Console(width=100).print(as_table(config.stash[LINES], config.stash[MACHINE]))


def pytest_benchmark_update_machine_info(
    config: pytest.Config, machine_info: dict[str, object]
) -> None:
    if MACHINE in config.stash:
        machine_info["limits"] = config.stash[MACHINE]._asdict()
    machine_info["levels"] = LEVELS


@pytest.fixture(scope="session")
def machine(pytestconfig: pytest.Config) -> Machine:
    """The limits of this machine, measured before the first benchmark."""
    found = measure(1.0 if measuring(pytestconfig) else SMOKE_SCALE)
    pytestconfig.stash[MACHINE] = found
    return found


@pytest.fixture
def timed(benchmark: BenchmarkFixture, machine: Machine, pytestconfig: pytest.Config) -> Stopwatch:
    """Times a piece of work; see `Stopwatch`."""
    return Stopwatch(benchmark, machine, pytestconfig.stash[LINES])


@pytest.fixture(scope="session")
def full_size(pytestconfig: pytest.Config) -> bool:
    """Whether to measure; otherwise a little data will do."""
    return measuring(pytestconfig)


@pytest.fixture(params=("amx", "avx512", "avx2", "scalar"))
def level(request: pytest.FixtureRequest) -> str:
    """Each level of the native engine; one that this machine lacks is a named skip."""
    if request.param not in LEVELS:
        pytest.skip(f"this CPU, or this build, has no {request.param}")
    return request.param


@pytest.fixture(autouse=True)
def _environment_stays_as_it_was() -> Iterator[None]:
    with mock.patch.dict(os.environ):
        yield
