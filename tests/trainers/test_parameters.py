"""Parameters of trainers: numbers within bounds, seeds, and what JSON can hold."""

import math
from typing import Any

import numpy as np
import pytest

pytest.importorskip("keras")

from vecstore.trainers.parameters import check_number, check_savable, check_seed

pytestmark = pytest.mark.keras


@pytest.mark.parametrize("value", [0.5, np.float32(0.5), 0, np.int64(1)])
def test_a_number_within_bounds_becomes_a_float_of_python(value: Any) -> None:
    checked = check_number(value, "share", least=0, most=1)
    assert type(checked) is float
    assert checked == value


@pytest.mark.parametrize(
    ("value", "bounds", "message"),
    [
        (-1, {"least": 0}, "`x` must be at least 0; got -1."),
        (0, {"above": 0}, "`x` must be above 0; got 0."),
        (math.nan, {"above": 0}, "`x` must be above 0; got nan."),
        (math.inf, {"above": 0}, "`x` must be above 0 and finite; got inf."),
        (1, {"least": 0, "below": 1}, "`x` must be at least 0 and below 1; got 1."),
        (2, {"least": 0, "most": 1}, "`x` must be at least 0 and at most 1; got 2."),
    ],
)
def test_other_numbers_are_refused(value: float, bounds: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        check_number(value, "x", **bounds)
    assert str(caught.value) == message


@pytest.mark.parametrize("value", ["1", None, True, np.True_, 1j, [0.5]])
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match=r"`x` must be a number; got \w+"):
        check_number(value, "x", least=0)


def test_a_seed_is_one_that_all_generators_take() -> None:
    assert check_seed(np.uint32(2**32 - 1)) == 2**32 - 1
    with pytest.raises(ValueError, match="`seed` must be below 4,294,967,296; got 4,294,967,296"):
        check_seed(2**32)
    with pytest.raises(ValueError, match="`seed` must be at least 0; got -1"):
        check_seed(-1)


def test_what_json_cannot_hold_is_named() -> None:
    check_savable({"sizes": [1, 2], "name": None})
    with pytest.raises(TypeError, match=r"`l2` must be something that JSON can hold; got np.float"):
        check_savable({"dim": 3, "l2": np.float32(0.5)})
