"""Files of word pairs that people rated: WordSim-353, SimLex-999, Multi-SimLex and their like."""

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
    """How similar people find words.

    Attributes
    ----------
    first, second : list of n str
        The words of each pair.
    scores : ndarray of float64, shape (n,)
        On whatever scale.
    """

    first: list[str]
    second: list[str]
    scores: npt.NDArray[np.float64]


def read_ratings(path: str | PathLike[str], column: str | None = None) -> tuple[Ratings, int]:
    """Read pairs of words with a number each.

    Parameters
    ----------
    path : path-like
        Lines of two words and a number, between tabs, commas or spaces; those that begin with
        ``#`` are comments.
    column : str or None
        For a table of more columns: the heading of the one with the numbers. The first two columns
        are the words.

    Returns
    -------
    ratings : Ratings
        In the order of the file.
    skipped : int
        Lines that are none of this; a line of headings is one.

    Raises
    ------
    ValueError
        If the table has no column of that name.
    IngestError
        If there is no pair at all.
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
    """Split each line of a table; the first one tells what stands between the fields.

    Parameters
    ----------
    lines : iterable of str
        Not empty. Comments are left out.

    Returns
    -------
    list of list of str
        The fields of each line, without spaces around them.
    """
    rows = [line for line in lines if not line.startswith(_COMMENT)]
    first = rows[0] if rows else ""
    if "\t" in first:
        return [[field.strip() for field in row.split("\t")] for row in rows]
    if "," in first:
        # Quotes are quotes between commas only: "tab\t'" is two fields. None leads to a next line.
        return [[field.strip() for field in next(csv.reader([row]))] for row in rows]
    return [row.split() for row in rows]


def number_in(field: str) -> float | None:
    """Return the number that a field holds, or None.

    Parameters
    ----------
    field : str
        Text.

    Returns
    -------
    float or None
        As Python reads it; None for what is not finite, because "nan" and "inf" may be words.
    """
    try:
        number = float(field)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
