"""Files of word pairs that people rated: WordSim-353, SimLex-999, Multi-SimLex and their like."""

import csv
import math
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import NamedTuple

from vecstore.analysis.lines import numbered_lines
from vecstore.errors import IngestError

__all__ = ["Rating", "fields_of", "number_in", "read_ratings"]

_COMMENT = "#"


class Rating(NamedTuple):
    """How similar people find two words.

    Attributes
    ----------
    first, second : str
        The words.
    score : float
        On whatever scale.
    """

    first: str
    second: str
    score: float


def read_ratings(path: str | PathLike[str], column: str | None = None) -> tuple[list[Rating], int]:
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
    ratings : list of Rating
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
    rows = fields_of(path)
    place, wanted = 2, 3
    if column is not None:
        headings = next(rows, [])
        if column not in headings[2:]:
            shown = ", ".join(f'"{name}"' for name in headings[2:]) or "no such headings"
            raise ValueError(f'`column` must be one of those of {path} ({shown}); got "{column}".')
        place, wanted = headings.index(column, 2), len(headings)
    ratings, skipped = [], 0
    for fields in rows:
        score = number_in(fields[place]) if len(fields) == wanted else None
        if score is None:
            skipped += 1
        else:
            ratings.append(Rating(fields[0], fields[1], score))
    if not ratings:
        headings = next(fields_of(path), [])
        hint = f"; pass `column`, one of {', '.join(headings[2:])}" if len(headings) > 3 else ""
        raise IngestError(f"{path} holds no lines of two words and a number{hint}.")
    return ratings, skipped


def fields_of(path: str | PathLike[str]) -> Iterator[list[str]]:
    """Split each line of a table; the first one tells what stands between the fields.

    Parameters
    ----------
    path : path-like
        A text file. Empty lines and comments are left out.

    Yields
    ------
    list of str
        The fields, without spaces around them.
    """
    lines = (line for _, line in numbered_lines(path))
    rows = (line for line in lines if line.strip() and not line.startswith(_COMMENT))
    first = next(rows, None)
    if first is None:
        return
    # Quotes are quotes between commas only: "tab\t'" is two fields.
    separator = "\t" if "\t" in first else "," if "," in first else None
    for line in (first, *rows):
        fields = next(csv.reader([line])) if separator == "," else line.split(separator)
        yield [field.strip() for field in fields]


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
