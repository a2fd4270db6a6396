"""One value as text that stays inside its field."""

import sys
from typing import Any, TextIO

import numpy.typing as npt

from vecstore.terminal import printable

__all__ = ["decimals", "field"]

_ESCAPES = str.maketrans({"\t": "\\t", "\n": "\\n", "\r": "\\r"})


def field(value: object, file: TextIO | None = None) -> str:
    """Write a value so that it stays inside its field, and a terminal only shows it."""
    text = str(value)
    return printable(text) if (file or sys.stdout).isatty() else text.translate(_ESCAPES)


def decimals(vector: npt.NDArray[Any]) -> list[str]:
    """Write the values in the fewest digits that read back as the same numbers."""
    return [str(value) for value in vector]
