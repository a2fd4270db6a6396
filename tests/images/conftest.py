"""Images to test with: those that come with the package, and odd ones made on the spot."""

from pathlib import Path

import pytest

FRUIT = Path(__file__).parents[2] / "vecstore" / "data" / "images"


@pytest.fixture
def fruit() -> Path:
    """A folder with eight photographs in each of three folders."""
    return FRUIT


@pytest.fixture
def lime() -> Path:
    """One photograph of 96 x 96 pixels."""
    return FRUIT / "Lime" / "Lime_001.jpg"
