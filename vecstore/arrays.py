"""Checks and conversions of the arrays that callers pass in, and the only copies made of them.

Python validates, engines trust: whatever a caller passes is checked and converted here. An engine
gets C-order rows of float32 or float16 and does not check them again.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = [
    "DTYPES",
    "MOST_DIM",
    "MOST_THREADS",
    "Block",
    "Codes",
    "Exclusions",
    "Progress",
    "Rows",
    "as_groups",
    "as_mask",
    "as_queries",
    "as_vectors",
    "as_words",
    "check_count",
    "check_dtype",
    "check_rows",
]

#: Dtypes in which vectors are stored and scanned.
DTYPES = ("float32", "float16")

#: More threads than any machine has are a mistake, and a system runs out long before 2**31.
MOST_THREADS = 4096
#: HDF5 readers and kernels of other programs count offsets within a row in 32 bits.
MOST_DIM = 2**31 - 1
# The largest count that engines, files and NumPy can hold.
_MOST = 2**63 - 1

#: Row numbers.
Rows = npt.NDArray[np.int64]
#: ``progress(done, total)``, called as work goes on; the total is None while it is unknown.
Progress = Callable[[int, int | None], None]
#: Global rows that may not answer query i: ``rows[offsets[i]:offsets[i + 1]]``, all int64.
Exclusions = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]

# Values checked at a time: the boolean temporaries of one step stay in the processor's cache.
_CHECKED_VALUES = 1 << 18


class Codes(NamedTuple):
    """Rows encoded in 8 bits per value, with bounds on how far off each row is.

    A code u stands for ``scale * (u - 128)``. The codes of a row approximate its vector (scaled to
    unit length under cosine) minus the center.
    """

    # (n, 4 * ceil(dim / 4)), padded with 128, which stands for zero. Codes are offset by 128
    # because VNNI multiplies unsigned by signed integers.
    codes: npt.NDArray[np.uint8]
    # (ceil(n / 16), 3): scale, largest error, and largest length plus error, of 16 rows each.
    bounds: npt.NDArray[np.float32]
    # (n,): upper bound on the distance of a row from its codes; inf if it has no usable codes.
    errors: npt.NDArray[np.float32]
    norms: npt.NDArray[np.float32]  # (n,): lengths of the rows minus the center
    center: npt.NDArray[np.float32]  # (dim,): subtracted from every row


class Block(NamedTuple):
    """What an engine scans: the rows of one segment."""

    # (n, dim), float32 or float16 in C order; may be mapped and read-only.
    vectors: npt.NDArray[Any]
    inverse_norms: npt.NDArray[np.float32] | None  # (n,): 1 / |x|, under cosine only
    first_row: int  # the number of row 0 in the whole snapshot: its *global* row
    # (ceil(n / 64),): row r may answer if bit r % 64 of word r // 64 is set; None: every row may.
    mask: npt.NDArray[np.uint64] | None
    codes: Codes | None = None  # of the same rows, for the path "codes"


def check_count(value: object, name: str, least: int = 1, most: int = _MOST) -> int:
    """Return `value` as an int from `least` to `most`; a bool is not a count."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        raise TypeError(f"`{name}` must be an integer; got {type(value).__name__}.")
    if value < least:
        raise ValueError(f"`{name}` must be at least {least}; got {_shown(int(value))}.")
    if value > most:
        raise ValueError(f"`{name}` must be at most {most}; got {_shown(int(value))}.")
    return int(value)


def _shown(number: int) -> str:
    """Write a number that may have more digits than Python prints, or than a reader can use."""
    return str(number) if abs(number) < 10**40 else f"one of {number.bit_length()} bits"


def check_dtype(dtype: npt.DTypeLike) -> np.dtype[Any]:
    """Return `dtype` in native byte order; raises ValueError unless it is float32 or float16."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = None
    if found is None or found.name not in DTYPES:
        shown = dtype if found is None else found.name
        raise ValueError(f'`dtype` must be one of "float32", "float16"; got "{shown}".')
    return found.newbyteorder("=")


def as_vectors(
    vectors: npt.ArrayLike, dim: int | None, dtype: npt.DTypeLike, name: str = "vectors"
) -> npt.NDArray[Any]:
    """Return `vectors` as C-order rows of `dtype`, shape (n, dim); copy them only if necessary.

    Raises TypeError unless the values are real numbers, and ValueError for a wrong shape or a value
    that does not fit `dtype`. A `dim` of None accepts any length of row.
    """
    given = _as_numbers(vectors, name)
    if given.ndim != 2 or given.shape[1] != (given.shape[1] if dim is None else dim):
        wanted = "(n, dim)" if dim is None else f"(n, {dim})"
        raise ValueError(f"`{name}` must have shape {wanted}; got {given.shape}.")
    if given.shape[1] == 0:
        raise ValueError(f"`{name}` must have at least one column; got shape {given.shape}.")
    return _converted(given, np.dtype(dtype), name)


def as_queries(
    queries: npt.ArrayLike, dim: int, metric: object, name: str = "queries"
) -> tuple[npt.NDArray[np.float32], bool]:
    """Return `queries` as finite float32 rows, (n, dim), and whether one query came as (dim,).

    Raises as `as_vectors` does. Under cosine a zero query, which has no direction, is a ValueError.
    """
    given = _as_numbers(queries, name)
    if given.ndim not in (1, 2) or given.shape[-1] != dim:
        raise ValueError(f"`{name}` must have shape (dim,) or (n, {dim}); got {given.shape}.")
    rows = _converted(np.atleast_2d(given), np.dtype(np.float32), name)
    check_rows(rows, metric, name)
    return rows, given.ndim == 1


def as_groups(sizes: Iterable[int], rows: Rows) -> tuple[Rows, Rows]:
    """Return (offsets, rows), where ``rows[offsets[i]:offsets[i + 1]]`` are the rows of group i."""
    return np.concatenate(([0], np.cumsum(list(sizes), dtype=np.int64))), rows


def as_mask(where: npt.ArrayLike, n: int, name: str = "where") -> npt.NDArray[np.bool_]:
    """Return `where` as n booleans, one per row; masked ones are False."""
    mask = np.asarray(np.ma.filled(where, False) if np.ma.isMaskedArray(where) else where)
    if mask.dtype != np.bool_ and mask.size:  # row numbers are easily mistaken for a mask
        raise TypeError(f"`{name}` must be booleans; got dtype {mask.dtype}.")
    if mask.shape != (n,):
        raise ValueError(f"`{name}` must have shape ({n},), one for each row; got {mask.shape}.")
    return mask.astype(np.bool_, copy=False)


def as_words(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint64]:
    """Pack n booleans into ceil(n / 64) words: bit ``r % 64`` of word ``r // 64`` is row r."""
    octets = np.zeros(-(-len(mask) // 64) * 8, np.uint8)
    octets[: -(-len(mask) // 8)] = np.packbits(mask, bitorder="little")
    return octets.view("<u8").astype(np.uint64, copy=False)


def check_rows(
    vectors: npt.NDArray[Any],
    metric: object,
    name: str = "vectors",
    keys: Sequence[object] | npt.NDArray[Any] | None = None,
) -> None:
    """Raise ValueError for the first row that is not finite, or is zero under cosine."""
    if len(vectors) == 1:  # a query: its float64 sum of squares, which cannot overflow, tells
        with np.errstate(invalid="ignore"):  # a signalling NaN is reported below, not as a warning
            row = vectors[0].astype(np.float64)
        if 0 < row @ row < math.inf:
            return
    step = max(1, _CHECKED_VALUES // max(1, vectors.shape[1]))
    for start in range(0, len(vectors), step):
        group = vectors[start : start + step]
        finite = np.isfinite(group)
        if not finite.all():
            row, column = np.argwhere(~finite)[0]
            which = _named_row(start + int(row), keys)
            raise ValueError(f"`{name}` must be finite; {which} holds {group[row, column]}.")
        if metric == "cosine" and not (filled := group.any(axis=1)).all():
            which = _named_row(start + int(np.argmin(filled)), keys)
            raise ValueError(f"`{name}` must be nonzero under cosine; {which} is all zeros.")


def _as_numbers(values: Any, name: str) -> npt.NDArray[Any]:
    _refuse_masked(values, name)
    if hasattr(values, "to_pylist"):  # an Arrow array
        values = values.to_pylist()
    try:
        given = np.asarray(values)
        nested = (
            hasattr(row, "__len__") and not isinstance(row, str | bytes) for row in given.flat
        )
        if given.dtype == object and given.size and given.ndim == 1 and all(nested):
            _refuse_masked(list(given), name)
            given = np.asarray(list(given))  # a column of a frame
        if given.dtype.name == "bfloat16":
            given = given.astype(np.float32)
    except ValueError:
        raise ValueError(f"`{name}` must be rectangular; got rows of different lengths.") from None
    if given.dtype.kind not in "fiub" and given.size:
        raise TypeError(f"`{name}` must be numeric; got dtype {given.dtype}.")
    return given


def _refuse_masked(values: Any, name: str) -> None:
    """Refuse masked arrays, also within a list: NumPy would use the values under the mask."""
    rows = values if isinstance(values, list | tuple) else [values]
    for row, one in enumerate(rows):
        if np.ma.isMaskedArray(one) and np.ma.is_masked(one):
            place = np.argwhere(np.ma.getmaskarray(one))[0].tolist()
            shown = tuple(place if one is values else [row, *place])
            raise ValueError(f"`{name}` must have no masked values; the one at {shown} is masked.")


def _converted(given: npt.NDArray[Any], dtype: np.dtype[Any], name: str) -> npt.NDArray[Any]:
    if given.dtype == dtype and given.flags.c_contiguous:
        return given
    # Overflow is reported below by an error that names the row, which NumPy's warning would not.
    with np.errstate(over="ignore"):
        rows = np.asarray(given, dtype=dtype, order="C")
    if rows is not given and _largest(dtype) < _largest(given.dtype):
        lost = np.isinf(rows) & np.isfinite(given)
        if lost.any():
            row, column = np.argwhere(lost)[0]
            raise ValueError(
                f"`{name}` must fit {dtype.name}; row {row} holds {given[row, column]}."
            )
    return rows


def _largest(dtype: np.dtype[Any]) -> float:
    if dtype.kind == "f":
        return float(np.finfo(dtype).max)
    return 1.0 if dtype.kind == "b" else float(np.iinfo(dtype).max)


def _named_row(row: int, keys: Sequence[object] | npt.NDArray[Any] | None) -> str:
    if keys is None:
        return f"row {row}"
    key = keys[row]
    return f'row {row} (key "{key}")' if isinstance(key, str) else f"row {row} (key {key})"
