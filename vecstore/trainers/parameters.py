"""Checks of trainer parameters: numbers within bounds, and values that JSON can hold."""

import json
import operator
from collections.abc import Mapping
from math import isfinite
from typing import Any

import numpy as np

from vecstore.arrays import check_count

__all__ = ["check_number", "check_savable", "check_seed"]

SEEDS = 1 << 32  # the limit of NumPy's older generator and of scikit-learn


def check_number(
    value: object,
    name: str,
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    below: float | None = None,
) -> float:
    """Return `value` as a Python float if it is a finite number within the bounds; a bool is none.

    >>> check_number(1, "dropout", least=0, below=1)
    Traceback (most recent call last):
    ValueError: `dropout` must be at least 0 and below 1; got 1.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"`{name}` must be a number; got {type(value).__name__}.")
    number = float(value)
    bounds = [
        (words, holds, bound)
        for words, holds, bound in (
            ("at least", operator.ge, least),
            ("above", operator.gt, above),
            ("at most", operator.le, most),
            ("below", operator.lt, below),
        )
        if bound is not None
    ]
    if not isfinite(number) or not all(holds(number, bound) for _, holds, bound in bounds):
        wanted = " and ".join(f"{words} {bound}" for words, _, bound in bounds)
        infinite = " and finite" if number == float("inf") else ""
        raise ValueError(f"`{name}` must be {wanted}{infinite}; got {value}.")
    return number  # Python's own float, which JSON can hold


def check_seed(seed: object) -> int:
    """Return `seed` if every random number generator accepts it."""
    checked = check_count(seed, "seed", least=0)
    if checked >= SEEDS:
        raise ValueError(f"`seed` must be below {SEEDS:,}; got {checked:,}.")
    return checked


def check_savable(parameters: Mapping[str, Any]) -> None:
    """Raise TypeError now for parameters that `Trainer.save` could not write as JSON later."""
    for name, value in parameters.items():
        try:
            json.dumps(value)
        except TypeError as error:
            raise TypeError(
                f"`{name}` must be something that JSON can hold; got {value!r}."
            ) from error
