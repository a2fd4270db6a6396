"""Write a value as text that stays inside its field of a line."""

import sys
from typing import Any, TextIO

import numpy.typing as npt

from vecstore.terminal import printable

__all__ = ["decimals", "field"]

_ESCAPES = str.maketrans({"\t": "\\t", "\n": "\\n", "\r": "\\r"})


def field(value: object, file: TextIO | None = None) -> str:
    """Return a value as text that cannot break out of its field or steer a terminal."""
    text = str(value)
    return printable(text) if (file or sys.stdout).isatty() else text.translate(_ESCAPES)


def decimals(vector: npt.NDArray[Any]) -> list[str]:
    """Return each value in the fewest digits that read back as the same number."""
    return [str(value) for value in vector]
