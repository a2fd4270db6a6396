"""What several test files share: every engine and level, and seeded random numbers."""

import os
import zlib

import numpy as np
import pytest

from vecstore import kernels
from vecstore.kernels.contract import Engine

# Which engine, and for the native one which instruction set.
CHOICES = ["native-amx", "native-avx512", "native-avx2", "native-scalar", "numba", "reference"]
# For tests that compare with the reference, which would only agree with itself.
FAST_CHOICES = [choice for choice in CHOICES if choice != "reference"]


@pytest.fixture(params=CHOICES)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Runs the test with every engine and level; one that this machine lacks is a named skip."""
    name, _, level = request.param.partition("-")
    try:
        levels = kernels.engine(name).levels()
    except ImportError as error:
        pytest.skip(f"the {name} engine cannot be imported: {error}")
    if level and level not in levels:
        pytest.skip(f"this CPU has no {level}")
    monkeypatch.setenv("VECSTORE_ENGINE", name)
    if level:
        monkeypatch.setenv("VECSTORE_SIMD", level)
    return str(request.param)


@pytest.fixture
def kernel(engine: str) -> Engine:
    """The kernels of every engine, at every level."""
    return kernels.engine()


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """Random numbers that differ from test to test and repeat from run to run.

    ``VECSTORE_SEED`` replaces the seed, which is printed with a failure.
    """
    seed = int(os.environ.get("VECSTORE_SEED", zlib.crc32(request.node.nodeid.encode())))
    print(f"VECSTORE_SEED={seed}")
    return np.random.default_rng(seed)
