"""Writers of text: vectors as decimals, keys as lines."""

import re
import warnings
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from vecstore.forks import check_polars
from vecstore.ingest.text.parsing import is_number
from vecstore.ingest.writers.rows import Rows

__all__ = [
    "fits_label",
    "fits_line",
    "write_glove",
    "write_keys",
    "write_numbers",
    "write_word2vec_text",
]

_BLANK = re.compile(r"\s")


def fits_line(key: str) -> bool:
    r"""Return whether a key can be told from the numbers that follow it on its line.

    >>> [fits_line(key) for key in ("New York", "2010", "Apollo 11", "", "a\nb", " a")]
    [True, True, False, False, False, False]
    """
    if not fits_label(key) or key.strip(" \t\r") != key or not key:
        return False
    fields = key.replace("\t", " ").split(" ")
    return len(fields) == 1 or not is_number(fields[-1].encode())


def fits_label(key: str) -> bool:
    """Return whether a key can stand alone on a line."""
    return "\n" not in key and "\r" not in key and not key.startswith("\ufeff")


def write_glove(rows: Rows, path: Path) -> None:
    """Write lines of a key and numbers."""
    _check_rows(rows)
    with path.open("wb") as file:
        _write_lines(rows, file)


def write_word2vec_text(rows: Rows, path: Path) -> None:
    """Write a line "rows dim", then lines of a key and numbers."""
    with path.open("wb") as file:
        file.write(b"%d %d\n" % (rows.n, rows.dim))
        _write_lines(rows, file)


def write_numbers(rows: Rows, path: Path) -> None:
    """Write lines of numbers, separated by tabs."""
    _check_rows(rows)
    with path.open("wb") as file:
        for _, vectors in rows.batches():
            _write_csv(None, vectors, file, "\t")


def write_keys(rows: Rows, path: Path) -> None:
    """Write one key per line."""
    with path.open("wb") as file:
        for keys, _ in rows.texts(fits_label):
            file.writelines(f"{key}\n".encode() for key in keys)


def _write_lines(rows: Rows, file: BinaryIO) -> None:
    spaced = None
    for keys, vectors in rows.texts(fits_line):
        if spaced is None and (spaced := next(filter(_BLANK.search, keys), None)):
            _warn(spaced)
        _write_csv(keys, vectors, file, " ")


def _warn(key: str) -> None:
    warnings.warn(
        f'Key "{key}" holds a blank: vecstore reads it again, but gensim and most other programs '
        f"take what follows the blank for a number. Replace blanks in keys, or use "
        f'format="parquet".',
        UserWarning,
        stacklevel=2,
    )


def _check_rows(rows: Rows) -> None:
    if not rows.n:
        raise ValueError(
            f"A store without rows cannot be written as {rows.format}, whose dimension its lines "
            f'tell. Use format="word2vec-text".'
        )


def _write_csv(
    keys: list[str] | None, vectors: npt.NDArray[np.floating], file: BinaryIO, separator: str
) -> None:
    check_polars()
    import polars as pl

    frame = pl.DataFrame(vectors.astype(np.float32, copy=False))
    if keys is not None:
        frame.insert_column(0, pl.Series("key", keys, pl.String))
    # Polars writes the shortest decimals that stand for each float and for no other.
    frame.write_csv(file, include_header=False, separator=separator, quote_style="never")
