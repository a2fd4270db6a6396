"""Writers of text: vectors as decimals, keys as lines."""

from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from vecstore.ingest.lines import is_number
from vecstore.ingest.rows import Rows

__all__ = [
    "fits_label",
    "fits_line",
    "write_glove",
    "write_keys",
    "write_numbers",
    "write_word2vec_text",
]


def fits_line(key: str) -> bool:
    r"""Return whether a key before numbers on a line can be told from them.

    Examples
    --------
    >>> [fits_line(key) for key in ("New York", "2010", "Apollo 11", "", "a\nb", " a")]
    [True, True, False, False, False, False]
    """
    if not fits_label(key) or key.strip(" \t\r") != key or not key:
        return False
    fields = key.replace("\t", " ").split(" ")
    return len(fields) == 1 or not is_number(fields[-1].encode())


def fits_label(key: str) -> bool:
    """Return whether a key can stand alone on a line."""
    return "\n" not in key and not key.endswith("\r") and not key.startswith("\ufeff")


def write_glove(rows: Rows, path: Path) -> None:
    """Write lines of a key and numbers."""
    with path.open("wb") as file:
        _write_lines(rows, file)


def write_word2vec_text(rows: Rows, path: Path) -> None:
    """Write the number of rows and of dimensions, then lines of a key and numbers."""
    with path.open("wb") as file:
        file.write(b"%d %d\n" % (rows.n, rows.dim))
        _write_lines(rows, file)


def write_numbers(rows: Rows, path: Path) -> None:
    """Write lines of numbers, with tabs between them."""
    with path.open("wb") as file:
        for _, vectors in rows.batches():
            _write_csv(None, vectors, file, "\t")


def write_keys(rows: Rows, path: Path) -> None:
    """Write keys, one a line."""
    with path.open("wb") as file:
        for keys, _ in rows.texts(fits_label):
            file.writelines(f"{key}\n".encode() for key in keys)


def _write_lines(rows: Rows, file: BinaryIO) -> None:
    for keys, vectors in rows.texts(fits_line):
        _write_csv(keys, vectors, file, " ")


def _write_csv(
    keys: list[str] | None, vectors: npt.NDArray[np.floating], file: BinaryIO, separator: str
) -> None:
    import polars as pl

    frame = pl.DataFrame(vectors.astype(np.float32, copy=False))
    if keys is not None:
        frame.insert_column(0, pl.Series("key", keys, pl.String))
    # Writes floats in the shortest decimals that stand for them and for no others.
    frame.write_csv(file, include_header=False, separator=separator, quote_style="never")
