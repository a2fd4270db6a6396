"""What the parameters of trainers may be: numbers within bounds, and what JSON can hold."""

import json
import operator
from collections.abc import Mapping
from math import isfinite
from typing import Any

import numpy as np

from vecstore.arrays import check_count

__all__ = ["check_number", "check_savable", "check_seed"]

SEEDS = 1 << 32  # as many as NumPy's older generator and scikit-learn know


def check_number(
    value: object,
    name: str,
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    below: float | None = None,
) -> float:
    """Return `value` as a float if it is a finite number within the bounds.

    Parameters
    ----------
    value : float or int
        Python's or NumPy's; a bool is not a number.
    name : str
        The caller's argument, for the error.
    least, above, most, below : float or None
        Bounds, one or more; `least` and `most` are allowed themselves.

    Returns
    -------
    float
        Python's own, which JSON can hold.

    Raises
    ------
    TypeError
        If it is not a real number.
    ValueError
        If it is not finite, or out of bounds.

    Examples
    --------
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
    return number


def check_seed(seed: object) -> int:
    """Return `seed` if all generators of random numbers take it.

    Parameters
    ----------
    seed : int
        From 0, below 2**32.

    Returns
    -------
    int
        The same.

    Raises
    ------
    TypeError
        If it is not an integer.
    ValueError
        If it is out of range.
    """
    checked = check_count(seed, "seed", least=0)
    if checked >= SEEDS:
        raise ValueError(f"`seed` must be below {SEEDS:,}; got {checked:,}.")
    return checked


def check_savable(parameters: Mapping[str, Any]) -> None:
    """Refuse what `Trainer.save` could not write after the training.

    Parameters
    ----------
    parameters : mapping of str to value
        Of a trainer.

    Raises
    ------
    TypeError
        If JSON cannot hold one.
    """
    for name, value in parameters.items():
        try:
            json.dumps(value)
        except TypeError as error:
            raise TypeError(
                f"`{name}` must be something that JSON can hold; got {value!r}."
            ) from error
