"""Files of word pairs that people rated: WordSim-353, SimLex-999, Multi-SimLex and the like."""

import csv
import math
from collections.abc import Iterable
from itertools import compress
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.analysis.word_tests.lines import read_lines
from vecstore.errors import IngestError

__all__ = ["Ratings", "fields_of", "number_in", "read_ratings"]

_COMMENT = "#"


class Ratings(NamedTuple):
    """Word pairs with people's ratings of their similarity."""

    first: list[str]
    second: list[str]
    scores: npt.NDArray[np.float64]  # (n,), on any scale


def read_ratings(path: str | PathLike[str], column: str | None = None) -> tuple[Ratings, int]:
    """Read pairs of words with a number; return them, and the number of lines that are not a pair.

    Fields are separated by tabs, commas or spaces. `column` is the heading of the numbers, if there
    are several columns. Raises ValueError if there is no such column, IngestError if no pair.
    """
    path = Path(path)
    rows = fields_of(read_lines(path))
    headings = rows[0] if rows else []
    place, wanted = 2, 3
    if column is not None:
        if column not in headings[2:]:
            shown = ", ".join(f'"{name}"' for name in headings[2:]) or "no such headings"
            raise ValueError(f'`column` must be one of those of {path} ({shown}); got "{column}".')
        place, wanted, rows = headings.index(column, 2), len(headings), rows[1:]
    numbers = [number_in(row[place]) if len(row) == wanted else None for row in rows]
    known = [number is not None for number in numbers]
    if not any(known):
        hint = f"; pass `column`, one of {', '.join(headings[2:])}" if len(headings) > 3 else ""
        raise IngestError(f"{path} holds no lines of two words and a number{hint}.")
    ratings = Ratings(
        [row[0] for row in compress(rows, known)],
        [row[1] for row in compress(rows, known)],
        np.array(list(compress(numbers, known)), np.float64),
    )
    return ratings, len(rows) - len(ratings.first)


def fields_of(lines: Iterable[str]) -> list[list[str]]:
    """Split the lines of a table, without comments; the first line tells the separator."""
    rows = [line for line in lines if not line.startswith(_COMMENT)]
    first = rows[0] if rows else ""
    if "\t" in first:
        return [[field.strip() for field in row.split("\t")] for row in rows]
    if "," in first:
        # Quotes have a meaning between commas only: "tab\t'" is two fields. No field spans lines.
        return [[field.strip() for field in next(csv.reader([row]))] for row in rows]
    return [row.split() for row in rows]


def number_in(field: str) -> float | None:
    """Return the number in a field, or None."""
    try:
        number = float(field)
    except ValueError:
        return None
    # "nan" and "inf" may be words.
    return number if math.isfinite(number) else None
