"""Real data that lie beside a checkout, or do not: users' clones have none."""

from pathlib import Path

import pytest

_DATA = Path(__file__).parents[2] / "shared" / "data"


def real(name: str) -> Path:
    """Return the path of real data, or skip the test by its name."""
    path = _DATA / name
    if not path.exists():
        pytest.skip(f"{path.name} is not in {path.parent}")
    return path
