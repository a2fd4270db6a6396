"""Whether the rows of a segment are what the format says: keys, vectors, and what is derived."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Rows
from vecstore.storage.attributes import read_attributes
from vecstore.storage.checks.codes import CODE_BLOCK, check_codes
from vecstore.storage.checks.problems import Problem, guarded
from vecstore.storage.columns import Column, wider
from vecstore.storage.keys.strings import PackedStrings
from vecstore.storage.segments.segment import Segment

__all__ = ["check_column", "check_finite", "check_segment"]

# Keys decoded at a time, and values converted to float64 at a time.
_KEYS = 1 << 16
_VALUES = 1 << 20
# Rows for which norms and codes are checked, evenly spread, unless the check is full.
_SAMPLE = 4096

# float32: the relative size of its last place, and its smallest positive value.
_LAST_PLACE = 2.0**-23
_TINIEST = float(np.finfo(np.float32).smallest_subnormal)


def check_segment(
    segment: Segment, schema: Mapping[str, str] | None, full: bool
) -> Iterator[Problem]:
    """Find what is wrong with the content of a mapped segment.

    `schema` maps columns to kinds; None accepts any. `full` computes norms and codes of all rows.
    """
    path = segment.path
    yield from guarded(path, _check_keys(segment))
    yield from guarded(path, check_finite(path, segment.vectors, segment.metric == "cosine"))
    for rows in _steps(segment.n, segment.dim, full):
        yield from guarded(path, _check_norms(segment, rows))
        if segment.codes:
            found = check_codes(path, segment.codes, segment.vectors, segment.metric, rows)
            yield from guarded(path, found)
    yield from guarded(path, _check_attributes(segment, schema))


def check_finite(
    path: Path, vectors: npt.NDArray[np.floating], refuse_zero: bool
) -> Iterator[Problem]:
    """Find vectors that no store takes, at most one of each sort."""
    bad: dict[str, int] = {}
    step = max(1, _VALUES // vectors.shape[1])
    for start in range(0, len(vectors), step):
        some = vectors[start : start + step]
        wrong = {"is not finite": ~np.isfinite(some).all(axis=1)}
        if refuse_zero:
            with np.errstate(invalid="ignore"):  # a signaling NaN would warn here
                wrong["is zero"] = ~some.any(axis=1)
        for what, rows in wrong.items():
            if rows.any():
                bad.setdefault(what, start + int(np.argmax(rows)))
    for what, row in bad.items():
        yield Problem(path, f"the vector of row {row} {what}")


def _check_keys(segment: Segment) -> Iterator[Problem]:
    """Find keys that the key table does not lead to their rows."""
    for start in range(0, segment.n, _KEYS):
        rows = np.arange(start, min(start + _KEYS, segment.n))
        found = segment.keys.find(segment.keys.take(rows))
        if (lost := found != rows).any():
            row = int(np.argmax(lost))
            place = f"at row {found[row]}" if found[row] >= 0 else "nowhere"
            yield Problem(segment.path, f"the key of row {rows[row]} is found {place}")
            return


def _steps(n: int, dim: int, full: bool) -> Iterator[Rows]:
    """Yield ascending rows in whole blocks: all of them, or a sample."""
    size = max(1, _VALUES // dim // CODE_BLOCK) * CODE_BLOCK
    if full or n <= _SAMPLE:
        for start in range(0, n, size):
            yield np.arange(start, min(start + size, n))
        return
    blocks = np.linspace(0, (n - 1) // CODE_BLOCK, _SAMPLE // CODE_BLOCK).astype(np.int64)
    rows = (blocks[:, None] * CODE_BLOCK + np.arange(CODE_BLOCK)).reshape(-1)
    rows = rows[rows < n]
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _check_norms(segment: Segment, rows: Rows) -> Iterator[Problem]:
    if segment.inverse_norms is None:
        return
    with np.errstate(all="ignore"):  # damaged vectors may hold anything
        x = segment.vectors[rows].astype(np.float64)
        wanted = 1 / np.sqrt(np.einsum("ij,ij->i", x, x))
        rounded = wanted.astype(np.float32)
        found = segment.inverse_norms[rows]
        close = np.abs(found - wanted) <= wanted * _LAST_PLACE + _TINIEST
    wrong = ~(close | (found == rounded))
    if wrong.any():
        row = int(np.argmax(wrong))
        what = f'"inverse_norms" of row {rows[row]}'
        yield Problem(segment.path, what, str(rounded[row]), str(found[row]))


def _check_attributes(segment: Segment, schema: Mapping[str, str] | None) -> Iterator[Problem]:
    columns = read_attributes(segment.arrays, segment.n, segment.path)
    for name, column in columns.items():
        wanted = column.kind if schema is None else schema.get(name, "no such column")
        if wider(wanted, column.kind) != wanted:
            yield Problem(segment.path, f'the type of column "{name}"', wanted, column.kind)
        yield from guarded(segment.path, check_column(segment.path, name, column))


def check_column(path: Path, name: str, column: Column) -> Iterator[Problem]:
    """Find values that a column of its kind cannot hold; CorruptStoreError if text is not UTF-8."""
    if column.valid is not None and column.valid.max(initial=0) > 1:
        yield Problem(path, f'"valid" of column "{name}" is not all 0 and 1')
    if isinstance(column.values, PackedStrings):
        column.values.content()
        for start in range(0, len(column), _KEYS):
            column.values.take(np.arange(start, min(start + _KEYS, len(column))))
    elif column.kind == "bool" and column.values.max(initial=0) > 1:
        yield Problem(path, f'column "{name}" is not all 0 and 1')
