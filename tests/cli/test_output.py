"""Fields that stay in their line, and numbers that read back."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vecstore.cli.output import decimals, field


@given(st.text())
def test_field_never_breaks_its_line(text: str) -> None:
    written = field(text)
    assert not set(written) & set("\t\n\r")
    assert written == text or set(text) & set("\t\n\r")


@given(st.lists(st.floats(width=32, allow_nan=False)))
def test_float32_reads_back_from_its_decimals(values: list[float]) -> None:
    vector = np.array(values, np.float32)
    assert np.array_equal(np.array([np.float32(text) for text in decimals(vector)]), vector)


def test_decimals_are_the_shortest() -> None:
    assert decimals(np.array([0.1, -3, 1e-10], np.float32)) == ["0.1", "-3.0", "1e-10"]
    assert decimals(np.array([0.1], np.float16)) == ["0.1"]
