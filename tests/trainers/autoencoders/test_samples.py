"""Samples for autoencoders: what is taken, and how it is scaled."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("keras")

from vecstore.trainers.autoencoders.samples import as_samples, check_unit_range, scaled

pytestmark = pytest.mark.keras


def test_bytes_are_scaled_and_everything_else_is_not() -> None:
    assert scaled(np.array([[0, 51, 255]], np.uint8)).tolist() == [[0, np.float32(0.2), 1]]
    assert scaled(np.array([[True, False]])).tolist() == [[1, 0]]
    assert scaled(np.array([[3.5, -2]])).tolist() == [[3.5, -2]]
    assert scaled(np.zeros((1, 2), np.float64)).dtype == np.float32


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ([["a"]], TypeError, "`data` must be numbers; got dtype <U1."),
        ([1.0, 2.0], ValueError, r"must have rows of at least one number; got \(2,\)."),
        (np.zeros((0, 3)), ValueError, r"at least one number; got \(0, 3\)."),
        ([[0.0], [np.nan]], ValueError, "`data` must be finite; row 1 holds NaN or infinity."),
        (np.zeros((2, 4)), ValueError, r"`data` must have shape \(n, 3\); got \(2, 4\)."),
    ],
)
def test_what_no_network_can_take_is_refused(data: Any, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        as_samples(data, "data", shape=(3,) if np.shape(data) == (2, 4) else None)


def test_values_that_no_sigmoid_reaches_are_refused() -> None:
    check_unit_range(np.array([[0.0, 1.0]]), "data")
    check_unit_range(np.array([[0, 255]], np.uint8), "data")
    with pytest.raises(ValueError, match=r"divided by 255; got values from -1 to 16\."):
        check_unit_range(np.array([[-1.0, 16.0]]), "data")
