"""Fields that stay in their line, and numbers that read back."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecstore.cli.fields import decimals, field
from vecstore.cli.output import Style, write_objects, write_record


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


@pytest.mark.parametrize("style", ["json", "jsonl"])
def test_json_has_null_where_a_number_is_not_finite(
    style: Style, capsys: pytest.CaptureFixture[str]
) -> None:
    shares = {"all": np.float32("nan"), "none": [1.5, float("-inf")]}
    write_record({"shares": shares, "path": Path("a"), "rows": np.int64(3)}, style)
    write_objects(iter([{"spearman": np.float64("nan")}, {"spearman": 0.5}]), style)

    def refuse(text: str) -> None:
        raise AssertionError(f"{text} is no JSON")

    lines = [
        json.loads(line, parse_constant=refuse) for line in capsys.readouterr().out.split("\n")[:-1]
    ]
    record, *objects = lines
    assert record == {"shares": {"all": None, "none": [1.5, None]}, "path": "a", "rows": 3}
    assert (objects[0] if style == "json" else objects) == [{"spearman": None}, {"spearman": 0.5}]
