"""What several test files share."""

import pytest

from vecstore import kernels

# Which engine, and for the native one which instruction set.
CHOICES = ["native-avx512", "native-avx2", "native-scalar", "numba", "reference"]


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
