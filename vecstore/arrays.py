"""The arrays that cross from a caller to an engine: their dtypes, their checks, their only copies.

Python validates, engines trust. Whatever a caller passes is checked and converted here, where a
copy of it is visible; an engine gets C-order rows of float32 or float16 and never looks twice.
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

#: The dtypes in which vectors are stored and scanned.
DTYPES = ("float32", "float16")

#: More threads than any machine has are a mistake; a system gives out of them long before 2**31.
MOST_THREADS = 4096
#: Offsets within a row are counted in 32 bits by HDF5 readers and kernels of other programs.
MOST_DIM = 2**31 - 1
# What an engine, a file or NumPy can count.
_MOST = 2**63 - 1

#: Numbers of rows.
Rows = npt.NDArray[np.int64]
#: ``progress(done, total)``, called as work goes on; the total is None as long as it is not known.
Progress = Callable[[int, int | None], None]
#: Global rows that may not answer query i: ``rows[offsets[i]:offsets[i + 1]]``, all int64.
Exclusions = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]

# Rows checked at a time: the boolean temporaries of one step stay in the processor's cache.
_CHECKED_VALUES = 1 << 18


class Codes(NamedTuple):
    """Rows once more in 8 bits each value, with certificates of how far off that is.

    A code u stands for ``scale * (u - 128)``. A row's codes stand for its vector (under cosine,
    scaled to unit length) less the center.

    Attributes
    ----------
    codes : ndarray of uint8, shape (n, 4 * ceil(dim / 4))
        Offset by 128, because VNNI multiplies unsigned by signed; padded with 128, which is zero.
    bounds : ndarray of float32, shape (ceil(n / 16), 3)
        Of each block of 16 rows: its scale, its largest error, its largest length plus error.
    errors : ndarray of float32, shape (n,)
        No row lies farther from what its codes stand for; ``inf`` for one that has no usable codes.
    norms : ndarray of float32, shape (n,)
        Lengths of the rows less the center.
    center : ndarray of float32, shape (dim,)
        What was taken from every row.
    """

    codes: npt.NDArray[np.uint8]
    bounds: npt.NDArray[np.float32]
    errors: npt.NDArray[np.float32]
    norms: npt.NDArray[np.float32]
    center: npt.NDArray[np.float32]


class Block(NamedTuple):
    """What an engine scans: the rows of one segment.

    Attributes
    ----------
    vectors : ndarray of float32 or float16, shape (n, dim)
        C-order rows; may be mapped and read-only.
    inverse_norms : ndarray of float32, shape (n,), or None
        ``1 / |x|`` of every row; present under cosine only.
    first_row : int
        The number of row 0 in the whole snapshot: its *global* row.
    mask : ndarray of uint64, shape (ceil(n / 64),), or None
        Bit ``r % 64`` of word ``r // 64`` set: row r may be an answer. None: every row may.
    codes : Codes or None
        The same rows in 8 bits, for the path ``"codes"``.
    """

    vectors: npt.NDArray[Any]
    inverse_norms: npt.NDArray[np.float32] | None
    first_row: int
    mask: npt.NDArray[np.uint64] | None
    codes: Codes | None = None


def check_count(value: object, name: str, least: int = 1, most: int = _MOST) -> int:
    """Return `value` as an int if it is a whole number of at least `least`, at most `most`.

    Parameters
    ----------
    value : int
        Python's or NumPy's; a bool is not a count.
    name : str
        The caller's argument, for the error.
    least : int, default 1
        The smallest value allowed.
    most : int
        The largest; 2**63 - 1 if nothing sets a narrower limit.

    Returns
    -------
    int
        The value.

    Raises
    ------
    TypeError
        If it is not an integer.
    ValueError
        If it is smaller than `least` or larger than `most`.
    """
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        raise TypeError(f"`{name}` must be an integer; got {type(value).__name__}.")
    if value < least:
        raise ValueError(f"`{name}` must be at least {least}; got {_shown(int(value))}.")
    if value > most:
        raise ValueError(f"`{name}` must be at most {most}; got {_shown(int(value))}.")
    return int(value)


def _shown(number: int) -> str:
    """Write a number that may have more digits than Python lets one print, or than help."""
    return str(number) if abs(number) < 10**40 else f"one of {number.bit_length()} bits"


def check_dtype(dtype: npt.DTypeLike) -> np.dtype[Any]:
    """Return `dtype` in native byte order if vectors may be stored in it.

    Parameters
    ----------
    dtype : dtype-like
        float32 or float16.

    Returns
    -------
    numpy.dtype
        The dtype.

    Raises
    ------
    ValueError
        If it is anything else.
    """
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
    """Return `vectors` as C-order rows of `dtype`, copied only when they are not that already.

    Parameters
    ----------
    vectors : array_like of numbers, shape (n, dim)
        Booleans, integers and floats; not complex, not objects.
    dim : int or None
        The required length of a row; None takes what comes.
    dtype : dtype-like
        float32 or float16. Values are rounded to it; a finite value too large for it is an error.
    name : str, default "vectors"
        The caller's argument, for the errors.

    Returns
    -------
    ndarray of `dtype`, shape (n, dim)
        The same memory where possible, mapped files included.

    Raises
    ------
    TypeError
        If the values are not real numbers.
    ValueError
        If the shape is wrong or a value does not fit `dtype`.
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
    """Return `queries` as finite float32 rows, and whether there was only one without a batch.

    Parameters
    ----------
    queries : array_like of numbers, shape (dim,) or (n, dim)
        Need not be normalised.
    dim : int
        The dimension of the store.
    metric : str or callable
        Under ``"cosine"`` a zero query is refused: it has no direction.
    name : str, default "queries"
        The caller's argument, for the errors.

    Returns
    -------
    queries : ndarray of float32, shape (n, dim)
        One row for a single query.
    single : bool
        Whether the caller gave shape (dim,).

    Raises
    ------
    TypeError
        If the values are not real numbers.
    ValueError
        If the shape is wrong, or a query is not finite, does not fit float32, or is zero under
        cosine.
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
    """Return `where` as one boolean for every row.

    Parameters
    ----------
    where : array_like of bool, shape (n,)
        Whether each row may be an answer; a masked one may not.
    n : int
        The number of rows.
    name : str, default "where"
        The caller's argument, for the errors.

    Returns
    -------
    ndarray of bool, shape (n,)
        The same memory where possible.

    Raises
    ------
    TypeError
        If the values are not booleans: row numbers are easily mistaken for a mask.
    ValueError
        If there is not one for every row.
    """
    mask = np.asarray(np.ma.filled(where, False) if np.ma.isMaskedArray(where) else where)
    if mask.dtype != np.bool_ and mask.size:
        raise TypeError(f"`{name}` must be booleans; got dtype {mask.dtype}.")
    if mask.shape != (n,):
        raise ValueError(f"`{name}` must have shape ({n},), one for each row; got {mask.shape}.")
    return mask.astype(np.bool_, copy=False)


def as_words(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint64]:
    """Return a boolean mask as engines take it: a bit for every row.

    Parameters
    ----------
    mask : ndarray of bool, shape (n,)
        Whether each row may be an answer.

    Returns
    -------
    ndarray of uint64, shape (ceil(n / 64),)
        Bit ``r % 64`` of word ``r // 64`` stands for row r.
    """
    octets = np.zeros(-(-len(mask) // 64) * 8, np.uint8)
    octets[: -(-len(mask) // 8)] = np.packbits(mask, bitorder="little")
    return octets.view("<u8").astype(np.uint64, copy=False)


def check_rows(
    vectors: npt.NDArray[Any],
    metric: object,
    name: str = "vectors",
    keys: Sequence[object] | npt.NDArray[Any] | None = None,
) -> None:
    """Refuse rows that no search can rank: not finite, or zero under cosine.

    Parameters
    ----------
    vectors : ndarray of float32 or float16, shape (n, dim)
        Read once, a cache-sized group of rows at a time.
    metric : str or callable
        Zero rows are refused under ``"cosine"`` only.
    name : str, default "vectors"
        The caller's argument, for the error.
    keys : sequence or None
        The keys of the rows, when there are any to name.

    Raises
    ------
    ValueError
        Naming the first bad row and its key.
    """
    if len(vectors) == 1:  # a query: its squares, which float64 has room for, tell it all at once
        with np.errstate(invalid="ignore"):  # a signalling NaN is an error below, no warning here
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
    if hasattr(values, "to_pylist"):  # of Arrow
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
    """Refuse a masked array, or a list that has one: NumPy would take what is under the mask."""
    rows = values if isinstance(values, list | tuple) else [values]
    for row, one in enumerate(rows):
        if np.ma.isMaskedArray(one) and np.ma.is_masked(one):
            place = np.argwhere(np.ma.getmaskarray(one))[0].tolist()
            shown = tuple(place if one is values else [row, *place])
            raise ValueError(f"`{name}` must have no masked values; the one at {shown} is masked.")


def _converted(given: npt.NDArray[Any], dtype: np.dtype[Any], name: str) -> npt.NDArray[Any]:
    if given.dtype == dtype and given.flags.c_contiguous:
        return given
    # The overflow is reported below as an error that names the row; NumPy's warning would not.
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
